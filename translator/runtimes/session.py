"""How one run is to go.

Not a dataclass: replaying a plan needs this class and nothing else that would import
`dataclasses`, which alone costs more than the rest of a short run.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class Session:
    """The user's wishes for pass 5; never changed after it is made.

    ``command`` is started stopped, after the probes are in place, and its end ends the
    session; ``target`` is what target() answers (the command's pid, or ``-x``).  ``output``
    None writes to standard output.  ``globals`` are ``-G name=value``; ``quiet`` is ``-w``.
    """

    __slots__ = (
        "buffer_bytes",
        "command",
        "globals",
        "module",
        "output",
        "quiet",
        "target",
        "timeout_ms",
        "verbosity",
    )

    def __init__(
        self,
        *,
        command: str | None = None,
        target: int | None = None,
        output: str | None = None,
        timeout_ms: int | None = None,
        buffer_bytes: int = 16 << 20,
        quiet: bool = False,
        verbosity: int = 0,
        globals: tuple[tuple[str, str], ...] = (),
        module: str = "stap",
    ) -> None:
        self.command: Final = command
        self.target: Final = target
        self.output: Final = output
        self.timeout_ms: Final = timeout_ms
        self.buffer_bytes: Final = buffer_bytes
        self.quiet: Final = quiet
        self.verbosity: Final = verbosity
        self.globals: Final = globals
        self.module: Final = module

    def values(self) -> dict[str, object]:
        """What the constructor takes, as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}
