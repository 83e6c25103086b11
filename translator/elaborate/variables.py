"""What `$` names mean in one handler, whatever it probes: the seam between chains and probes."""

from __future__ import annotations

from typing import Protocol

from translator.base.value import dataclass
from translator.core import ir
from translator.semantics.reads import Frame, Reading, Unreadable


@dataclass(frozen=True, slots=True)
class Sited:
    """A C object and what it is read against."""

    reading: Reading
    frame: Frame


class Variables(Protocol):
    """The `$` names of one handler."""

    def frame(self, place: ir.Place) -> Frame | Unreadable:
        """What reads of the probed code's own types are made against."""

    def variable(self, name: str, place: ir.Place) -> Sited | Unreadable:
        """``$name``, given with its dollar."""

    def global_variable(
        self, name: str, file: str | None, module: str | None, place: ir.Place
    ) -> Sited | Unreadable:
        """``@var("name@file", "module")``."""

    def listing(self, name: str, pretty: int, place: ir.Place) -> ir.Expr | Unreadable:
        """``$$vars`` and its kin, with ``pretty`` dollars behind it."""


def pretty_depth(pretty: int) -> int:
    """How deep records are opened: ``$`` one level, ``$$`` all that fits."""
    return 1 if pretty == 1 else 8
