"""What the print family contributes to a body's facts: formats checked, arguments typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from translator.core import format as formats
from translator.core.types import Type
from translator.semantics.facts import Term, is_histogram
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.semantics.gather_expressions import ExpressionWalk


_PRINTS = {1: "something", 2: "a delimiter and at least two values"}


def gather_print(expr: ast.Print, walk: ExpressionWalk) -> Term:
    """What a print contributes; answers its value's term."""
    arguments = expr.arguments
    result: Term = Type.STRING if expr.to_string else Type.LONG
    if expr.kind is ast.PrintKind.PRINTF:
        if not arguments or not isinstance(arguments[0], ast.String):
            if not any(isinstance(item, ast.BadExpr) for item in arguments[:1]):
                walk.problem(
                    "bad-format", expr.span, f"{expr.function.text} needs a literal format"
                )
            for argument in arguments:
                walk.expr(argument)
            return result
        _printf(expr, arguments[0], walk)
        return result
    rest = arguments
    if expr.kind is ast.PrintKind.PRINTD and arguments:
        if not isinstance(arguments[0], (ast.String, ast.BadExpr)):
            walk.problem(
                "bad-format",
                arguments[0].span,
                f"the delimiter of {expr.function.text} must be a literal string",
            )
        rest = arguments[1:]
    for argument in rest:
        if isinstance(argument, ast.Extract) and is_histogram(argument):
            if expr.to_string or expr.kind is ast.PrintKind.PRINTD or len(rest) > 1:
                walk.problem(
                    "bad-format", argument.span, "a histogram is printed alone, by print()"
                )
            walk.extract(argument)
        else:
            walk.expr(argument)
    bare = expr.newline and expr.kind is ast.PrintKind.PRINT
    least = 2 if expr.kind is ast.PrintKind.PRINTD else int(not bare)
    if len(rest) < least and not any(isinstance(item, ast.BadExpr) for item in arguments):
        walk.problem(
            "wrong-argument-count",
            expr.span,
            f"{expr.function.text} needs {_PRINTS[least]} to print",
        )
    return result


def _printf(expr: ast.Print, text: ast.String, walk: ExpressionWalk) -> None:
    parsed, wrong = formats.parse_format(text.value)
    if wrong is not None:
        walk.problem("bad-format", text.span, wrong)
    wanted = parsed.argument_types
    given = expr.arguments[1:]
    for index, argument in enumerate(given):
        term = walk.expr(argument)
        if index < len(wanted):
            walk.equal(term, wanted[index], argument.span)
    bad = any(isinstance(argument, ast.BadExpr) for argument in given)
    if wrong is None and len(wanted) != len(given) and not bad:
        many = "many" if len(given) > len(wanted) else "few"
        walk.problem(
            "bad-format",
            expr.span,
            f"too {many} arguments for the format: it takes {len(wanted)}, given {len(given)}",
        )
