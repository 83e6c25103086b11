"""Lowering of statements.  An expression used as a statement needs no value and gets none."""

from __future__ import annotations

from translator.core import ir
from translator.core.types import Type
from translator.elaborate.expressions import ExprLowering
from translator.elaborate.prints import histogram, print_out
from translator.elaborate.unit import is_constant
from translator.syntax import ast

_FIGURE = {
    ast.Extractor.COUNT: ir.Statistic.COUNT,
    ast.Extractor.SUM: ir.Statistic.SUM,
    ast.Extractor.MIN: ir.Statistic.MIN,
    ast.Extractor.MAX: ir.Statistic.MAX,
    ast.Extractor.AVG: ir.Statistic.AVERAGE,
}
_ONE = ir.Integer(1)
_LEAVING = (ir.Return, ir.Next, ir.Break, ir.Continue)


def lower_block(block: ast.Stmt, lower: ExprLowering) -> ir.Block:
    """``block`` as a core block of its own."""
    outer = lower.body.begin()
    lower_statement(block, lower)
    return lower.body.finish(outer)


def lower_statement(stmt: ast.Stmt, lower: ExprLowering) -> None:
    """Append ``stmt`` to the body being written."""
    body = lower.body
    match stmt:
        case ast.Block(body=inner):
            for item in inner:
                mark = len(body.statements)
                lower_statement(item, lower)
                if any(isinstance(each, _LEAVING) for each in body.statements[mark:]):
                    break  # what cannot be reached may name what is not there, after @defined
        case ast.ExprStmt(expr=expr):
            lower_effect(expr, lower)
        case ast.If(condition=condition, then=then, otherwise=otherwise):
            value = lower.value(condition)
            if isinstance(value, ir.Integer):
                # What @defined rules out is not lowered: it may name what is not there.
                taken = then if value.value else otherwise
                if taken is not None:
                    lower_statement(taken, lower)
                return
            then_block = lower_block(then, lower)
            else_block = lower_block(otherwise, lower) if otherwise is not None else ()
            body.emit(ir.If(value, then_block, else_block))
        case ast.While(condition=condition, body=loop_body):
            _loop(condition, loop_body, None, lower)
        case ast.For(start=start, condition=for_condition, step=step, body=for_body):
            if start is not None:
                lower_effect(start, lower)
            _loop(for_condition, for_body, step, lower)
        case ast.Foreach():
            _foreach(stmt, lower)
        case ast.Break():
            body.emit(ir.Break())
        case ast.Continue():
            body.emit(ir.Continue())
        case ast.Return(value=result):
            body.emit(ir.Return(None if result is None else lower.value(result)))
        case ast.Next():
            body.emit(ir.Next())
        case ast.Try(body=try_body, variable=variable, handler=handler):
            tried = lower_block(try_body, lower)
            message, caught = _handler(variable, handler, lower)
            body.emit(ir.Try(tried, message, caught))
        case ast.Delete(target=target):
            _delete(target, lower)
        case ast.EmbeddedStmt(code=code, span=span):
            body.emit(ir.EmbeddedC(code, lower.place(span)))
        case ast.Empty() | ast.BadStmt():
            pass


def lower_effect(expr: ast.Expr, lower: ExprLowering) -> None:
    """An expression for its effects only."""
    match expr:
        case ast.Assign(op=ast.AssignOp.AGGREGATE):
            lower.accumulate(expr)
        case ast.Assign():
            _assign(expr, lower)
        case ast.Step(op=op, operand=operand):
            amount = _ONE if op is ast.StepOp.INCREMENT else ir.Integer(-1)
            if not _add(operand, amount, lower):
                lower.step(expr)
        case ast.Call():
            _discard(lower.call(expr, wanted=False), lower)
        case ast.Print(to_string=False):
            print_out(expr, lower)
        case _:
            _discard(lower.value(expr), lower)


def _discard(value: ir.Expr, lower: ExprLowering) -> None:
    """A value nobody takes: evaluated all the same where that can fail."""
    if _can_fail(value):
        local = lower.body.temporary(Type.STRING if _is_text(value) else Type.LONG)
        lower.body.emit(ir.SetLocal(local, value))


def _can_fail(value: ir.Expr) -> bool:
    match value:
        case ir.Integer() | ir.Text() | ir.GetLocal() | ir.GetGlobal() | ir.Event():
            return False
        case ir.Ask(purity=purity):
            return purity is not ir.Purity.PURE
        case _:
            return True


def _is_text(value: ir.Expr) -> bool:
    match value:
        case ir.Concat() | ir.FormatText():
            return True
        case ir.Ask(type=kind) | ir.GetElement(type=kind):
            return kind is Type.STRING
        case ir.Choose(then=then):
            return _is_text(then)
        case _:
            return False


def _assign(expr: ast.Assign, lower: ExprLowering) -> None:
    indexed = lower.element(expr.target)
    adds = expr.op in (ast.AssignOp.ADD, ast.AssignOp.SUBTRACT)
    if indexed is not None and (adds or expr.op is ast.AssignOp.SET):
        array, indexes, place = indexed
        *keys, value = lower.operands((*indexes, expr.value))
        if adds:
            amount = _amount(expr.op, value)
            if not is_constant(amount):
                amount = lower.stable(amount)
            lower.body.emit(ir.AddElement(array, tuple(keys), amount, place))
        else:
            lower.body.emit(ir.SetElement(array, tuple(keys), value, place))
        return
    if adds and _is_global(expr.target, lower):
        _add(expr.target, _amount(expr.op, lower.value(expr.value)), lower)
        return
    if expr.op is ast.AssignOp.SET:
        value = lower.value(expr.value)
        store, _ = lower.access(expr.target)
        store(value)
        lower.note_assigned(expr)
        return
    store, old = lower.access(expr.target)
    store(lower.updated(expr, old, lower.value(expr.value)))


