"""What all nodes are made with: their numbers, their reports, and the smallest parts."""

from __future__ import annotations

from typing import Any, TypeAlias

from translator.base.diagnostics import Diagnostic, Fix, Severity
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax import ast
from translator.syntax.ast import NodeId
from translator.syntax.lexer import number_value, string_value, wrapped
from translator.syntax.terminals import Terminal

# What lark's rules hand over is as varied as the rules; each method knows its own.
Values: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """An optional piece of a node, by name, on its way to the node."""

    name: str
    value: Any


class Pieces:
    """The methods for words and literals, and what the other methods need."""

    def __init__(self, doc: str | None) -> None:
        self.doc = doc
        self._last = 0
        self.diagnostics: list[Diagnostic] = []

    def new_id(self) -> NodeId:
        self._last += 1
        return NodeId(self._last)

    def error(self, rule: str, span: Span, message: str, fixes: tuple[Fix, ...] = ()) -> None:
        self.diagnostics.append(Diagnostic(rule, Severity.ERROR, span, message, fixes=fixes))

    def word(self, span: Span, values: Values) -> ast.Word:
        return ast.Word(values[0].text, span)

    def missing_word(self, span: Span, _values: Values) -> ast.Word:
        return ast.Word("", span)

    def nothing(self, _span: Span, _values: Values) -> None:
        return None

    def private(self, _span: Span, _values: Values) -> Part:
        return Part("private", True)

    def number(self, span: Span, values: Values) -> ast.Number:
        return ast.Number(self.new_id(), span, self.value_of(values[-1]))

    def signed_number(self, span: Span, values: Values) -> ast.Number:
        sign, number = values
        value = self.value_of(number)
        return ast.Number(self.new_id(), span, wrapped(-value) if sign.text == "-" else value)

    def value_of(self, number: Terminal) -> int:
        if number.text.startswith("$"):  # an argument that nobody gave yet
            return 0
        value = number_value(number.text)
        if value is None:
            self.error(
                "bad-number",
                Span(number.start, number.end),
                f"`{number.text}` is no number, or needs more than 64 bits",
            )
        return value or 0

    def string(self, span: Span, values: Values) -> ast.String:
        value = "".join(
            "" if part.text.startswith("@") else string_value(part.text) for part in values
        )
        return ast.String(self.new_id(), span, value)


def parts_of(values: Values) -> tuple[dict[str, Any], Values]:
    """The named parts among ``values``, and the others; holes (None) are left out."""
    named = {value.name: value.value for value in values if isinstance(value, Part)}
    others = [value for value in values if value is not None and not isinstance(value, Part)]
    return named, others


def code_of(embedded: Terminal) -> str:
    return embedded.text[2:-2] if embedded.text.endswith("%}") else embedded.text[2:]
