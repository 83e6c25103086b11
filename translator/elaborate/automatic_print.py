"""Prints at the end the globals that the script writes and nobody reads, as SystemTap does.

Each gets an `end` probe of its own, after the script's, in the order in which handlers first
mention them.  Scalars print as ``name=value``, arrays sorted by value, largest first, as
``name["key",1]=value``, aggregates with their five figures.  Reading counts as SystemTap
counts it: ``x += 1`` and ``x++`` do not read ``x`` unless somebody takes their value,
``x = x + 1`` does, and so does ``delete``.  The library's globals are its own affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from translator.core import ir
from translator.core.format import Conversion, Directive, Format, Piece
from translator.core.types import Type
from translator.core.visit import operands, own_expressions, statements
from translator.probes.attachment import Lifecycle, Moment

_FIGURES = (
    ir.Statistic.COUNT,
    ir.Statistic.MIN,
    ir.Statistic.MAX,
    ir.Statistic.SUM,
    ir.Statistic.AVERAGE,
)


def run(program: ir.Program, read: frozenset[str]) -> ir.Program:
    """``read`` names the globals that the script reads other than by an operator like ``+=``.

    Runs after `dead_locals`: a value that nobody takes is not read.
    """
    globals_ = {item.name: item for item in program.globals if _is_script_s(item)}
    if not globals_:
        return program
    uses = _Uses(read)
    for probe in program.probes:
        uses.look(probe.body)
    for function in program.functions:
        uses.look(function.body)
    shown = [
        globals_[name]
        for name in uses.written
        if name in globals_ and name not in uses.read and not uses.is_embedded(globals_[name])
    ]
    first = len(program.probes)
    probes = tuple(_display(item, first + at) for at, item in enumerate(shown))
    return replace(program, probes=(*program.probes, *probes))


def _is_script_s(item: ir.Global) -> bool:
    """A library's globals, and hidden ones, have their file's or their use's name before a colon."""
    return ":" not in item.name


class _Uses:
    """What handlers and functions do with globals."""

    def __init__(self, taken: frozenset[str]) -> None:
        self.read: set[str] = set()
        self.written: dict[str, None] = {}  # in order
        self._taken = taken
        self._code = ""

    def look(self, block: ir.Block) -> None:
        carried = _carried(block)
        for stmt in statements(block):
            self._statement(stmt, carried)

    def is_embedded(self, item: ir.Global) -> bool:
        return bool(item.label) and item.label in self._code

    def _statement(self, stmt: ir.Stmt, carried: dict[str, set[str | None]]) -> None:
        own = _assigned(stmt)
        match stmt:
            case ir.SetLocal(local=local) if len(found := carried.get(local.name, set())) == 1:
                (own,) = found
            case ir.Accumulate(stat=stat):
                self.written.setdefault(stat.name)
            case ir.Clear(name=name) | ir.DeleteElement(array=name) | ir.Foreach(array=name):
                self.read.add(name)
            case ir.PrintHistogram(stat=stat) | ir.ForeachBucket(stat=stat):
                self.read.add(stat.name)
            case ir.EmbeddedC(code=code):
                self._code += code
            case _:
                if own is not None:
                    self.written.setdefault(own)
        for expr in own_expressions(stmt):
            for name in _read(expr):
                if name != own or name in self._taken:
                    self.read.add(name)


def _assigned(stmt: ir.Stmt) -> str | None:
    """The global that a statement assigns, wholly or an element of."""
    match stmt:
        case ir.SetGlobal(name=name) | ir.AddGlobal(name=name):
            return name
        case ir.SetElement(array=name) | ir.AddElement(array=name):
            return name
        case _:
            return None


def _carried(block: ir.Block) -> dict[str, set[str | None]]:
    """For each temporary, the globals whose assignment reads it; None for any other reader.

    ``x++`` keeps the old value in a temporary, which mostly only the new value needs.
    """
    carried: dict[str, set[str | None]] = {}
    for stmt in statements(block):
        pending = list(own_expressions(stmt))
        while pending:
            expr = pending.pop()
            if isinstance(expr, ir.GetLocal) and expr.local.name.startswith("%"):
                carried.setdefault(expr.local.name, set()).add(_assigned(stmt))
            pending.extend(operands(expr))
    return carried


def _read(expr: ir.Expr) -> Iterator[str]:
    match expr:
        case ir.GetGlobal(name=name):
            yield name
        case ir.GetElement(array=name) | ir.Contains(array=name):
            yield name
        case ir.Extract(stat=stat) | ir.Bucket(stat=stat):
            yield stat.name
        case _:
            pass
    for inner in operands(expr):
        yield from _read(inner)


# --- the probes ------------------------------------------------------------------------


def _display(item: ir.Global, index: int) -> ir.Probe:
    keys = tuple(ir.Local(f"%key{at}", kind) for at, kind in enumerate(item.keys))
    value = ir.Local("%value", item.type) if keys and item.type is not Type.AGGREGATE else None
    shown = _element(item, keys, value)
    body: ir.Block = (shown,)
    if keys:
        by = ir.SortKey.VALUE if value is not None else ir.Statistic.COUNT
        sorting = ir.Sorting(by, descending=True)
        anything = (None,) * len(keys)
        body = (ir.Foreach(item.name, keys, value, anything, sorting, None, (shown,)),)
    elif item.type is Type.AGGREGATE:
        empty = ir.Print(Format((f"{item.label} @count=0x0\n",)), ())
        count = ir.Extract(ir.Statistic.COUNT, ir.StatPlace(item.name))
        body = (ir.If(ir.Compare(ir.Comparison.EQUAL, count, ir.Integer(0)), (empty,), (shown,)),)
    locals_ = keys if value is None else (*keys, value)
    return ir.Probe(index, "end", "end", Lifecycle(Moment.END), locals_, body)


def _element(item: ir.Global, keys: tuple[ir.Local, ...], value: ir.Local | None) -> ir.Print:
    """The line of a scalar or of one element."""
    pieces: list[Piece] = [item.label]
    for at, key in enumerate(keys):
        pieces.append("," if at else "[")
        pieces += _directive(key.type)
    if keys:
        pieces.append("]")
    places: tuple[ir.Expr, ...] = tuple(ir.GetLocal(key) for key in keys)
    if item.type is Type.AGGREGATE:
        stat = ir.StatPlace(item.name, places)
        for figure in _FIGURES:
            pieces += [f" @{figure.value}=", Directive(Conversion.DECIMAL)]
        figures = tuple(ir.Extract(figure, stat) for figure in _FIGURES)
        return ir.Print(_format(pieces), (*places, *figures))
    pieces += ["=", *_directive(item.type)]
    whole = ir.GetGlobal(item.name, item.type) if value is None else ir.GetLocal(value)
    return ir.Print(_format(pieces), (*places, whole))


def _directive(kind: Type) -> list[Piece]:
    if kind is Type.STRING:
        return ['"', Directive(Conversion.STRING), '"']
    return [Directive(Conversion.DECIMAL)]


def _format(pieces: list[Piece]) -> Format:
    """With the line's end, and literals that touch merged."""
    merged: list[Piece] = []
    for piece in (*pieces, "\n"):
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return Format(tuple(merged))
