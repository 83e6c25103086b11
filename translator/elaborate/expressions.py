"""Lowering of expressions: effects become statements, what is left is pure.

The order of effects is the script's.  When a right operand has effects, what was read to
its left is put in a temporary first, so that it keeps the value it had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from translator.base.diagnostics import Fix
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.core import ir
from translator.core.types import Type
from translator.elaborate import operators
from translator.elaborate.prints import histogram, print_value
from translator.elaborate.unit import Body, is_constant, joined, type_of, zero
from translator.semantics import facts
from translator.syntax import ast


@dataclass(frozen=True, slots=True)
class Primitive:
    """A library function that runtimes implement; ``purity`` None: it has an effect."""

    name: str
    result: Type
    purity: ir.Purity | None


class Meanings(facts.Names, Protocol):
    """What lowering asks beyond names."""

    def primitive(self, function: str) -> Primitive | None:
        """The primitive that the function of that program name stands for, or None."""

    def result_type(self, function: str) -> Type: ...

    def global_type(self, name: str) -> Type: ...


class Targets(Protocol):
    """Lowering of what needs debug information."""

    def read(self, expr: ast.Expr, lower: ExprLowering) -> ir.Expr:
        """The value of a target expression; reports and gives 0 where there is none."""

    def write(self, expr: ast.Expr, value: ir.Expr, lower: ExprLowering) -> None: ...

    def assigned(self, name: str, value: ast.Expr) -> None:
        """The local variable ``name`` was given ``value``, which is lowered by now."""


@dataclass(slots=True)
class ExprLowering:
    """Lowers the expressions of one part of a unit into its `Body`."""

    body: Body
    names: Meanings
    targets: Targets
    source: SourceText
    offset: int

    def place(self, span: Span, near: str = "") -> ir.Place:
        at = self.source.position(span.start + self.offset)
        return ir.Place(self.source.path, at.line + 1, at.column + 1, near)

    def operator_place(self, expr: ast.Binary, operator: str) -> ir.Place:
        """Where the operator itself stands, between the operands."""
        start, end = expr.left.span.end, expr.right.span.start
        gap = self.source.text[start + self.offset : end + self.offset]
        at = start + max(0, gap.find(operator))
        return self.place(Span(at, at), operators.operator_text(operator))

    def report(self, rule: str, span: Span, message: str, fixes: tuple[Fix, ...] = ()) -> None:
        self.body.report(self.source.path, self.offset, rule, span, message, fixes=fixes)

    # --- values ------------------------------------------------------------------------

    def value(self, expr: ast.Expr) -> ir.Expr:
        """The value of ``expr``, its effects written to the body."""
        match expr:
            case ast.Number(value=number):
                return ir.Integer(number)
            case ast.String(value=text):
                return ir.Text(text)
            case ast.Name(name=name):
                found = self.names.global_named(name)
                if found is not None:
                    return ir.GetGlobal(found, self.names.global_type(found))
                return ir.GetLocal(self.body.local(name))
            case ast.Index(base=ast.Name(name=name), indexes=indexes):
                array = self.names.global_named(name)
                if array is None:
                    return ir.Integer(0)  # reported by `facts`
                keys = self.operands(indexes)
                return ir.GetElement(array, tuple(keys), self.names.global_type(array))
            case ast.Index(base=ast.Extract() as base, indexes=indexes):
                return self.bucket(base, indexes)
            case ast.Target() | ast.Arrow() | ast.Index() | ast.AddressOf() | ast.AtCall():
                return self.targets.read(expr, self)
            case ast.Extract():
                return self.extract(expr)
            case ast.Call():
                return self.call(expr, wanted=True)
            case ast.Print():
                return print_value(expr, self)
            case ast.Unary(op=op, operand=operand):
                inner = self.value(operand)
                return inner if op is ast.UnaryOp.PLUS else _folded(operators.UNARY[op], inner)
            case ast.Step():
                return self.step(expr)
            case ast.Binary():
                return self.binary(expr)
            case ast.RegexMatch(operand=operand, regex=regex, negated=negated):
                pattern = regex.value if isinstance(regex, ast.String) else ""
                match: ir.Expr = ir.Matches(self.value(operand), pattern)
                return ir.Unary(ir.UnaryOp.NOT, match) if negated else match
            case ast.Conditional():
                return self.conditional(expr)
            case ast.Assign():
                return self.assign(expr)
            case ast.Membership(indexes=indexes, array=ast.Name(name=name)):
                found = self.names.global_named(name)
                return ir.Integer(0) if found is None else ir.Contains(found, self.slices(indexes))
            case ast.EmbeddedExpr(span=span):
                self.report(
                    "embedded-c", span, "embedded C expressions run only as a kernel module"
                )
                return ir.Integer(0)
            case ast.Membership() | ast.Wildcard() | ast.BadExpr():
                return ir.Integer(0)  # reported by the parser or by `facts`

    def operands(self, exprs: Sequence[ast.Expr]) -> list[ir.Expr]:
        """Values of several operands, evaluated left to right."""
        values: list[ir.Expr] = []
        for expr in exprs:
            mark = len(self.body.statements)
            value = self.value(expr)
            if len(self.body.statements) > mark:
                self._keep(values, mark)
            values.append(value)
        return values

    def _keep(self, values: list[ir.Expr], mark: int) -> None:
        """Put already lowered operands in temporaries, before the effects that follow them."""
        spilled: list[ir.Stmt] = []
        for index, value in enumerate(values):
            if not is_constant(value) and not _is_temporary(value):
                local = self.body.temporary(type_of(value))
                spilled.append(ir.SetLocal(local, value))
                values[index] = ir.GetLocal(local)
        self.body.statements[mark:mark] = spilled

    def slices(self, exprs: Sequence[ast.Expr]) -> tuple[ir.Expr | None, ...]:
        given = iter(self.operands([item for item in exprs if not isinstance(item, ast.Wildcard)]))
        return tuple(None if isinstance(item, ast.Wildcard) else next(given) for item in exprs)

    def stable(self, value: ir.Expr) -> ir.Expr:
        """``value`` in a form that may be used twice."""
        if is_constant(value) or _is_temporary(value):
            return value
        local = self.body.temporary(type_of(value))
        self.body.emit(ir.SetLocal(local, value))
        return ir.GetLocal(local)

    # --- operators ---------------------------------------------------------------------

    def binary(self, expr: ast.Binary) -> ir.Expr:
        if expr.op in (ast.BinaryOp.AND_THEN, ast.BinaryOp.OR_ELSE):
            return self.short_circuit(expr)
        left, right = self.operands((expr.left, expr.right))
        if expr.op is ast.BinaryOp.CONCAT:
            return joined((left, right))
        comparison = operators.COMPARISON.get(expr.op)
        if comparison is not None:
            return ir.Compare(comparison, left, right)
        op = operators.ARITHMETIC[expr.op]
        return ir.Binary(op, left, right, self.operator_place(expr, op.value))

    def short_circuit(self, expr: ast.Binary) -> ir.Expr:
        is_and = expr.op is ast.BinaryOp.AND_THEN
        left = self.value(expr.left)
        if isinstance(left, ir.Integer):
            # What is not defined is not looked at.
            settled = (left.value != 0) is not is_and
            return ir.Integer(0 if is_and else 1) if settled else _truth(self.value(expr.right))
        outer = self.body.begin()
        right = self.value(expr.right)
        inner = self.body.finish(outer)
        if not inner:
            return ir.AndThen(left, right) if is_and else ir.OrElse(left, right)
        result = self.body.temporary(Type.LONG)
        late: ir.Block = (*inner, ir.SetLocal(result, _truth(right)))
        early: ir.Block = (ir.SetLocal(result, ir.Integer(0 if is_and else 1)),)
        then, otherwise = (late, early) if is_and else (early, late)
        self.body.emit(ir.If(left, then, otherwise))
        return ir.GetLocal(result)

    def conditional(self, expr: ast.Conditional) -> ir.Expr:
        condition = self.value(expr.condition)
        if isinstance(condition, ir.Integer):
            return self.value(expr.then if condition.value else expr.otherwise)
        outer = self.body.begin()
        then = self.value(expr.then)
        then_body = self.body.finish(outer)
        outer = self.body.begin()
        otherwise = self.value(expr.otherwise)
        else_body = self.body.finish(outer)
        if not then_body and not else_body:
            return ir.Choose(condition, then, otherwise)
        result = self.body.temporary(type_of(then))
        self.body.emit(
            ir.If(
                condition,
                (*then_body, ir.SetLocal(result, then)),
                (*else_body, ir.SetLocal(result, otherwise)),
            )
        )
        return ir.GetLocal(result)

    # --- assignment --------------------------------------------------------------------

    def step(self, expr: ast.Step) -> ir.Expr:
        """``x++`` and ``++x`` as a value."""
        one = ir.Integer(1 if expr.op is ast.StepOp.INCREMENT else -1)
        store, old = self.access(expr.operand)
        before = self.stable(old)
        after = ir.Binary(ir.Arithmetic.ADD, before, one)
        store(after)
        return after if expr.prefix else before

    def assign(self, expr: ast.Assign) -> ir.Expr:
        """An assignment as a value: what was stored."""
        if expr.op is ast.AssignOp.AGGREGATE:
            self.accumulate(expr)
            return ir.Integer(0)
        # As in stap: the indexes, the right side, what was there before.
        if expr.op is ast.AssignOp.SET:
            indexed = self.element(expr.target)
            if indexed is not None:
                array, indexes, place = indexed
                *keys, value = self.operands((*indexes, expr.value))
                value = self.stable(value)
                self.body.emit(ir.SetElement(array, tuple(keys), value, place))
                return value
            value = self.stable(self.value(expr.value))
            store, _ = self.access(expr.target)
            store(value)
            self.note_assigned(expr)
            return value
        store, old = self.access(expr.target)
        value = self.stable(self.updated(expr, old, self.value(expr.value)))
        store(value)
        return value

    def note_assigned(self, expr: ast.Assign) -> None:
        """After ``name = value``: what the value points at, the variable does too."""
        target = expr.target
        if expr.op is not ast.AssignOp.SET or not isinstance(target, ast.Name):
            return
        if self.names.global_named(target.name) is None:
            self.targets.assigned(target.name, expr.value)

    def element(self, target: ast.Expr) -> tuple[str, tuple[ast.Expr, ...], ir.Place] | None:
        """Array, indexes and place of an array's element; None for any other target."""
        match target:
            case ast.Index(base=ast.Name(name=name), indexes=indexes, span=span):
                array = self.names.global_named(name)
                if array is not None:
                    return array, indexes, self.place(span, operators.identifier_text(name))
        return None

    def updated(self, expr: ast.Assign, old: ir.Expr, value: ir.Expr) -> ir.Expr:
        if expr.op is ast.AssignOp.CONCAT:
            return joined((old, value))
        op = operators.ASSIGNMENT[expr.op]
        return ir.Binary(
            op, old, value, self.place(expr.span, operators.operator_text(expr.op.value))
        )

    def access(self, target: ast.Expr) -> tuple[Callable[[ir.Expr], None], ir.Expr]:
        """How to store to ``target``, and what it holds now; its indexes are evaluated once."""
        body = self.body
        match target:
            case ast.Name(name=name):
                found = self.names.global_named(name)
                if found is not None:
                    kind = self.names.global_type(found)
                    return (
                        lambda value: body.emit(ir.SetGlobal(found, value)),
                        ir.GetGlobal(found, kind),
                    )
                local = body.local(name)
                return lambda value: body.emit(ir.SetLocal(local, value)), ir.GetLocal(local)
            case ast.Index(base=ast.Name(name=name), indexes=indexes, span=span):
                array = self.names.global_named(name)
                if array is None:
                    return lambda value: None, ir.Integer(0)
                keys = tuple(self.stable(key) for key in self.operands(indexes))
                place = self.place(span, operators.identifier_text(name))
                return (
                    lambda value: body.emit(ir.SetElement(array, keys, value, place)),
                    ir.GetElement(array, keys, self.names.global_type(array)),
                )
            case ast.Target() | ast.Arrow() | ast.Index() | ast.AtCall():
                old = self.targets.read(target, self)
                return lambda value: self.targets.write(target, value, self), old
            case _:
                return lambda value: None, self.value(target)

    def accumulate(self, expr: ast.Assign) -> None:
        place = self.place(expr.span, operators.operator_text("<<<"))
        indexed = self.element(expr.target)
        if indexed is not None:
            *keys, value = self.operands((*indexed[1], expr.value))
            self.body.emit(ir.Accumulate(ir.StatPlace(indexed[0], tuple(keys)), value, place))
            return
        stat = self.stat(expr.target)
        value = self.value(expr.value)
        if stat is not None:
            self.body.emit(ir.Accumulate(stat, value, place))

    # --- aggregates --------------------------------------------------------------------

    def stat(self, expr: ast.Expr) -> ir.StatPlace | None:
        match expr:
            case ast.Name(name=name):
                found = self.names.global_named(name)
                return None if found is None else ir.StatPlace(found)
            case ast.Index(base=ast.Name(name=name), indexes=indexes):
                found = self.names.global_named(name)
                keys = tuple(self.operands(indexes))
                return None if found is None else ir.StatPlace(found, keys)
            case _:
                return None

    def extract(self, expr: ast.Extract) -> ir.Expr:
        stat = self.stat(expr.operand)
        statistic = operators.STATISTIC.get(expr.extractor)
        if stat is None or statistic is None:
            return ir.Integer(0)  # reported by `facts`
        shift = facts.constant(expr.parameters[0]) if expr.parameters else 0
        return ir.Extract(
            statistic,
            stat,
            shift or 0,
            self.place(expr.span, operators.operator_text(expr.extractor.value)),
        )

    def bucket(self, base: ast.Extract, indexes: Sequence[ast.Expr]) -> ir.Expr:
        stat = self.stat(base.operand)
        index = self.value(indexes[0]) if indexes else ir.Integer(0)
        shape = histogram(base)
        if stat is None or shape is None:
            return ir.Integer(0)
        return ir.Bucket(
            stat, shape, index, self.place(base.span, operators.operator_text(base.extractor.value))
        )

    # --- calls -------------------------------------------------------------------------

    def call(self, expr: ast.Call, *, wanted: bool) -> ir.Expr:
        arguments = tuple(self.operands(expr.arguments))
        function = self.names.function_named(expr.function.text, len(arguments))
        if function is None:
            return ir.Integer(0)  # reported with the names
        place = self.place(expr.function.span, operators.identifier_text(expr.function.text))
        primitive = self.names.primitive(function)
        if primitive is None:
            kind = self.names.result_type(function)
            result = self.body.temporary(kind) if wanted and kind is not Type.UNKNOWN else None
            self.body.emit(ir.Invoke(result, function, arguments, place))
            return ir.Integer(0) if result is None else ir.GetLocal(result)
        if primitive.purity is not None:
            return ir.Ask(primitive.name, arguments, primitive.result, primitive.purity, place)
        if primitive.name == "error":
            self.body.emit(ir.Fail(arguments[0], place))
            return zero(primitive.result)
        result = (
            self.body.temporary(primitive.result)
            if wanted and primitive.result is not Type.UNKNOWN
            else None
        )
        self.body.emit(ir.Perform(primitive.name, arguments, result, place))
        return ir.Integer(0) if result is None else ir.GetLocal(result)


def _folded(op: ir.UnaryOp, operand: ir.Expr) -> ir.Expr:
    if op is ir.UnaryOp.NEGATE and isinstance(operand, ir.Integer):
        return ir.Integer((-operand.value + 2**63) % 2**64 - 2**63)
    if op is ir.UnaryOp.NOT and isinstance(operand, ir.Integer):
        return ir.Integer(int(operand.value == 0))
    return ir.Unary(op, operand)


def _truth(value: ir.Expr) -> ir.Expr:
    """1 or 0."""
    if isinstance(value, ir.Integer):
        return ir.Integer(int(value.value != 0))
    return ir.Compare(ir.Comparison.NOT_EQUAL, value, ir.Integer(0))


def _is_temporary(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.GetLocal) and expr.local.name.startswith("%")
