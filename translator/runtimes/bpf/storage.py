"""Globals that live in maps, for handlers in user space: the host runtime's storage protocol.

Only globals that some program in the kernel uses are here; the rest stay in dictionaries.
Each operation is atomic to the programs; a handler as a whole is not.
"""

from __future__ import annotations

import struct

from translator.runtimes.bpf.maps import Update, possible_cpus
from translator.runtimes.bpf.syscall import BpfError
from translator.runtimes.host.arithmetic import long
from translator.runtimes.host.faults import ArrayFull
from translator.runtimes.host.memory import MemoryStatistics, MemoryStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from translator.runtimes.bpf.adder import Adders
    from translator.runtimes.bpf.maps import Map
    from translator.runtimes.host.memory import GlobalRow
    from translator.runtimes.host.storage import Keys, Scalar, Statistics

    FieldRow: TypeAlias = tuple[str, int, int]  # kind, offset, size
    # size, total, least, greatest, squares, histograms with their offsets
    StatisticsRow: TypeAlias = tuple[
        int, int | None, int | None, int | None, int | None, tuple[tuple[int, tuple[int, ...]], ...]
    ]
    # keys, key size, value, statistics, most entries, what is said of a full array
    LayoutRow: TypeAlias = tuple[
        tuple[FieldRow, ...], int, FieldRow, StatisticsRow | None, int, str
    ]

_SIGN = 1 << 63
_MASK = (1 << 64) - 1
_TRIES = 20


