"""What the ``@`` operators want as arguments: how many, and which must be literals.

Says nothing of what the arguments mean: that is elaboration's, which has debug information.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from translator.base.text import Span
from translator.base.value import dataclass
from translator.semantics.facts import constant
from translator.syntax import ast

SIZES = (1, 2, 4, 8)  # bytes that one read may have
_REGISTERS = 64  # DWARF numbers: more than any machine's general registers


@dataclass(frozen=True, slots=True)
class _Form:
    """``texts`` and ``numbers`` are the positions of literal strings and numbers."""

    least: int
    most: int
    wanted: str
    texts: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()


_NAME = "a name in quotes and, if need be, a module's"
_READ = "a size in bytes and an address"
_REGISTER = "a register's DWARF number"
_FORMS: Mapping[ast.AtOp, _Form] = {
    ast.AtOp.CAST: _Form(2, 3, "a value, a type's name and, if need be, a module's", (1, 2)),
    ast.AtOp.DEFINED: _Form(1, 1, "one expression"),
    ast.AtOp.ENTRY: _Form(1, 1, "one expression"),
    ast.AtOp.PROBE_WRITE: _Form(1, 1, "one variable"),
    ast.AtOp.VAR: _Form(1, 2, _NAME, (0, 1)),
    ast.AtOp.PERF: _Form(1, 1, "the counter's name in quotes", (0,)),
    ast.AtOp.CONST: _Form(1, 1, "a constant in quotes", (0,)),
    ast.AtOp.ENUM: _Form(1, 2, _NAME, (0, 1)),
    ast.AtOp.ENUM_NAME: _Form(
        1, 3, "a value and, if need be, the names of its type and of a module", (1, 2)
    ),
    ast.AtOp.KERNEL_REGISTER: _Form(1, 1, _REGISTER, (), (0,)),
    ast.AtOp.USER_REGISTER: _Form(1, 1, _REGISTER, (), (0,)),
    ast.AtOp.KERNEL_READ: _Form(2, 2, _READ, (), (0,)),
    ast.AtOp.USER_READ: _Form(2, 2, _READ, (), (0,)),
}


def argument_problems(expr: ast.AtCall) -> Iterator[tuple[str, Span, str]]:
    """(rule, place, message) of each argument that is missing, too many or of the wrong kind."""
    form, name = _FORMS[expr.op], expr.op.value
    given = expr.arguments
    if any(isinstance(item, ast.BadExpr) for item in given):
        return
    if not form.least <= len(given) <= form.most:
        yield "wrong-argument-count", expr.span, f"{name} takes {form.wanted}"
        return
    for position in form.texts:
        if position < len(given) and not isinstance(given[position], ast.String):
            message = f"{name} takes {form.wanted}: this must be a literal string"
            yield "not-constant", given[position].span, message
    for position in form.numbers:
        value = constant(given[position])
        if value is None:
            message = f"{name} takes {form.wanted}: this must be a literal number"
            yield "not-constant", given[position].span, message
        elif wrong := _wrong(expr.op, value):
            yield "bad-argument", given[position].span, f"{name}: {wrong}"


def _wrong(op: ast.AtOp, value: int) -> str:
    if op in (ast.AtOp.KERNEL_READ, ast.AtOp.USER_READ):
        return "" if value in SIZES else f"a read is of 1, 2, 4 or 8 bytes, not {value}"
    return "" if 0 <= value < _REGISTERS else f"there is no register {value}"
