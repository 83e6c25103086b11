"""Primitives of user space that know which process an event was in, and symbol tables."""

from __future__ import annotations

from translator.runtimes.host import primitives as host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.primitives import Primitive
    from translator.runtimes.host.state import Run

NAMES = host.NAMES


class Primitives:
    """Binds primitives of one session; ``process`` is the event's, while a record is finished."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.process = 0
        self._own: dict[str, Primitive] = {
            "_bpf_process": self._set_process,
            "_bpf_quoted": self._quoted,
        }

    def bind(self, name: str) -> Primitive:
        """A primitive as generated code calls it."""
        own = self._own.get(name)
        return host.bind(self._run, name) if own is None else own

    def _set_process(self, process: int) -> None:
        self.process = process

    def _quoted(self, octets: str, readable: int, address: int, given: int, shown: int) -> str:
        from translator.runtimes.host.primitives.words import quote
        from translator.runtimes.host.strings import encode

        if not readable:
            return f"0x{address & (1 << 64) - 1:x}"
        return quote(encode(octets)[: max(0, given)], shown, self._run.string_limit, 1)