class Codec:
    """Keys or values as bytes.  Text is cut to its field; a call stack is its addresses."""

    def __init__(self, fields: tuple[FieldRow, ...]) -> None:
        self._kinds = [kind for kind, _, _ in fields]
        self._sizes = [size for _, _, size in fields]
        parts = ["q" if kind == "long" else f"{size}s" for kind, _, size in fields]
        self._struct = struct.Struct("<" + "".join(parts))

    def encode(self, values: Keys) -> bytes:
        parts: list[int | bytes] = []
        for kind, size, value in zip(self._kinds, self._sizes, values, strict=True):
            if isinstance(value, int):
                parts.append(value)
            elif kind == "stack":
                addresses = [int(word, 16) for word in value.split()][: size // 8]
                parts.append(struct.pack(f"<{len(addresses)}Q", *addresses))
            else:
                parts.append(value.encode("utf-8", "surrogateescape")[: size - 1])
        return self._struct.pack(*parts)

    def fits(self, values: Keys) -> bool:
        """Whether no text would be cut: an element with a longer key cannot exist."""
        return all(
            isinstance(value, int)
            or kind == "stack"
            or len(value.encode("utf-8", "surrogateescape")) < size
            for kind, size, value in zip(self._kinds, self._sizes, values, strict=True)
        )

    def decode(self, octets: bytes) -> Keys:
        return tuple(
            part if isinstance(part, int) else (addresses if kind == "stack" else text)(part)
            for kind, part in zip(self._kinds, self._struct.unpack(octets), strict=True)
        )


def text(octets: bytes) -> str:
    """A string from memory, up to its NUL."""
    return octets.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def addresses(octets: bytes) -> str:
    """A call stack as scripts see it: "0x… 0x…", innermost first."""
    found = struct.unpack(f"<{len(octets) // 8}Q", octets)
    return " ".join(f"0x{address:x}" for address in found if address)


class MapStatistics:
    """One aggregate, summed over the CPUs, with what user space added itself."""

    def __init__(
        self, layout: StatisticsRow, rows: list[bytes], own: MemoryStatistics | None
    ) -> None:
        self._layout = layout
        self._rows = [row for row in rows if _word(row, 0)]
        self._own = own if own is not None and own.count else None
        self.count = sum(_word(row, 0) for row in self._rows) + (own.count if own else 0)

    @property
    def sum(self) -> int:
        at = self._layout[1]
        assert at is not None, self._layout
        return long(sum(_word(row, at) for row in self._rows) + (self._own.sum if self._own else 0))

    @property
    def min(self) -> int:
        at = self._layout[2]
        assert at is not None, self._layout
        found = [long((_word(row, at) ^ _MASK) ^ _SIGN) for row in self._rows]
        return min([*found, self._own.min] if self._own else found, default=0)

    @property
    def max(self) -> int:
        at = self._layout[3]
        assert at is not None, self._layout
        found = [long(_word(row, at) ^ _SIGN) for row in self._rows]
        return max([*found, self._own.max] if self._own else found, default=0)

    def variance(self, shift: int) -> int:
        del shift  # exact: the sum of squares is wider than 64 bits
        at = self._layout[4]
        assert at is not None, self._layout
        if self.count < 2:
            return 0
        squares = self._own.squares if self._own else 0
        for row in self._rows:
            high, cross, low, middle = struct.unpack_from("<4Q", row, at)
            squares += (high << 64) + (cross << 33) + low + (middle << 32)
        total = self.sum
        spread = self.count * squares - total * total
        return long(spread // (self.count * (self.count - 1)))

    def buckets(self, histogram: tuple[int, ...]) -> list[int]:
        at = next(offset for offset, shape in self._layout[5] if shape == histogram)
        count = 128 if not histogram else (histogram[1] - histogram[0]) // histogram[2] + 3
        total = [0] * count
        for row in self._rows:
            for index, number in enumerate(struct.unpack_from(f"<{count}Q", row, at)):
                total[index] += number
        if self._own:
            for index, number in enumerate(self._own.buckets(histogram)):
                total[index] += number
        return total


def _word(row: bytes, at: int) -> int:
    found: int = struct.unpack_from("<Q", row, at)[0]
    return found


class _Global:
    """One global in maps."""

    def __init__(self, layout: LayoutRow, map: Map | None) -> None:
        self.keys = Codec(layout[0])
        self.value = Codec((layout[2],))
        self.offset = layout[2][1]
        self.size = layout[2][2]
        self.text = layout[2][0] != "long"
        self.statistics = layout[3]
        self.full = layout[5]
        self.arity = len(layout[0])
        self.map = map


class MapStorage:
    """A `storage.Storage` over maps and, for what no program uses, over dictionaries."""

    def __init__(
        self,
        rows: list[GlobalRow],
        layouts: dict[str, LayoutRow],
        maps: dict[str, Map],
        scalars: memoryview,
        adders: Adders,
    ) -> None:
        # Aggregates that user space adds to are kept here and merged when they are read.
        self._own = MemoryStorage(row for row in rows if row[0] not in layouts or row[1] == "stats")
        self._mapped = {
            name: _Global(layout, maps.get(f"global.{name}")) for name, layout in layouts.items()
        }
        self._scalars = scalars
        self._longs = scalars.cast("q")
        self._adders = adders
        self._nobody = _Alone()
        for row in rows:
            if row[0] in layouts and row[6] is not None:
                self.set(row[0], row[6])

    def exclusive(self) -> _Alone:
        return self._nobody

    def get(self, name: str) -> Scalar:
        held = self._mapped.get(name)
        if held is None:
            return self._own.get(name)
        if held.text:
            (value,) = held.value.decode(
                bytes(self._scalars[held.offset : held.offset + held.size])
            )
            return value
        return self._longs[held.offset // 8]

    def set(self, name: str, value: Scalar) -> None:
        held = self._mapped.get(name)
        if held is None:
            self._own.set(name, value)
        elif held.text:
            self._scalars[held.offset : held.offset + held.size] = held.value.encode((value,))
        else:
            assert isinstance(value, int), name
            self._longs[held.offset // 8] = value

    def add(self, name: str, amount: int) -> None:
        held = self._mapped.get(name)
        if held is None:
            self._own.add(name, amount)
        else:
            self._adders.add_scalar(held.offset, amount)

    def element(self, array: str, keys: Keys) -> Scalar | None:
        held = self._mapped.get(array)
        if held is None:
            return self._own.element(array, keys)
        assert held.map is not None, array
        if not held.keys.fits(keys):
            return None
        octets = held.map.lookup(held.keys.encode(keys))
        return None if octets is None else held.value.decode(octets)[0]

    def set_element(self, array: str, keys: Keys, value: Scalar) -> None:
        held = self._mapped.get(array)
        if held is None:
            self._own.set_element(array, keys, value)
            return
        assert held.map is not None, array
        _write(held, held.keys.encode(keys), held.value.encode((value,)), Update.ANY)

    def add_element(self, array: str, keys: Keys, amount: int) -> None:
        held = self._mapped.get(array)
        if held is None:
            self._own.add_element(array, keys, amount)
            return
        assert held.map is not None, array
        key = held.keys.encode(keys)
        while not self._adders.add_element(held.map, key, amount):
            if _write(held, key, held.value.encode((amount,)), Update.NEW):
                return

    def delete_element(self, array: str, keys: Keys) -> None:
        held = self._mapped.get(array)
        if held is None or held.statistics is not None:
            self._own.delete_element(array, keys)
        if held is not None and held.keys.fits(keys):
            assert held.map is not None, array
            held.map.delete(held.keys.encode(keys))

    def clear(self, name: str) -> None:
        held = self._mapped.get(name)
        if held is None or held.statistics is not None:
            self._own.clear(name)
        if held is None:
            return
        if held.map is None:
            self.set(name, "" if held.text else 0)
        elif held.arity:
            held.map.clear()
        else:
            held.map.update(bytes(4), bytes(held.map.stride * possible_cpus()))

    def keys(self, array: str) -> list[Keys]:
        held = self._mapped.get(array)
        if held is None:
            return self._own.keys(array)
        assert held.map is not None, array
        found = [held.keys.decode(key) for key in held.map.each_key()]
        if held.statistics is not None:
            found = list(dict.fromkeys([*found, *self._own.keys(array)]))
        return found

    def items(self, array: str) -> list[tuple[Keys, Scalar]]:
        held = self._mapped.get(array)
        if held is None:
            return self._own.items(array)
        assert held.map is not None, array
        decode, value = held.keys.decode, held.value.decode
        return [(decode(key), value(octets)[0]) for key, octets in held.map.items()]

    def accumulate(self, name: str, keys: Keys, value: int) -> None:
        self._own.accumulate(name, keys, value)

    def statistics(self, name: str, keys: Keys) -> Statistics | None:
        own = self._own.statistics(name, keys)
        held = self._mapped.get(name)
        if held is None:
            return own
        assert held.map is not None, name
        assert held.statistics is not None, name
        assert own is None or isinstance(own, MemoryStatistics), name
        if not held.arity:
            rows = held.map.lookup_each(bytes(4))
        elif held.keys.fits(keys):
            rows = held.map.lookup_each(held.keys.encode(keys))
        else:
            rows = None
        if rows is None and own is None:
            return None
        found = MapStatistics(held.statistics, rows or [], own)
        return found if found.count else None

    def all_statistics(self, array: str) -> list[tuple[Keys, Statistics]]:
        held = self._mapped.get(array)
        own = dict(self._own.all_statistics(array))
        if held is None:
            return list(own.items())
        assert held.map is not None, array
        assert held.statistics is not None, array
        found: list[tuple[Keys, Statistics]] = []
        for octets, rows in held.map.items_each():
            keys = held.keys.decode(octets)
            mine = own.pop(keys, None)
            assert mine is None or isinstance(mine, MemoryStatistics), array
            found.append((keys, MapStatistics(held.statistics, rows, mine)))
        found.extend(own.items())
        return found


class _Alone:
    """Handlers in user space run one after another; those at events do not wait for them."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *failure: object) -> None:
        pass


def _write(held: _Global, key: bytes, value: bytes, when: Update) -> bool:
    import errno

    assert held.map is not None
    busy = (errno.EBUSY, errno.EDEADLK, errno.ETIMEDOUT)  # a program holds the map's lock
    for attempt in range(_TRIES):
        try:
            return held.map.update(key, value, when)
        except BpfError as error:
            if error.errno == errno.E2BIG:
                raise ArrayFull(held.full) from None
            if error.errno == errno.ENOMEM:
                name = held.map.spec.name.removeprefix("global.")
                raise ArrayFull(f"no memory for array '{name}'") from None
            if error.errno not in busy or attempt == _TRIES - 1:
                raise
    raise AssertionError(_TRIES)