def _amount(op: ast.AssignOp, value: ir.Expr) -> ir.Expr:
    return ir.Unary(ir.UnaryOp.NEGATE, value) if op is ast.AssignOp.SUBTRACT else value


def _is_global(target: ast.Expr, lower: ExprLowering) -> bool:
    match target:
        case ast.Name(name=name) | ast.Index(base=ast.Name(name=name)):
            return lower.names.global_named(name) is not None
        case _:
            return False


def _add(target: ast.Expr, amount: ir.Expr, lower: ExprLowering) -> bool:
    """``target += amount`` as one atomic step, where ``target`` is a global."""
    match target:
        case ast.Name(name=name):
            found = lower.names.global_named(name)
            if found is None:
                return False
            lower.body.emit(ir.AddGlobal(found, amount))
            return True
        case ast.Index(base=ast.Name(name=name), indexes=indexes, span=span):
            found = lower.names.global_named(name)
            if found is None:
                return False
            keys = tuple(lower.operands(indexes))
            lower.body.emit(
                ir.AddElement(found, keys, amount, lower.place(span, f"identifier '{name}'"))
            )
            return True
        case _:
            return False


def _loop(
    condition: ast.Expr | None, body: ast.Stmt, step: ast.Expr | None, lower: ExprLowering
) -> None:
    outer = lower.body.begin()
    value = ir.Integer(1) if condition is None else lower.value(condition)
    before = lower.body.finish(outer)
    inner = lower_block(body, lower)
    outer = lower.body.begin()
    if step is not None:
        lower_effect(step, lower)
    after = lower.body.finish(outer)
    lower.body.emit(ir.Loop(before, value, inner, after))


def _handler(
    variable: ast.Name | None, handler: ast.Stmt, lower: ExprLowering
) -> tuple[ir.Local | None, ir.Block]:
    """A catch block; a message that goes to a global passes through a temporary."""
    if variable is None:
        return None, lower_block(handler, lower)
    found = lower.names.global_named(variable.name)
    if found is None:
        return lower.body.local(variable.name), lower_block(handler, lower)
    message = lower.body.temporary(Type.STRING)
    caught = lower_block(handler, lower)
    return message, (ir.SetGlobal(found, ir.GetLocal(message)), *caught)


def _delete(target: ast.Expr, lower: ExprLowering) -> None:
    match target:
        case ast.Name(name=name):
            found = lower.names.global_named(name)
            if found is not None:
                lower.body.emit(ir.Clear(found))
            else:
                local = lower.body.local(name)
                empty: ir.Expr = ir.Text("") if local.type is Type.STRING else ir.Integer(0)
                lower.body.emit(ir.SetLocal(local, empty))
        case ast.Index(base=ast.Name(name=name), indexes=indexes):
            found = lower.names.global_named(name)
            if found is not None:
                lower.body.emit(ir.DeleteElement(found, lower.slices(indexes)))
        case _:
            pass  # reported by `facts`


def _foreach(stmt: ast.Foreach, lower: ExprLowering) -> None:
    limit = None if stmt.limit is None else lower.stable(lower.value(stmt.limit))
    if isinstance(stmt.array, ast.Extract):
        stat, shape = lower.stat(stmt.array.operand), histogram(stmt.array)
        if stat is None or shape is None or not stmt.keys:
            return
        bucket, copies = _loop_variable(stmt.keys[0], Type.LONG, lower)
        inner = (*copies, *lower_block(stmt.body, lower))
        lower.body.emit(ir.ForeachBucket(bucket, stat, shape, limit, inner))
        return
    array = lower.names.global_named(stmt.array.name) if isinstance(stmt.array, ast.Name) else None
    if array is None:
        return  # reported by `facts`
    slices = lower.slices(stmt.slices) if stmt.slices else (None,) * len(stmt.keys)
    keys: list[ir.Local] = []
    copied: list[ir.Stmt] = []
    for key in stmt.keys:
        local, copies = _loop_variable(key, None, lower)
        keys.append(local)
        copied.extend(copies)
    value: ir.Local | None = None
    if stmt.value is not None:
        value, copies = _loop_variable(stmt.value, None, lower)
        copied.extend(copies)
    body = (*copied, *lower_block(stmt.body, lower))
    lower.body.emit(
        ir.Foreach(array, tuple(keys), value, slices, _sorting(stmt, array, lower), limit, body)
    )


def _loop_variable(
    name: ast.Name, kind: Type | None, lower: ExprLowering
) -> tuple[ir.Local, tuple[ir.Stmt, ...]]:
    """The local that a foreach fills, and the copy to make if the script names a global."""
    found = lower.names.global_named(name.name)
    if found is None:
        return lower.body.local(name.name), ()
    local = lower.body.temporary(kind or lower.names.global_type(found))
    return local, (ir.SetGlobal(found, ir.GetLocal(local)),)


def _sorting(stmt: ast.Foreach, array: str, lower: ExprLowering) -> ir.Sorting | None:
    sort = stmt.sort
    if sort is None:
        return None
    descending = sort.order is ast.SortOrder.DESCENDING
    if sort.key is not None:
        return ir.Sorting(sort.key, descending)
    if sort.extractor is not None:
        figure = _FIGURE.get(sort.extractor)
        if figure is None:
            lower.report("bad-sort", sort.span, f"cannot sort by {sort.extractor.value}")
            return None
        return ir.Sorting(figure, descending)
    if lower.names.global_type(array) is Type.AGGREGATE:
        return ir.Sorting(ir.Statistic.COUNT, descending)
    return ir.Sorting(ir.SortKey.VALUE, descending)
