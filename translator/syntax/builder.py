"""From the grammar's rules to nodes: one method per rule, called as the parser reduces it.

A method gets the span of what it matched and the values of its parts.  Nodes are numbered
in the order in which they are finished, so equal texts give equal trees.  What only shows
when a node is put together (a number out of range, an unknown type) is reported here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from translator.base.diagnostics import Diagnostic, Edit, Fix, Severity
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax import ast
from translator.syntax.ast import NodeId
from translator.syntax.lexer import number_value, string_value, wrapped
from translator.syntax.terminals import Terminal

# What lark's rules hand over is as varied as the rules; each method knows its own.
Values: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """An optional piece of a node, by name, on its way to the node."""

    name: str
    value: Any


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


class Builder:
    """Makes the nodes of one declaration, whose comment is ``doc``."""

    def __init__(self, doc: str | None) -> None:
        self._doc = doc
        self._last = 0
        self.diagnostics: list[Diagnostic] = []

    def _id(self) -> NodeId:
        self._last += 1
        return NodeId(self._last)

    def _error(self, rule: str, span: Span, message: str, fixes: tuple[Fix, ...] = ()) -> None:
        self.diagnostics.append(Diagnostic(rule, Severity.ERROR, span, message, fixes=fixes))

    # --- pieces ------------------------------------------------------------------------

    def word(self, span: Span, values: Values) -> ast.Word:
        return ast.Word(values[0].text, span)

    def missing_word(self, span: Span, _values: Values) -> ast.Word:
        return ast.Word("", span)

    def nothing(self, _span: Span, _values: Values) -> None:
        return None

    def private(self, _span: Span, _values: Values) -> _Part:
        return _Part("private", True)

    def number(self, span: Span, values: Values) -> ast.Number:
        return ast.Number(self._id(), span, self._value(values[-1]))

    def signed_number(self, span: Span, values: Values) -> ast.Number:
        sign, number = values
        value = self._value(number)
        return ast.Number(self._id(), span, wrapped(-value) if sign.text == "-" else value)

    def _value(self, number: Terminal) -> int:
        if number.text.startswith("$"):  # an argument that nobody gave yet
            return 0
        value = number_value(number.text)
        if value is None:
            self._error(
                "bad-number",
                Span(number.start, number.end),
                f"`{number.text}` is no number, or needs more than 64 bits",
            )
        return value or 0

    def string(self, span: Span, values: Values) -> ast.String:
        value = "".join(
            "" if part.text.startswith("@") else string_value(part.text) for part in values
        )
        return ast.String(self._id(), span, value)

    # --- globals -----------------------------------------------------------------------

    def global_variables(self, span: Span, values: Values) -> ast.Global:
        private, variables = _parts(values)
        return ast.Global(self._id(), span, "private" in private, tuple(variables), self._doc)

    def variable(self, span: Span, values: Values) -> ast.GlobalVariable:
        parts, (name,) = _parts(values)
        return ast.GlobalVariable(
            self._id(), span, name, parts.get("size"), "wrap" in parts, parts.get("initial")
        )

    def wrap(self, _span: Span, _values: Values) -> _Part:
        return _Part("wrap", True)

    def size(self, _span: Span, values: Values) -> _Part:
        number = values[0]
        span = Span(number.start, number.end)
        return _Part("size", ast.Number(self._id(), span, self._value(number)))

    def initial(self, _span: Span, values: Values) -> _Part:
        return _Part("initial", values[-1])

    # --- functions ---------------------------------------------------------------------

    def function(self, span: Span, values: Values) -> ast.Function:
        parts, (name, *parameters, body) = _parts(values)
        return ast.Function(
            self._id(),
            span,
            "private" in parts,
            name,
            parts.get("type"),
            tuple(parameters),
            parts.get("priority"),
            body,
            self._doc,
        )

    def parameter(self, span: Span, values: Values) -> ast.Parameter:
        parts, (name,) = _parts(values)
        return ast.Parameter(self._id(), span, name, parts.get("type"))

    def type(self, _span: Span, values: Values) -> _Part:
        return _Part("type", ast.TypeName(values[0].text))

    def unknown_type(self, _span: Span, values: Values) -> None:
        word = values[0]
        self._error(
            "unknown-type",
            Span(word.start, word.end),
            f"`{word.text}` is no type: expected `long` or `string`",
        )

    def priority(self, _span: Span, values: Values) -> _Part:
        return _Part("priority", self._value(values[0]))

    def embedded_body(self, span: Span, values: Values) -> ast.EmbeddedStmt:
        return ast.EmbeddedStmt(self._id(), span, _code(values[0]))

    def embedded_code(self, span: Span, values: Values) -> ast.EmbeddedCode:
        return ast.EmbeddedCode(self._id(), span, _code(values[0]))

    def missing_body(self, span: Span, _values: Values) -> ast.BadStmt:
        return ast.BadStmt(self._id(), span)

    # --- probes ------------------------------------------------------------------------

    def probe(self, span: Span, values: Values) -> ast.Probe:
        points, body = values
        return ast.Probe(self._id(), span, points, body, self._doc)

    def alias_prologue(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, body = values
        return ast.Alias(self._id(), span, self._names(names), points, body, None, self._doc)

    def alias_epilogue(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, body = values
        return ast.Alias(self._id(), span, self._names(names), points, None, body, self._doc)

    def alias_both(self, span: Span, values: Values) -> ast.Alias:
        names, _equals, points, prologue, epilogue = values
        names = self._names(names)
        return ast.Alias(self._id(), span, names, points, prologue, epilogue, self._doc)

    def _names(self, names: tuple[ast.ProbePoint, ...]) -> tuple[ast.ProbePoint, ...]:
        for name in names[1:]:
            self._error("syntax-error", name.span, "a probe alias has one name")
        for name in names:
            if name.optional or name.sufficient or name.condition:
                self._error("syntax-error", name.span, "an alias's name takes no `?`, `!` or `if`")
        return names

    def points(self, _span: Span, values: Values) -> tuple[ast.ProbePoint, ...]:
        return tuple(values)

    def point(self, span: Span, values: Values) -> ast.ProbePoint:
        parts, (components,) = _parts(values)
        return ast.ProbePoint(
            self._id(),
            span,
            components,
            parts.get("suffix") is ast.Suffix.OPTIONAL,
            parts.get("suffix") is ast.Suffix.SUFFICIENT,
            parts.get("condition"),
        )

    def optional(self, _span: Span, _values: Values) -> _Part:
        return _Part("suffix", ast.Suffix.OPTIONAL)

    def sufficient(self, _span: Span, _values: Values) -> _Part:
        return _Part("suffix", ast.Suffix.SUFFICIENT)

    def arming(self, _span: Span, values: Values) -> _Part:
        return _Part("condition", values[0])

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
        parts, (components,) = _parts(values)
        return components, parts.get("suffix")

    def alternatives(self, span: Span, values: Values) -> ast.Alternatives:
        choices = tuple(components for components, _ in values)
        suffixes = tuple(suffix for _, suffix in values)
        return ast.Alternatives(span, choices, suffixes if any(suffixes) else ())

    # --- statements --------------------------------------------------------------------

    def block(self, span: Span, values: Values) -> ast.Block:
        return ast.Block(self._id(), span, tuple(values))

    def empty(self, span: Span, _values: Values) -> ast.Empty:
        return ast.Empty(self._id(), span)

    def expression(self, span: Span, values: Values) -> ast.Stmt:
        match values[0]:
            case ast.EmbeddedExpr(code=code):
                return ast.EmbeddedStmt(self._id(), span, code)
            case ast.BadExpr():
                return ast.BadStmt(self._id(), span)
            case expr:
                return ast.ExprStmt(self._id(), span, expr)

    def if_then(self, span: Span, values: Values) -> ast.If:
        return ast.If(self._id(), span, values[0], values[1], None)

    def if_then_else(self, span: Span, values: Values) -> ast.If:
        return ast.If(self._id(), span, values[0], values[1], values[2])

    def while_loop(self, span: Span, values: Values) -> ast.While:
        return ast.While(self._id(), span, values[0], values[1])

    def clause(self, _span: Span, values: Values) -> ast.Expr | None:
        return values[0] if values else None

    def for_loop(self, span: Span, values: Values) -> ast.For:
        start, condition, step, body = values
        return ast.For(self._id(), span, start, condition, step, body)

    def break_loop(self, span: Span, _values: Values) -> ast.Break:
        return ast.Break(self._id(), span)

    def continue_loop(self, span: Span, _values: Values) -> ast.Continue:
        return ast.Continue(self._id(), span)

    def next_handler(self, span: Span, _values: Values) -> ast.Next:
        return ast.Next(self._id(), span)

    def return_value(self, span: Span, values: Values) -> ast.Return:
        return ast.Return(self._id(), span, values[0] if values else None)

    def delete(self, span: Span, values: Values) -> ast.Delete:
        return ast.Delete(self._id(), span, values[0])

    def try_alone(self, span: Span, values: Values) -> ast.Try:
        end = Span(span.end, span.end)
        self._error(
            "syntax-error",
            Span(span.start, span.start + len("try")),
            "expected `catch` after the block of `try`",
            (Fix("Add an empty `catch`", (Edit(end, " catch { }"),)),),
        )
        return ast.Try(self._id(), span, values[0], None, ast.Block(self._id(), end, ()))

    def try_catch(self, span: Span, values: Values) -> ast.Try:
        return ast.Try(self._id(), span, values[0], None, values[1])

    def try_catch_named(self, span: Span, values: Values) -> ast.Try:
        body, word, handler = values
        return ast.Try(self._id(), span, body, self._name(word), handler)

    def _name(self, word: ast.Word) -> ast.Name:
        return ast.Name(self._id(), word.span, word.text)

    # --- foreach -----------------------------------------------------------------------

    def key(self, _span: Span, values: Values) -> tuple[ast.Name, _Order | None]:
        return self._name(values[0]), values[1] if len(values) > 1 else None

    def order(self, span: Span, values: Values) -> _Order:
        return _Order(ast.SortOrder(values[0].text), span)

    def foreach_one(self, _span: Span, values: Values) -> _Keys:
        return _Keys(None, tuple(values))

    def foreach_many(self, _span: Span, values: Values) -> _Keys:
        return _Keys(None, tuple(values))

    def foreach_value_one(self, _span: Span, values: Values) -> _Keys:
        return _Keys(values[0], tuple(values[2:]))

    def foreach_value_many(self, _span: Span, values: Values) -> _Keys:
        return _Keys(values[0], tuple(values[2:]))

    def foreach_array(self, _span: Span, values: Values) -> _Array:
        word, *rest = values
        parts, orders = _parts(rest)
        return _Array(
            self._name(word) if word.text else ast.BadExpr(self._id(), word.span),
            parts.get("slices", ()),
            parts.get("figure"),
            orders[0] if orders else None,
        )

    def foreach_buckets(self, _span: Span, values: Values) -> _Array:
        return _Array(values[0], (), None, values[1] if len(values) > 1 else None)

    def slices(self, _span: Span, values: Values) -> _Part:
        return _Part("slices", tuple(values))

    def figure(self, _span: Span, values: Values) -> _Part:
        return _Part("figure", values[0])

    def limit(self, _span: Span, values: Values) -> _Part:
        return _Part("limit", values[0])

    def foreach_loop(self, span: Span, values: Values) -> ast.Foreach:
        parts, (keys, array, body) = _parts(values)
        return ast.Foreach(
            self._id(),
            span,
            tuple(name for name, _ in keys.keys),
            keys.value[0] if keys.value else None,
            array.array,
            array.slices,
            self._sort(keys, array),
            parts.get("limit"),
            body,
        )

    def _sort(self, keys: _Keys, array: _Array) -> ast.Sort | None:
        extractor = _EXTRACTORS[array.figure.text] if array.figure else None
        found = [
            ast.Sort(order.order, number, order.span)
            for number, (_, order) in enumerate(keys.keys)
            if order is not None
        ]
        if keys.value and keys.value[1]:
            found.append(ast.Sort(keys.value[1].order, None, keys.value[1].span))
        if array.order:
            span = array.order.span
            if array.figure:
                span = Span(array.figure.start, span.end)
            found.append(ast.Sort(array.order.order, None, span, extractor))
        for sort in found[1:]:
            self._error("several-sort-orders", sort.span, "a foreach sorts by one thing")
        return found[0] if found else None

    # --- expressions -------------------------------------------------------------------

    def hole(self, span: Span, _values: Values) -> ast.BadExpr:
        return ast.BadExpr(self._id(), span)

    def name(self, span: Span, values: Values) -> ast.Name:
        return ast.Name(self._id(), span, values[0].text)

    def target(self, span: Span, values: Values) -> ast.Target:
        name, pretty = _pretty(values[0].text)
        return ast.Target(self._id(), span, name, pretty)

    def grouped(self, _span: Span, values: Values) -> ast.Expr:
        expr: ast.Expr = values[0]
        return expr

    def embedded_expr(self, span: Span, values: Values) -> ast.EmbeddedExpr:
        return ast.EmbeddedExpr(self._id(), span, _code(values[0]))

    def wildcard(self, span: Span, _values: Values) -> ast.Wildcard:
        return ast.Wildcard(self._id(), span)

    def call(self, span: Span, values: Values) -> ast.Call | ast.Print:
        word = ast.Word(values[0].text, Span(values[0].start, values[0].end))
        arguments = tuple(values[1:])
        if word.text in _PRINTS:
            kind, to_string, newline = _PRINTS[word.text]
            return ast.Print(self._id(), span, word, kind, to_string, newline, arguments)
        return ast.Call(self._id(), span, word, arguments)

    def at_call(self, span: Span, values: Values) -> ast.AtCall:
        return ast.AtCall(self._id(), span, _AT_OPERATORS[values[0].text], tuple(values[1:]))

    def extraction(self, span: Span, values: Values) -> ast.Extract:
        word, *arguments = values
        if not arguments:
            end = Span(span.end - 1, span.end - 1)
            arguments = [ast.BadExpr(self._id(), end)]
            self._error(
                "syntax-error",
                Span(word.start, word.end),
                f"expected an aggregate as the argument of `{word.text}`",
            )
        operand, *parameters = arguments
        extractor = _EXTRACTORS[word.text]
        return ast.Extract(self._id(), span, extractor, operand, tuple(parameters))

    def arrow(self, span: Span, values: Values) -> ast.Arrow:
        base, word = values
        name, pretty = _pretty(word.text)
        return ast.Arrow(self._id(), span, base, ast.Word(name, word.span), pretty)

    def index(self, span: Span, values: Values) -> ast.Index:
        base, *indexes = values
        return ast.Index(self._id(), span, base, tuple(indexes))

    def pretty(self, span: Span, values: Values) -> ast.Expr:
        match values[0]:
            case ast.Index() | ast.AtCall() as node:
                return replace(node, span=span, pretty=min(2, len(values[1].text)))
            case other:
                expr: ast.Expr = other
                self._error(
                    "syntax-error",
                    Span(values[1].start, values[1].end),
                    "only a target variable can be pretty-printed",
                )
                return expr

    def unary(self, span: Span, values: Values) -> ast.Unary:
        return ast.Unary(self._id(), span, _UNARY[values[0].text], values[1])

    def step_prefix(self, span: Span, values: Values) -> ast.Step:
        return ast.Step(self._id(), span, _STEPS[values[0].text], values[1], True)

    def step_suffix(self, span: Span, values: Values) -> ast.Step:
        return ast.Step(self._id(), span, _STEPS[values[1].text], values[0], False)

    def address_of(self, span: Span, values: Values) -> ast.AddressOf:
        return ast.AddressOf(self._id(), span, values[1])

    def binary(self, span: Span, values: Values) -> ast.Binary:
        left, op, right = values
        return ast.Binary(self._id(), span, _BINARY[op.text], left, right)

    def binary_or_else(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self._id(), span, ast.BinaryOp.OR_ELSE, values[0], values[1])

    def binary_and_then(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self._id(), span, ast.BinaryOp.AND_THEN, values[0], values[1])

    def binary_bit_or(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self._id(), span, ast.BinaryOp.BIT_OR, values[0], values[1])

    def binary_bit_xor(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self._id(), span, ast.BinaryOp.BIT_XOR, values[0], values[1])

    def binary_concat(self, span: Span, values: Values) -> ast.Binary:
        return ast.Binary(self._id(), span, ast.BinaryOp.CONCAT, values[0], values[1])

    def regex_match(self, span: Span, values: Values) -> ast.RegexMatch:
        operand, op, regex = values
        if not isinstance(regex, ast.String | ast.BadExpr):
            self._error("syntax-error", regex.span, f"expected a string literal after `{op.text}`")
        return ast.RegexMatch(self._id(), span, operand, regex, op.text == "!~")

    def contains(self, span: Span, values: Values) -> ast.Membership:
        *indexes, array = values
        return ast.Membership(self._id(), span, tuple(indexes), array)

    def choose(self, span: Span, values: Values) -> ast.Conditional:
        return ast.Conditional(self._id(), span, values[0], values[1], values[2])

    def assign(self, span: Span, values: Values) -> ast.Assign:
        target, op, value = values
        return ast.Assign(self._id(), span, _ASSIGNS[op.text], target, value)


_Choice: TypeAlias = tuple[tuple[ast.Component | ast.Alternatives, ...], ast.Suffix | None]


@dataclass(frozen=True, slots=True)
class _Order:
    order: ast.SortOrder
    span: Span


_Key: TypeAlias = tuple[ast.Name, _Order | None]


@dataclass(frozen=True, slots=True)
class _Keys:
    value: _Key | None
    keys: tuple[_Key, ...]


@dataclass(frozen=True, slots=True)
class _Array:
    array: ast.Expr
    slices: tuple[ast.Expr, ...]
    figure: Terminal | None
    order: _Order | None


def _parts(values: Values) -> tuple[dict[str, Any], Values]:
    """The named parts among ``values``, and the others; holes (None) are left out."""
    named = {value.name: value.value for value in values if isinstance(value, _Part)}
    others = [value for value in values if value is not None and not isinstance(value, _Part)]
    return named, others


def _pretty(text: str) -> tuple[str, int]:
    """A name and how many `$` follow it: at most two count."""
    name = text.rstrip("$")
    return (name, min(2, len(text) - len(name))) if name else (text, 0)


def _code(embedded: Terminal) -> str:
    return embedded.text[2:-2] if embedded.text.endswith("%}") else embedded.text[2:]
