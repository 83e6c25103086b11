"""Records of the ring turned into calls of the functions that finish them."""

from __future__ import annotations

import struct

from translator.runtimes.bpf.memory import RECORD_HEADER
from translator.runtimes.bpf.ring import HEADER
from translator.runtimes.bpf.storage import addresses, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from translator.runtimes.host.loop import Loop

    FieldRow = tuple[str, int, int]
    Finisher = Callable[[int], object]
    Lines = Callable[[memoryview], list[str]]

_NOBODY = ("", "", "")
_SHORT = 32  # bytes of a string that is likely to come again: a command's name
_REMEMBERED = 4096


class Decoder:
    """``rows`` say, by completion: its fields (kind, offset, size), whether it only prints, and
    the source of what it prints if that is one line over its fields."""

    def __init__(
        self,
        rows: list[tuple[tuple[FieldRow, ...], bool, str | None]],
        memory: memoryview,
        names: dict[str, Any],
        loop: Loop,
    ) -> None:
        self._rows = rows
        self._memory = memory
        self._words = memory.cast("I")
        self._names = names
        self._write: Callable[[str], object] = names["write"]
        self._loop = loop
        self._finishers: list[Finisher | None] = [None] * len(rows)
        self._prints = [prints for _, prints, _ in rows]
        self._lines: list[Lines | None] = [None] * len(rows)
        self._texts: dict[bytes, str] = {}
        self.ended = False

    def handle(self, records: list[int]) -> None:
        """Finish records in order, until one ends the session: what follows never happened."""
        if self.ended:
            return
        finishers, prints, words = self._finishers, self._prints, self._words
        run = self._loop.run_state
        before = run.exiting
        for record in records:
            number = words[record >> 2]
            finish = finishers[number] or self._finisher(number)
            if prints[number]:
                finish(record)
                continue
            self._loop.handle(lambda f=finish, r=record: f(r), _NOBODY)  # type: ignore[misc]
            if run.exiting and not before:
                self.ended = True
                return

    def one_line(self, record: int) -> bool:
        """Whether a record like this one can be given to `lines`."""
        return self._rows[self._words[record >> 2]][2] is not None

    def lines(self, at: int, count: int, stride: int) -> None:
        """Print ``count`` records that are alike; the first one's header is at ``at``."""
        if self.ended:
            return
        number = self._words[at + HEADER >> 2]
        make = self._lines[number] or self._line_maker(number)
        self._write("".join(make(self._memory[at : at + count * stride])))

    def _line_maker(self, number: int) -> Lines:
        fields, _, line = self._rows[number]
        parts = "".join("q" if kind == "long" else f"{size}s" for kind, _, size in fields)
        names = {
            **self._names,
            "unpack": struct.Struct(f"<{HEADER + RECORD_HEADER}x{parts}").iter_unpack,
            "text": text,
            "short": self._short,
            "known": self._texts,
            "stack": addresses,
            "octets": _octets,
        }
        values = "".join(f"v{at}, " for at in range(len(fields)))
        exec(f"def make(memory): return [{line} for {values or '_'} in unpack(memory)]", names)
        made: Lines = names["make"]
        self._lines[number] = made
        return made

    def _finisher(self, number: int) -> Finisher:
        """A function of a record's place; made when the first such record comes."""
        fields = self._rows[number][0]
        parts = "".join("q" if kind == "long" else f"{size}s" for kind, _, size in fields)
        names = {
            "unpack": struct.Struct("<" + parts).unpack_from,
            "memory": self._memory,
            "function": self._names[f"record_{number}"],
            "text": text,
            "short": self._short,
            "known": self._texts,
            "stack": addresses,
            "octets": _octets,
        }
        values = ", ".join(f"v{at}" for at in range(len(fields)))
        given = ", ".join(decoded(field, at) for at, field in enumerate(fields))
        source = "def finish(at): "
        if fields:
            source += f"{values}, = unpack(memory, at + {RECORD_HEADER}); "
        exec(f"{source}function({given})", names)
        made: Finisher = names["finish"]
        self._finishers[number] = made
        return made

    def _short(self, octets: bytes) -> str:
        known = self._texts.get(octets)
        if known is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            known = self._texts[octets] = text(octets)
        return known


def decoded(field: FieldRow, at: int) -> str:
    """Source of a field's value, given what was unpacked as ``v`` and its index."""
    kind, _, size = field
    if kind == "long":
        return f"v{at}"
    if kind == "text" and size <= _SHORT:
        return f"(known.get(v{at}) or short(v{at}))"
    return f"{kind}(v{at})"


def _octets(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
