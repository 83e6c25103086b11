"""Records of the ring turned into calls of the functions that finish them."""

from __future__ import annotations

import struct

from translator.runtimes.bpf.memory import RECORD_HEADER
from translator.runtimes.bpf.storage import addresses, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from translator.runtimes.host.loop import Loop

_number = struct.Struct("<I").unpack_from
_NOBODY = ("", "", "")


class Decoder:
    """``rows`` say, by completion: its fields (kind, offset, size) and whether it only prints."""

    def __init__(
        self,
        rows: list[tuple[tuple[tuple[str, int, int], ...], bool]],
        names: dict[str, Any],
        loop: Loop,
    ) -> None:
        self._loop = loop
        self.ended = False
        self._finishers = [
            _finisher(fields, names[f"record_{number}"]) for number, (fields, _) in enumerate(rows)
        ]
        self._prints = [prints for _, prints in rows]

    def handle(self, records: list[memoryview]) -> None:
        """Finish records in order, until one ends the session: what follows never happened."""
        if self.ended:
            return
        finishers, prints, handle = self._finishers, self._prints, self._loop.handle
        run = self._loop.run_state
        before = run.exiting
        for record in records:
            (number,) = _number(record)
            if prints[number]:
                finishers[number](record)
                continue
            handle(lambda f=finishers[number], r=record: f(r), _NOBODY)  # type: ignore[misc]
            if run.exiting and not before:
                self.ended = True
                return


_DECODERS: dict[str, Callable[[bytes], str]] = {
    "text": text,
    "stack": addresses,
    "octets": lambda octets: octets.decode("utf-8", "surrogateescape"),
}


def _finisher(
    fields: tuple[tuple[str, int, int], ...], function: Callable[..., object]
) -> Callable[[memoryview], object]:
    parts = "".join("q" if kind == "long" else f"{size}s" for kind, _, size in fields)
    unpack = struct.Struct("<" + parts).unpack_from
    strings = [(at, _DECODERS[kind]) for at, (kind, _, _) in enumerate(fields) if kind != "long"]
    if not strings:
        return lambda record: function(*unpack(record, RECORD_HEADER))

    def finish(record: memoryview) -> object:
        values = list(unpack(record, RECORD_HEADER))
        for at, decode in strings:
            values[at] = decode(values[at])
        return function(*values)

    return finish
