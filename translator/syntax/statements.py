"""Nodes of statements; a foreach is put together from what stands in its parentheses."""

from __future__ import annotations

from typing import TypeAlias

from translator.base.diagnostics import Edit, Fix
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax import ast
from translator.syntax.pieces import Part, Pieces, Values, parts_of
from translator.syntax.terminals import Terminal


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


_EXTRACTORS = {extractor.value: extractor for extractor in ast.Extractor}


class Statements(Pieces):
    """The methods for the grammar's rules of statements."""

    # --- statements --------------------------------------------------------------------

    def block(self, span: Span, values: Values) -> ast.Block:
        return ast.Block(self.new_id(), span, tuple(values))

    def empty(self, span: Span, _values: Values) -> ast.Empty:
        return ast.Empty(self.new_id(), span)

    def expression(self, span: Span, values: Values) -> ast.Stmt:
        match values[0]:
            case ast.EmbeddedExpr(code=code):
                return ast.EmbeddedStmt(self.new_id(), span, code)
            case ast.BadExpr():
                return ast.BadStmt(self.new_id(), span)
            case expr:
                return ast.ExprStmt(self.new_id(), span, expr)

    def if_then(self, span: Span, values: Values) -> ast.If:
        return ast.If(self.new_id(), span, values[0], values[1], None)

    def if_then_else(self, span: Span, values: Values) -> ast.If:
        return ast.If(self.new_id(), span, values[0], values[1], values[2])

    def while_loop(self, span: Span, values: Values) -> ast.While:
        return ast.While(self.new_id(), span, values[0], values[1])

    def clause(self, _span: Span, values: Values) -> ast.Expr | None:
        return values[0] if values else None

    def for_loop(self, span: Span, values: Values) -> ast.For:
        start, condition, step, body = values
        return ast.For(self.new_id(), span, start, condition, step, body)

    def break_loop(self, span: Span, _values: Values) -> ast.Break:
        return ast.Break(self.new_id(), span)

    def continue_loop(self, span: Span, _values: Values) -> ast.Continue:
        return ast.Continue(self.new_id(), span)

    def next_handler(self, span: Span, _values: Values) -> ast.Next:
        return ast.Next(self.new_id(), span)

    def return_value(self, span: Span, values: Values) -> ast.Return:
        return ast.Return(self.new_id(), span, values[0] if values else None)

    def delete(self, span: Span, values: Values) -> ast.Delete:
        return ast.Delete(self.new_id(), span, values[0])

    def try_alone(self, span: Span, values: Values) -> ast.Try:
        end = Span(span.end, span.end)
        self.error(
            "syntax-error",
            Span(span.start, span.start + len("try")),
            "expected `catch` after the block of `try`",
            (Fix("Add an empty `catch`", (Edit(end, " catch { }"),)),),
        )
        return ast.Try(self.new_id(), span, values[0], None, ast.Block(self.new_id(), end, ()))

    def try_catch(self, span: Span, values: Values) -> ast.Try:
        return ast.Try(self.new_id(), span, values[0], None, values[1])

    def try_catch_named(self, span: Span, values: Values) -> ast.Try:
        body, word, handler = values
        return ast.Try(self.new_id(), span, body, self._name(word), handler)

    def _name(self, word: ast.Word) -> ast.Name:
        return ast.Name(self.new_id(), word.span, word.text)

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
        parts, orders = parts_of(rest)
        return _Array(
            self._name(word) if word.text else ast.BadExpr(self.new_id(), word.span),
            parts.get("slices", ()),
            parts.get("figure"),
            orders[0] if orders else None,
        )

    def foreach_buckets(self, _span: Span, values: Values) -> _Array:
        return _Array(values[0], (), None, values[1] if len(values) > 1 else None)

    def slices(self, _span: Span, values: Values) -> Part:
        return Part("slices", tuple(values))

    def figure(self, _span: Span, values: Values) -> Part:
        return Part("figure", values[0])

    def limit(self, _span: Span, values: Values) -> Part:
        return Part("limit", values[0])

    def foreach_loop(self, span: Span, values: Values) -> ast.Foreach:
        parts, (keys, array, body) = parts_of(values)
        return ast.Foreach(
            self.new_id(),
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
            self.error("several-sort-orders", sort.span, "a foreach sorts by one thing")
        return found[0] if found else None
