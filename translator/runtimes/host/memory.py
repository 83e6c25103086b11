"""The host runtime's storage: globals in dictionaries, with SystemTap's limits.

A global is told as plain data: `GlobalRow`, made by translation.
"""

from __future__ import annotations

from translator.runtimes.host.arithmetic import long
from translator.runtimes.host.faults import ArrayFull
from translator.runtimes.host.histogram import bucket_count, bucket_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from translator.runtimes.host.storage import Keys, Scalar, Statistics

    # name, type ("long", "string", "stats"), number of keys (0: a scalar), most entries,
    # whether the limit is the script's own, whether it wraps, initial value, histograms
    GlobalRow: TypeAlias = tuple[
        str, str, int, int, bool, bool, Scalar | None, tuple[tuple[int, ...], ...]
    ]


class MemoryStatistics:
    """One aggregate.  Sum and sum of squares are exact, so @variance needs no shift."""

    __slots__ = ("_histograms", "_squares", "_total", "count", "max", "min")

    def __init__(self, histograms: tuple[tuple[int, ...], ...] = ()) -> None:
        self.count = 0
        self.min = 0
        self.max = 0
        self._total = 0
        self._squares = 0
        self._histograms = {shape: [0] * bucket_count(shape) for shape in histograms}

    def add(self, value: int) -> None:
        self.min = value if self.count == 0 or value < self.min else self.min
        self.max = value if self.count == 0 or value > self.max else self.max
        self.count += 1
        self._total += value
        self._squares += value * value
        for shape, counts in self._histograms.items():
            counts[bucket_of(shape, value)] += 1

    @property
    def sum(self) -> int:
        return long(self._total)

    @property
    def squares(self) -> int:
        """The exact sum of squares."""
        return self._squares

    def variance(self, shift: int) -> int:
        del shift
        if self.count < 2:
            return 0
        spread = self.count * self._squares - self._total * self._total
        return long(spread // (self.count * (self.count - 1)))

    def buckets(self, histogram: tuple[int, ...]) -> list[int]:
        return list(self._histograms[histogram])


class _Array:
    __slots__ = ("entries", "limit", "reason", "wraps")

    def __init__(self, limit: int, reason: str, wraps: bool) -> None:
        self.entries: dict[Keys, Scalar] = {}
        self.limit = limit
        self.reason = reason
        self.wraps = wraps


class _Aggregates:
    __slots__ = ("entries", "histograms", "limit", "reason", "wraps")

    def __init__(
        self, limit: int, reason: str, wraps: bool, histograms: tuple[tuple[int, ...], ...]
    ) -> None:
        self.entries: dict[Keys, MemoryStatistics] = {}
        self.limit = limit
        self.reason = reason
        self.wraps = wraps
        self.histograms = histograms


class _Alone:
    """Handlers of this storage never run beside each other."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *failure: object) -> None:
        pass


class MemoryStorage:
    """All globals of one session in this process; a `storage.Storage`."""

    def __init__(self, rows: Iterable[GlobalRow]) -> None:
        self._scalars: dict[str, Scalar] = {}
        self._empty: dict[str, Scalar] = {}
        self._arrays: dict[str, _Array] = {}
        self._stats: dict[str, _Aggregates] = {}
        self._alone = _Alone()
        for name, kind, arity, limit, own_limit, wraps, initial, histograms in rows:
            bound = f"size limit ({limit})" if own_limit else "MAXMAPENTRIES"
            reason = f"Array overflow, check {bound}"
            if kind == "stats":
                self._stats[name] = _Aggregates(limit, reason, wraps, histograms)
            elif arity:
                self._arrays[name] = _Array(limit, reason, wraps)
            else:
                self._empty[name] = 0 if kind == "long" else ""
                self._scalars[name] = self._empty[name] if initial is None else initial

    def exclusive(self) -> _Alone:
        return self._alone

    def get(self, name: str) -> Scalar:
        return self._scalars[name]

    def set(self, name: str, value: Scalar) -> None:
        self._scalars[name] = value

    def add(self, name: str, amount: int) -> None:
        value = self._scalars[name]
        assert isinstance(value, int), name
        self._scalars[name] = long(value + amount)

    def element(self, array: str, keys: Keys) -> Scalar | None:
        return self._arrays[array].entries.get(keys)

    def set_element(self, array: str, keys: Keys, value: Scalar) -> None:
        held = self._arrays[array]
        if keys not in held.entries:
            _make_room(held)
        held.entries[keys] = value

    def add_element(self, array: str, keys: Keys, amount: int) -> None:
        value = self._arrays[array].entries.get(keys, 0)
        assert isinstance(value, int), array
        self.set_element(array, keys, long(value + amount))

    def delete_element(self, array: str, keys: Keys) -> None:
        held = self._arrays.get(array) or self._stats[array]
        held.entries.pop(keys, None)

    def clear(self, name: str) -> None:
        if name in self._scalars:
            self._scalars[name] = self._empty[name]
        else:
            (self._arrays.get(name) or self._stats[name]).entries.clear()

    def keys(self, array: str) -> list[Keys]:
        return list((self._arrays.get(array) or self._stats[array]).entries)

    def items(self, array: str) -> list[tuple[Keys, Scalar]]:
        return list(self._arrays[array].entries.items())

    def accumulate(self, name: str, keys: Keys, value: int) -> None:
        held = self._stats[name]
        found = held.entries.get(keys)
        if found is None:
            _make_room(held)
            found = held.entries[keys] = MemoryStatistics(held.histograms)
        found.add(value)

    def statistics(self, name: str, keys: Keys) -> Statistics | None:
        return self._stats[name].entries.get(keys)

    def all_statistics(self, array: str) -> list[tuple[Keys, Statistics]]:
        return list(self._stats[array].entries.items())


def _make_room(held: _Array | _Aggregates) -> None:
    """Raises ArrayFull, or drops the oldest entry of an array that wraps."""
    if len(held.entries) < held.limit:
        return
    if not held.wraps:
        raise ArrayFull(held.reason)
    del held.entries[next(iter(held.entries))]
