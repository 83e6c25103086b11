"""What generated handlers run in: the names that their code leaves free.

Generated code is a module text whose free names are the keys of `namespace`; whoever runs a
handler, or one expression of it, chooses the storage, the output, the primitives and the
event behind them.  ``where`` arguments are `HandlerError.where`.
"""

from __future__ import annotations

from translator.runtimes.host import rendering
from translator.runtimes.host.arithmetic import MASK, MAX, MIN, divide, long, modulo
from translator.runtimes.host.faults import ArrayFull, HandlerError, fail
from translator.runtimes.host.histogram import bucket_count, draw
from translator.runtimes.host.strings import bounded, order, terminated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, Protocol, TypeAlias

    from translator.runtimes.host.storage import Keys, Scalar, Statistics, Storage

    Pattern: TypeAlias = tuple[Scalar | None, ...]  # None: any value
    Handler: TypeAlias = Callable[[], object]

    class EventAccess(Protocol):
        """What only the attached event knows.  ``space`` is "kernel" or "user"."""

        def load(self, address: int, size: int, signed: bool, space: str, where: str) -> int: ...
        def store(self, address: int, size: int, value: int, space: str, where: str) -> None: ...
        def register(self, number: int, space: str) -> int: ...
        def event_value(self, kind: str, index: int) -> int: ...
        def octets(self, address: int, size: int) -> bytes:
            """Kernel memory, for ``%m`` and ``%M``."""


class NoEvent:
    """The event of begin, end and timer handlers: there is none to ask."""

    def load(self, address: int, size: int, signed: bool, space: str, where: str) -> int:
        del size, signed
        raise HandlerError(f"{space} memory cannot be read here (address {address:#x})", where)

    def store(self, address: int, size: int, value: int, space: str, where: str) -> None:
        del size, value
        raise HandlerError(f"{space} memory cannot be written here (address {address:#x})", where)

    def register(self, number: int, space: str) -> int:
        raise HandlerError(f"no {space} register {number} here: the probe has no event")

    def event_value(self, kind: str, index: int) -> int:
        raise HandlerError(f"no {kind} {index} here: the probe has no event")

    def octets(self, address: int, size: int) -> bytes:
        del size
        raise HandlerError(f"kernel memory cannot be read here (address {address:#x})")


class Next:
    """What a function's body returns to pass the call on to its next overload."""


def run_module(code: CodeType, names: dict[str, Any]) -> dict[int, Handler]:
    """Execute generated code in ``names``; returns its handlers by probe index."""
    exec(code, names)
    handlers: dict[int, Handler] = names["HANDLERS"]
    return handlers


def namespace(
    storage: Storage | None,
    write: Callable[[str], None],
    primitives: Callable[[str], Callable[..., Any]],
    event: EventAccess,
    string_limit: int = 256,
) -> dict[str, Any]:
    """The free names of generated code.

    ``primitives`` gives the implementation of a primitive by name.  ``storage`` may be None
    for expressions that read no globals.
    """
    names: dict[str, Any] = {
        "MIN": MIN,
        "MAX": MAX,
        "MASK": MASK,
        "NEXT": Next,
        "HandlerError": HandlerError,
        "fail": fail,
        "long": long,
        "divide": divide,
        "modulo": modulo,
        "cut": bounded(string_limit),
        "order": order,
        "terminated": terminated,
        "integer": rendering.integer,
        "field": rendering.field,
        "character": rendering.character,
        "binary": rendering.binary,
        "write": write,
        "primitive": primitives,
        "regex": _regex,
        "load": event.load,
        "store": event.store,
        "register": event.register,
        "event_value": event.event_value,
        "actions": 0,
        "nesting": 0,
        "match": None,
    }

    def memory(address: int, letter: str, flags: str, width: int, precision: int) -> str:
        size = precision if precision >= 0 else abs(width) or 1
        octets = event.octets(address, min(size, 4096)) if address else b""
        return rendering.memory(octets, letter, flags, width)

    names["memory"] = memory
    if storage is not None:
        names.update(_storage_names(storage))
    return names


def _regex(pattern: str) -> Callable[[str], Any]:
    from translator.runtimes.host.regex import compile_extended

    return compile_extended(pattern)


