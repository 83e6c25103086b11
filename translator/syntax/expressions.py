"""Nodes of expressions: one method per rule, operators told by their text."""

from __future__ import annotations

from dataclasses import replace

from translator.base.text import Span
from translator.syntax import ast
from translator.syntax.pieces import Pieces, Values, code_of

_BINARY = {op.value: op for op in ast.BinaryOp}
_UNARY = {op.value: op for op in ast.UnaryOp}
_STEPS = {op.value: op for op in ast.StepOp}
_ASSIGNS = {op.value: op for op in ast.AssignOp}
_AT_OPERATORS = {op.value: op for op in ast.AtOp}
_EXTRACTORS = {extractor.value: extractor for extractor in ast.Extractor}
_PRINTS = {
    f"{to_string}{kind.value}{newline}": (kind, bool(to_string), bool(newline))
    for kind in ast.PrintKind
    for to_string in ("", "s")
    for newline in ("", "ln")
    if kind is not ast.PrintKind.PRINTF or not newline
}


class Expressions(Pieces):
    """The methods for the grammar's rules of expressions.

    An operator that recovery supplied has no text.
    """

    def hole(self, span: Span, _values: Values) -> ast.BadExpr:
        return ast.BadExpr(self.new_id(), span)

    def name(self, span: Span, values: Values) -> ast.Name:
        return ast.Name(self.new_id(), span, values[0].text)

    def target(self, span: Span, values: Values) -> ast.Target:
        name, pretty = _pretty(values[0].text)
        return ast.Target(self.new_id(), span, name, pretty)

    def grouped(self, _span: Span, values: Values) -> ast.Expr:
        expr: ast.Expr = values[0]
        return expr

    def embedded_expr(self, span: Span, values: Values) -> ast.EmbeddedExpr:
        return ast.EmbeddedExpr(self.new_id(), span, code_of(values[0]))

    def wildcard(self, span: Span, _values: Values) -> ast.Wildcard:
        return ast.Wildcard(self.new_id(), span)

    def call(self, span: Span, values: Values) -> ast.Call | ast.Print:
        word = ast.Word(values[0].text, Span(values[0].start, values[0].end))
        arguments = tuple(values[1:])
        if word.text in _PRINTS:
            kind, to_string, newline = _PRINTS[word.text]
            return ast.Print(self.new_id(), span, word, kind, to_string, newline, arguments)
        return ast.Call(self.new_id(), span, word, arguments)

    def at_call(self, span: Span, values: Values) -> ast.AtCall:
        return ast.AtCall(self.new_id(), span, _AT_OPERATORS[values[0].text], tuple(values[1:]))

    def extraction(self, span: Span, values: Values) -> ast.Extract:
        word, *arguments = values
        if not arguments:
            end = Span(span.end - 1, span.end - 1)
            arguments = [ast.BadExpr(self.new_id(), end)]
            self.error(
                "syntax-error",
                Span(word.start, word.end),
                f"expected an aggregate as the argument of `{word.text}`",
            )
        operand, *parameters = arguments
        extractor = _EXTRACTORS[word.text]
        return ast.Extract(self.new_id(), span, extractor, operand, tuple(parameters))

    def arrow(self, span: Span, values: Values) -> ast.Arrow:
        base, word = values
        name, pretty = _pretty(word.text)
        return ast.Arrow(self.new_id(), span, base, ast.Word(name, word.span), pretty)

    def index(self, span: Span, values: Values) -> ast.Index:
        base, *indexes = values
        return ast.Index(self.new_id(), span, base, tuple(indexes))

    def pretty(self, span: Span, values: Values) -> ast.Expr:
        match values[0]:
            case ast.Index() | ast.AtCall() as node:
                return replace(node, span=span, pretty=min(2, len(values[1].text)))
            case other:
                expr: ast.Expr = other
                self.error(
                    "syntax-error",
                    Span(values[1].start, values[1].end),
                    "only a target variable can be pretty-printed",
                )
                return expr

    def unary(self, span: Span, values: Values) -> ast.Unary:
        return ast.Unary(
            self.new_id(), span, _UNARY.get(values[0].text, ast.UnaryOp.PLUS), values[1]
        )

    def step_prefix(self, span: Span, values: Values) -> ast.Step:
        return ast.Step(
            self.new_id(), span, _STEPS.get(values[0].text, ast.StepOp.INCREMENT), values[1], True
        )

    def step_suffix(self, span: Span, values: Values) -> ast.Step:
        return ast.Step(
            self.new_id(), span, _STEPS.get(values[1].text, ast.StepOp.INCREMENT), values[0], False
        )

    def address_of(self, span: Span, values: Values) -> ast.AddressOf:
        return ast.AddressOf(self.new_id(), span, values[1])

    def binary(self, span: Span, values: Values) -> ast.Binary:
        left, op, right = values
        return ast.Binary(self.new_id(), span, _BINARY.get(op.text, ast.BinaryOp.ADD), left, right)

    def binary_or_else(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self.new_id(), span, ast.BinaryOp.OR_ELSE, values[0], values[1])

    def binary_and_then(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self.new_id(), span, ast.BinaryOp.AND_THEN, values[0], values[1])

    def binary_bit_or(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self.new_id(), span, ast.BinaryOp.BIT_OR, values[0], values[1])

    def binary_bit_xor(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self.new_id(), span, ast.BinaryOp.BIT_XOR, values[0], values[1])

    def binary_concat(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self.new_id(), span, ast.BinaryOp.CONCAT, values[0], values[1])

    def regex_match(self, span: Span, values: Values) -> ast.RegexMatch:
        operand, op, regex = values
        if not isinstance(regex, ast.String | ast.BadExpr):
            self.error("syntax-error", regex.span, f"expected a string literal after `{op.text}`")
        return ast.RegexMatch(self.new_id(), span, operand, regex, op.text == "!~")

    def contains(self, span: Span, values: Values) -> ast.Membership:
        *indexes, array = values
        return ast.Membership(self.new_id(), span, tuple(indexes), array)

    def choose(self, span: Span, values: Values) -> ast.Conditional:
        return ast.Conditional(self.new_id(), span, values[0], values[1], values[2])

    def assign(self, span: Span, values: Values) -> ast.Assign:
        target, op, value = values
        return ast.Assign(
            self.new_id(), span, _ASSIGNS.get(op.text, ast.AssignOp.SET), target, value
        )


def _pretty(text: str) -> tuple[str, int]:
    """A name and how many `$` follow it: at most two count."""
    name = text.rstrip("$")
    return (name, min(2, len(text) - len(name))) if name else (text, 0)
