"""Nodes of declarations: globals, functions, probes and their points."""

from __future__ import annotations

from typing import TypeAlias

from translator.base.text import Span
from translator.syntax import ast
from translator.syntax.pieces import Part, Pieces, Values, code_of, parts_of

_Choice: TypeAlias = tuple[tuple[ast.Component | ast.Alternatives, ...], ast.Suffix | None]


class Declarations(Pieces):
    """The methods for the grammar's rules of declarations."""

    # --- globals -----------------------------------------------------------------------

    def global_variables(self, span: Span, values: Values) -> ast.Global:
        private, variables = parts_of(values)
        return ast.Global(self.new_id(), span, "private" in private, tuple(variables), self.doc)

    def variable(self, span: Span, values: Values) -> ast.GlobalVariable:
        parts, (name,) = parts_of(values)
        return ast.GlobalVariable(
            self.new_id(), span, name, parts.get("size"), "wrap" in parts, parts.get("initial")
        )

    def wrap(self, _span: Span, _values: Values) -> Part:
        return Part("wrap", True)

    def size(self, _span: Span, values: Values) -> Part:
        number = values[0]
        span = Span(number.start, number.end)
        return Part("size", ast.Number(self.new_id(), span, self.value_of(number)))

    def initial(self, _span: Span, values: Values) -> Part:
        return Part("initial", values[-1])

    # --- functions ---------------------------------------------------------------------

    def function(self, span: Span, values: Values) -> ast.Function:
        parts, (name, *parameters, body) = parts_of(values)
        return ast.Function(
            self.new_id(),
            span,
            "private" in parts,
            name,
            parts.get("type"),
            tuple(parameters),
            parts.get("priority"),
            body,
            self.doc,
        )

    def parameter(self, span: Span, values: Values) -> ast.Parameter:
        parts, (name,) = parts_of(values)
        return ast.Parameter(self.new_id(), span, name, parts.get("type"))

    def type(self, _span: Span, values: Values) -> Part:
        return Part("type", ast.TypeName(values[0].text))

    def unknown_type(self, _span: Span, values: Values) -> None:
        word = values[0]
        self.error(
            "unknown-type",
            Span(word.start, word.end),
            f"`{word.text}` is no type: expected `long` or `string`",
        )

    def priority(self, _span: Span, values: Values) -> Part:
        return Part("priority", self.value_of(values[0]))

    def embedded_body(self, span: Span, values: Values) -> ast.EmbeddedStmt:
        return ast.EmbeddedStmt(self.new_id(), span, code_of(values[0]))

    def embedded_code(self, span: Span, values: Values) -> ast.EmbeddedCode:
        return ast.EmbeddedCode(self.new_id(), span, code_of(values[0]))

    def missing_body(self, span: Span, _values: Values) -> ast.BadStmt:
        return ast.BadStmt(self.new_id(), span)

    # --- probes ------------------------------------------------------------------------

    def probe(self, span: Span, values: Values) -> ast.Probe:
        points, body = values
        return ast.Probe(self.new_id(), span, points, body, self.doc)

    def alias_prologue(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, body = values
        return ast.Alias(self.new_id(), span, self._names(names), points, body, None, self.doc)

    def alias_epilogue(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, body = values
        return ast.Alias(self.new_id(), span, self._names(names), points, None, body, self.doc)

    def alias_both(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, prologue, epilogue = values
        names = self._names(names)
        return ast.Alias(self.new_id(), span, names, points, prologue, epilogue, self.doc)

    def _names(self, names: tuple[ast.ProbePoint, ...]) -> tuple[ast.ProbePoint, ...]:
        for name in names[1:]:
            self.error("syntax-error", name.span, "a probe alias has one name")
        for name in names:
            if name.optional or name.sufficient or name.condition:
                self.error("syntax-error", name.span, "an alias's name takes no `?`, `!` or `if`")
        return names

    def points(self, _span: Span, values: Values) -> tuple[ast.ProbePoint, ...]:
        return tuple(values)

    def point(self, span: Span, values: Values) -> ast.ProbePoint:
        parts, (components,) = parts_of(values)
        return ast.ProbePoint(
            self.new_id(),
            span,
            components,
            parts.get("suffix") is ast.Suffix.OPTIONAL,
            parts.get("suffix") is ast.Suffix.SUFFICIENT,
            parts.get("condition"),
        )

    def optional(self, _span: Span, _values: Values) -> Part:
        return Part("suffix", ast.Suffix.OPTIONAL)

    def sufficient(self, _span: Span, _values: Values) -> Part:
        return Part("suffix", ast.Suffix.SUFFICIENT)

    def arming(self, _span: Span, values: Values) -> Part:
        return Part("condition", values[0])

    def components(
        self, _span: Span, values: Values
    ) -> tuple[ast.Component | ast.Alternatives, ...]:
        return tuple(values)

    def component(self, span: Span, values: Values) -> ast.Component:
        return ast.Component(values[0].text, span)

    def component_empty(self, span: Span, values: Values) -> ast.Component:
        return ast.Component(values[0].text, span, None, True)

    def component_argument(self, span: Span, values: Values) -> ast.Component:
        return ast.Component(values[0].text, span, values[1], True)

    def choice(self, _span: Span, values: Values) -> _Choice:
        parts, (components,) = parts_of(values)
        return components, parts.get("suffix")

    def alternatives(self, span: Span, values: Values) -> ast.Alternatives:
        choices = tuple(components for components, _ in values)
        suffixes = tuple(suffix for _, suffix in values)
        return ast.Alternatives(span, choices, suffixes if any(suffixes) else ())
