"""Lowering of the print family: every form amounts to a format and its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from translator.core import format as formats
from translator.core import ir
from translator.core.types import Type
from translator.elaborate.operators import identifier_text
from translator.elaborate.unit import type_of, zero
from translator.semantics import facts
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.elaborate.expressions import ExprLowering

_ANY_LONG = formats.Directive(formats.Conversion.DECIMAL)
_ANY_STRING = formats.Directive(formats.Conversion.STRING)


def print_value(expr: ast.Print, lower: ExprLowering) -> ir.Expr:
    """The value of a print: the string of the ``s`` forms."""
    if not expr.to_string:
        print_out(expr, lower)
        return ir.Integer(0)
    shape, arguments = _format(expr, expr.arguments, lower)
    return ir.FormatText(shape, arguments)


def print_out(expr: ast.Print, lower: ExprLowering) -> None:
    """A print as a statement; histograms are drawn between the other arguments."""
    if expr.kind is ast.PrintKind.PRINT and len(expr.arguments) == 1:
        argument = expr.arguments[0]
        shape = histogram(argument) if isinstance(argument, ast.Extract) else None
        if shape is not None and isinstance(argument, ast.Extract):
            stat = lower.stat(argument.operand)
            if stat is not None:
                word = expr.function
                place = lower.place(word.span, identifier_text(word.text))
                lower.body.emit(ir.PrintHistogram(stat, shape, place))
                if expr.newline:
                    lower.body.emit(ir.Print(formats.Format(("\n",)), ()))
            return
    shape_, arguments = _format(expr, expr.arguments, lower)
    lower.body.emit(ir.Print(shape_, arguments))


def _format(
    expr: ast.Print, given: Sequence[ast.Expr], lower: ExprLowering
) -> tuple[formats.Format, tuple[ir.Expr, ...]]:
    """The format that the call amounts to, and its arguments."""
    if expr.kind is ast.PrintKind.PRINTF:
        text = given[0].value if given and isinstance(given[0], ast.String) else ""
        parsed, _ = formats.parse_format(text)
        arguments = tuple(lower.operands(given[1:]))[: len(parsed.argument_types)]
        missing = parsed.argument_types[len(arguments) :]  # reported by `facts`
        return parsed, (*arguments, *(zero(kind) for kind in missing))
    delimiter = ""
    if expr.kind is ast.PrintKind.PRINTD and given:
        delimiter = given[0].value if isinstance(given[0], ast.String) else ""
        given = given[1:]
    pieces: list[formats.Piece] = []
    arguments = tuple(lower.operands(given))
    for index, argument in enumerate(arguments):
        if index and delimiter:
            pieces.append(delimiter)
        pieces.append(_ANY_STRING if type_of(argument) is Type.STRING else _ANY_LONG)
    if expr.newline:
        pieces.append("\n")
    return formats.Format(tuple(pieces)), arguments


def histogram(expr: ast.Extract) -> ir.Histogram | None:
    match expr.extractor:
        case ast.Extractor.HIST_LOG:
            return ir.LogHistogram()
        case ast.Extractor.HIST_LINEAR:
            numbers = [facts.constant(parameter) or 0 for parameter in expr.parameters]
            if len(numbers) != 3 or numbers[2] <= 0:
                return None
            return ir.LinearHistogram(*numbers)
        case _:
            return None
