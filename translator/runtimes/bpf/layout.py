"""Where everything lies in memory: keys, values, aggregates, records, the session's words.

The one description that generated code writes by and user space reads by.  Rows are plain
tuples, because they are stored with the image.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import expressions, statements
from translator.runtimes.bpf.maps import MapFlag, MapSpec, MapType
from translator.runtimes.bpf.memory import FIRST_LOCK, LOCK_SPACING, SESSION
from translator.runtimes.bpf.widths import Width, Widths


class FieldKind(Enum):
    LONG = "long"
    TEXT = "text"
    OCTETS = "octets"  # any bytes
    STACK = "stack"  # addresses, kernel's or user's, ended by 0


@dataclass(frozen=True, slots=True)
class Field:
    """``size`` bytes at ``offset``; TEXT is padded with NULs."""

    kind: FieldKind
    offset: int
    size: int

    def row(self) -> tuple[str, int, int]:
        return (self.kind.value, self.offset, self.size)


LONG = Field(FieldKind.LONG, 0, 8)


def text_field(width: Width, offset: int) -> Field:
    kind = FieldKind.TEXT
    if width.stack is not None:
        kind = FieldKind.STACK
    elif width.octets:
        kind = FieldKind.OCTETS
    return Field(kind, offset, width.words)


def fields(parts: Iterable[Width | None], start: int = 0) -> tuple[Field, ...]:
    """Fields one after another; None is a long."""
    found: list[Field] = []
    for part in parts:
        item = Field(FieldKind.LONG, start, 8) if part is None else text_field(part, start)
        found.append(item)
        start += item.size
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Offsets in an aggregate's value; None: nobody asks for that figure.

    ``greatest`` is kept as value ^ 2**63 and ``least`` as its complement, so that zeros are an
    empty aggregate.  ``squares`` starts four words: high half squared, both halves
    multiplied, low half squared: its low and its high 32 bits.
    """

    size: int
    total: int | None
    least: int | None
    greatest: int | None
    squares: int | None
    histograms: tuple[tuple[int, ir.Histogram], ...]


@dataclass(frozen=True, slots=True)
class GlobalLayout:
    """One global.  A scalar lies in `GLOBALS` at ``value.offset``; others have a map."""

    declared: ir.Global
    keys: tuple[Field, ...]
    key_size: int
    value: Field
    statistics: Statistics | None
    entries: int

    @property
    def map(self) -> str:
        return f"global.{self.declared.name}"

    def spec(self) -> MapSpec | None:
        """Its map; None for a plain scalar."""
        name = self.map
        if self.statistics is not None:
            if not self.keys:
                return MapSpec(name, MapType.PERCPU_ARRAY, 4, self.statistics.size, 1)
            size = self.statistics.size
            kind = MapType.LRU_PERCPU_HASH if self.declared.wraps else MapType.PERCPU_HASH
            return MapSpec(name, kind, self.key_size, size, self.entries)
        if not self.keys:
            return None
        kind = MapType.LRU_HASH if self.declared.wraps else MapType.HASH
        return MapSpec(name, kind, self.key_size, self.value.size, self.entries)


def histogram_size(histogram: ir.Histogram) -> int:
    """Buckets."""
    if isinstance(histogram, ir.LogHistogram):
        return 128
    return (histogram.high - histogram.low) // histogram.step + 3


def lay_out(
    program: ir.Program, widths: Widths, blocks: Iterable[ir.Block]
) -> dict[str, GlobalLayout]:
    """Every global's layout.  ``blocks`` is all code that may ask for figures."""
    asked = _figures(blocks)
    offset = 0
    found: dict[str, GlobalLayout] = {}
    for item in program.globals:
        keys = fields(
            widths.key(item.name, index) if type is Type.STRING else None
            for index, type in enumerate(item.keys)
        )
        statistics = None
        value = LONG
        if item.type is Type.AGGREGATE:
            statistics = _statistics(item, asked.get(item.name, set()))
        elif item.type is Type.STRING:
            value = text_field(widths.value(item.name), 0)
        if not item.keys and statistics is None:
            value = Field(value.kind, offset, value.size)
            offset += value.size
        found[item.name] = GlobalLayout(
            item,
            keys,
            sum(key.size for key in keys),
            value,
            statistics,
            program.limits.map_entries if item.size is None else item.size,
        )
    return found


def globals_size(layouts: Iterable[GlobalLayout]) -> int:
    """Bytes of the scalars."""
    scalars = (item for item in layouts if not item.keys and item.statistics is None)
    return sum(item.value.size for item in scalars)


def session_spec(locks: int) -> MapSpec:
    size = FIRST_LOCK + LOCK_SPACING * locks
    return MapSpec(SESSION, MapType.ARRAY, 4, size, 1, MapFlag.MMAPABLE)


def _figures(blocks: Iterable[ir.Block]) -> dict[str, set[ir.Statistic]]:
    asked: dict[str, set[ir.Statistic]] = {}
    for block in blocks:
        for expr in expressions(block):
            if isinstance(expr, ir.Extract):
                asked.setdefault(expr.stat.name, set()).add(expr.statistic)
        for stmt in statements(block):
            match stmt:
                case ir.Foreach(array=array, sorting=ir.Sorting(by=ir.Statistic() as by)):
                    asked.setdefault(array, set()).add(by)
                case _:
                    pass
    return asked


def _statistics(item: ir.Global, asked: set[ir.Statistic]) -> Statistics:
    offset = 8  # after the count
    places: dict[str, int | None] = {}
    for name, size, by in (
        ("total", 8, {ir.Statistic.SUM, ir.Statistic.AVERAGE, ir.Statistic.VARIANCE}),
        ("least", 8, {ir.Statistic.MIN}),
        ("greatest", 8, {ir.Statistic.MAX}),
        ("squares", 32, {ir.Statistic.VARIANCE}),
    ):
        places[name] = offset if asked & by else None
        offset += size if asked & by else 0
    histograms = []
    for histogram in item.histograms:
        histograms.append((offset, histogram))
        offset += 8 * histogram_size(histogram)
    return Statistics(
        offset,
        places["total"],
        places["least"],
        places["greatest"],
        places["squares"],
        tuple(histograms),
    )
