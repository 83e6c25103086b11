"""One program for many handlers that differ only in literals.

`syscall.*` is some 350 handlers of few shapes.  A handler's literals become holes; handlers
of equal shape are one program that reads its literals from a row of the `rows` map.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.rewrite import map_block, map_operands

HOLE = "%hole"
_CONSTANT = frozenset(
    {
        ir.Arithmetic.DIVIDE,
        ir.Arithmetic.MODULO,
        ir.Arithmetic.SHIFT_LEFT,
        ir.Arithmetic.SHIFT_RIGHT,
    }
)
Literal: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Shape:
    """Handlers that share a program.

    ``members`` are their indexes; ``rows`` the literals of each, by hole; ``holes`` the place
    of each hole in a row: (offset, size).  No holes: the members are the same to the bit.
    """

    body: ir.Block
    members: tuple[int, ...]
    rows: tuple[tuple[Literal, ...], ...]
    holes: dict[int, tuple[int, int]]
    row_size: int


def share(handlers: Sequence[tuple[Hashable, ir.Block]], limit: int) -> list[Shape]:
    """Group handlers by key and shape.  ``limit`` bounds a string literal, in bytes."""
    groups: dict[tuple[Hashable, ir.Block], list[tuple[int, list[Literal]]]] = {}
    for index, (key, body) in enumerate(handlers):
        shape, literals = _abstract(body)
        groups.setdefault((key, shape), []).append((index, literals))
    return [
        _filled(shape, [handlers[index][1] for index, _ in members], members, limit)
        for (_, shape), members in groups.items()
    ]


def same(handlers: Sequence[tuple[Hashable, ir.Block]]) -> list[Shape]:
    """Group handlers that are equal, literals included: for events without a row."""
    groups: dict[tuple[Hashable, ir.Block], list[int]] = {}
    for index, key in enumerate(handlers):
        groups.setdefault(key, []).append(index)
    return [Shape(body, tuple(group), (), {}, 0) for (_, body), group in groups.items()]


def _filled(
    shape: ir.Block,
    bodies: list[ir.Block],
    members: list[tuple[int, list[Literal]]],
    limit: int,
) -> Shape:
    columns = list(zip(*(literals for _, literals in members), strict=True))
    differ = [number for number, column in enumerate(columns) if len(set(column)) > 1]
    indexes = tuple(index for index, _ in members)
    if not differ:
        return Shape(bodies[0], indexes, (), {}, 0)
    offset = 8  # after the word that says that there is a row
    holes: dict[int, tuple[int, int]] = {}
    for number in differ:
        size = 8
        if isinstance(columns[number][0], str):
            longest = max(
                len(str(text).encode("utf-8", "surrogateescape")) for text in columns[number]
            )
            size = (min(longest + 1, limit) + 7) & ~7
        holes[number] = (offset, size)
        offset += size

    def fill(expr: ir.Expr) -> ir.Expr:
        match expr:
            case ir.Ask("%hole", (ir.Integer(number), _), type):
                if number in holes:
                    arguments = (ir.Integer(number), ir.Integer(holes[number][1]))
                    return ir.Ask(HOLE, arguments, type, ir.Purity.PURE)
                value = columns[number][0]
                return ir.Text(value) if isinstance(value, str) else ir.Integer(value)
            case _:
                return map_operands(expr, fill)

    rows = tuple(tuple(literals[number] for number in differ) for _, literals in members)
    return Shape(map_block(shape, fill), indexes, rows, holes, offset)


def _abstract(body: ir.Block) -> tuple[ir.Block, list[Literal]]:
    literals: list[Literal] = []

    def hole(value: Literal, type: Type) -> ir.Expr:
        literals.append(value)
        arguments = (ir.Integer(len(literals) - 1), ir.Integer(0))
        return ir.Ask(HOLE, arguments, type, ir.Purity.PURE)

    def change(expr: ir.Expr) -> ir.Expr:
        match expr:
            case ir.Integer(value):
                return hole(value, Type.LONG)
            case ir.Text(value):
                return hole(value, Type.STRING)
            case ir.Ask(purity=ir.Purity.CONTEXT):
                # Lengths and register names shape the code.
                return map_operands(
                    expr,
                    lambda part: part if isinstance(part, ir.Integer | ir.Text) else change(part),
                )
            case ir.Binary(op, _, ir.Integer() as right) if op in _CONSTANT:
                return map_operands(expr, lambda part: part if part is right else change(part))
            case _:
                return map_operands(expr, change)

    return map_block(body, change), literals


def row_bytes(literals: tuple[Literal, ...], holes: dict[int, tuple[int, int]], size: int) -> bytes:
    """A row as the program reads it; the first word says that it is there."""
    row = bytearray(size)
    row[0] = 1
    for value, (offset, room) in zip(literals, holes.values(), strict=True):
        if isinstance(value, str):
            octets = value.encode("utf-8", "surrogateescape").split(b"\0")[0][: room - 1]
            row[offset : offset + len(octets)] = octets
        else:
            row[offset : offset + 8] = (value & (1 << 64) - 1).to_bytes(8, "little")
    return bytes(row)