def _storage_names(storage: Storage) -> dict[str, Any]:
    statistics = storage.statistics

    def put_element(array: str, keys: Keys, value: Scalar, where: str = "") -> None:
        try:
            storage.set_element(array, keys, value)
        except ArrayFull as full:
            raise HandlerError(str(full), where) from None

    def add_element(array: str, keys: Keys, amount: int, where: str = "") -> None:
        try:
            storage.add_element(array, keys, amount)
        except ArrayFull as full:
            raise HandlerError(str(full), where) from None

    def accumulate(name: str, keys: Keys, value: int, where: str = "") -> None:
        try:
            storage.accumulate(name, keys, value)
        except ArrayFull as full:
            raise HandlerError(str(full), where) from None

    def contains(array: str, pattern: Pattern) -> bool:
        return any(_fits(keys, pattern) for keys in storage.keys(array))

    def contains_element(array: str, keys: Keys) -> bool:
        return storage.element(array, keys) is not None

    def contains_statistics(array: str, keys: Keys) -> bool:
        return statistics(array, keys) is not None

    def delete_matching(array: str, pattern: Pattern) -> None:
        for keys in list(storage.keys(array)):
            if _fits(keys, pattern):
                storage.delete_element(array, keys)

    def filled(name: str, keys: Keys, where: str) -> Statistics:
        found = statistics(name, keys)
        if found is None or found.count == 0:
            raise HandlerError("empty aggregate", where)
        return found

    def count(name: str, keys: Keys) -> int:
        found = statistics(name, keys)
        return found.count if found else 0

    def total(name: str, keys: Keys) -> int:
        found = statistics(name, keys)
        return found.sum if found else 0

    def least(name: str, keys: Keys, where: str = "") -> int:
        return filled(name, keys, where).min

    def greatest(name: str, keys: Keys, where: str = "") -> int:
        return filled(name, keys, where).max

    def average(name: str, keys: Keys, where: str = "") -> int:
        return _average(filled(name, keys, where))

    def variance(name: str, keys: Keys, shift: int, where: str = "") -> int:
        return filled(name, keys, where).variance(shift)

    def bucket(
        name: str, keys: Keys, histogram: tuple[int, ...], index: int, where: str = ""
    ) -> int:
        counts = filled(name, keys, where).buckets(histogram)
        if not 0 <= index < len(counts):
            raise HandlerError("histogram index out of range", where)
        return counts[index]

    def bucket_indexes(
        name: str, keys: Keys, histogram: tuple[int, ...], limit: int | None
    ) -> range:
        del name, keys  # the walk is over the shape: an empty aggregate has its buckets too
        buckets = bucket_count(histogram)
        return range(buckets if limit is None else max(0, min(limit, buckets)))

    def drawing(name: str, keys: Keys, histogram: tuple[int, ...], where: str = "") -> str:
        return draw(histogram, filled(name, keys, where).buckets(histogram))

    def walk(
        array: str, slices: Pattern, by: int | str | None, descending: bool, limit: int | None
    ) -> list[tuple[Keys, Scalar]]:
        rows = list(storage.items(array))
        rows = _selected(rows, slices)
        _sort(rows, by, lambda value: value, descending)
        return _shortened(rows, limit)

    def walk_statistics(
        array: str, slices: Pattern, by: int | str | None, descending: bool, limit: int | None
    ) -> list[tuple[Keys, Statistics]]:
        rows = list(storage.all_statistics(array))
        figure = _FIGURES[by] if isinstance(by, str) else _FIGURES["count"]
        rows = _selected(rows, slices)
        _sort(rows, by, figure, descending)
        return _shortened(rows, limit)

    return {
        "get": storage.get,
        "put": storage.set,
        "add": storage.add,
        "element": storage.element,
        "put_element": put_element,
        "add_element": add_element,
        "delete_element": storage.delete_element,
        "delete_matching": delete_matching,
        "clear": storage.clear,
        "contains": contains,
        "contains_element": contains_element,
        "contains_statistics": contains_statistics,
        "accumulate": accumulate,
        "count": count,
        "total": total,
        "least": least,
        "greatest": greatest,
        "average": average,
        "variance": variance,
        "bucket": bucket,
        "bucket_indexes": bucket_indexes,
        "drawing": drawing,
        "walk": walk,
        "walk_statistics": walk_statistics,
    }


def _average(found: Statistics) -> int:
    return divide(found.sum, found.count)


_FIGURES: dict[str, Callable[[Statistics], int]] = {
    "value": lambda found: found.count,
    "count": lambda found: found.count,
    "sum": lambda found: found.sum,
    "min": lambda found: found.min,
    "max": lambda found: found.max,
    "avg": _average,
    "variance": lambda found: found.variance(0),
}


def _fits(keys: Keys, pattern: Pattern) -> bool:
    return all(wanted is None or wanted == key for wanted, key in zip(pattern, keys, strict=True))


def _sortable(value: Scalar) -> int | bytes:
    return order(value) if isinstance(value, str) else value


def _selected(rows: list[tuple[Keys, Any]], slices: Pattern) -> list[tuple[Keys, Any]]:
    if all(wanted is None for wanted in slices):
        return rows
    return [row for row in rows if _fits(row[0], slices)]


def _sort(
    rows: list[tuple[Keys, Any]],
    by: int | str | None,
    figure: Callable[[Any], Scalar],
    descending: bool,
) -> None:
    """Sort by a key's number or by what ``figure`` makes of the value; None leaves the order."""
    if isinstance(by, int):
        rows.sort(key=lambda row: _sortable(row[0][by]), reverse=descending)
    elif by is not None:
        rows.sort(key=lambda row: _sortable(figure(row[1])), reverse=descending)


def _shortened(rows: list[tuple[Keys, Any]], limit: int | None) -> list[tuple[Keys, Any]]:
    return rows if limit is None else rows[: max(0, limit)]
