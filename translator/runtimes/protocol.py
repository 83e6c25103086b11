"""The contract between passes 2 and 5: what a runtime is told and what it gives back.

Products of passes 3 and 4 are plain data, so that they can be cached by content and run
again without the front end: only the modules that running needs are imported then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from translator.runtimes.session import Session

if TYPE_CHECKING:  # running a cached image must not import the core forms
    from translator.core.ir import Program

__all__ = ["Code", "Plain", "Refusal", "Runtime", "Session"]

# Nested dict, list, tuple, str, bytes, int, bool, None and code objects: what marshal writes.
Plain: TypeAlias = object


@dataclass(frozen=True, slots=True)
class Refusal:
    """A probe or form that the runtime cannot take, why, and what would help."""

    probe: int | None  # index in Program.probes
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Code:
    """Pass 3's product: ``text`` is what ``-p3`` prints, ``data`` what pass 4 takes."""

    text: str
    data: Plain


class Runtime(Protocol):
    """A way to run programs.  ``name`` is what ``--runtime`` takes."""

    @property
    def name(self) -> str: ...

    def refusals(self, program: Program) -> tuple[Refusal, ...]:
        """Everything that keeps the program from running here; empty if it can run."""

    def translate(self, program: Program) -> Code:
        """Pass 3."""

    def compile(self, code: Code) -> Plain:
        """Pass 4: the image that `run` loads."""

    def run(self, image: Plain, session: Session) -> int:
        """Pass 5: run to the end, return the exit status.

        Raises StapError, before any probe runs, if the machine refuses.
        """
