"""The contract between passes 2 and 5: what a runtime is told and what it gives back.

Products of passes 3 and 4 are plain data, so that they can be cached by content and run
again without the front end: only the modules that running needs are imported then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from translator.core.ir import Program

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


@dataclass(frozen=True, slots=True)
class Session:
    """How one run is to go.  ``output`` None writes to standard output.

    ``command`` is started stopped, after the probes are in place, and its end ends the
    session; ``target`` is what target() answers (the command's pid, or ``-x``).
    """

    command: str | None = None
    target: int | None = None
    output: str | None = None
    timeout_ms: int | None = None
    buffer_bytes: int = 4 << 20
    quiet: bool = False  # -w: no warnings
    verbosity: int = 0
    globals: tuple[tuple[str, str], ...] = ()  # -G name=value
    module: str = "stap"  # -m, module_name()


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
