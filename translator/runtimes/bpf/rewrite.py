"""Rebuilding core forms with other parts; a form whose parts stay the same is the same object.

`core.visit` walks; this module maps.  It knows the shape of every form and the meaning of none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias, assert_never

from translator.core import ir
from translator.core.types import Type

OnExpr: TypeAlias = Callable[[ir.Expr], ir.Expr]
OnBlock: TypeAlias = Callable[[ir.Block], ir.Block]
OnLocal: TypeAlias = Callable[[ir.Local], ir.Local]


def _same(old: tuple[ir.Expr, ...], new: tuple[ir.Expr, ...]) -> bool:
    return all(a is b for a, b in zip(old, new, strict=True))


def map_all(exprs: tuple[ir.Expr, ...], change: OnExpr) -> tuple[ir.Expr, ...]:
    """Every expression changed."""
    new = tuple(map(change, exprs))
    return exprs if _same(exprs, new) else new


def _map_wild(keys: tuple[ir.Expr | None, ...], change: OnExpr) -> tuple[ir.Expr | None, ...]:
    return tuple(None if key is None else change(key) for key in keys)


def _map_stat(stat: ir.StatPlace, change: OnExpr) -> ir.StatPlace:
    keys = map_all(stat.keys, change)
    return stat if keys is stat.keys else ir.StatPlace(stat.name, keys)


def map_operands(expr: ir.Expr, change: OnExpr) -> ir.Expr:
    """``expr`` with its direct parts changed."""
    match expr:
        case ir.Integer() | ir.Text() | ir.GetLocal() | ir.GetGlobal() | ir.Register() | ir.Event():
            return expr
        case ir.Binary() | ir.Compare() | ir.AndThen() | ir.OrElse():
            left, right = change(expr.left), change(expr.right)
            if left is expr.left and right is expr.right:
                return expr
            return replace(expr, left=left, right=right)
        case ir.Ask() | ir.FormatText():
            arguments = map_all(expr.arguments, change)
            return expr if arguments is expr.arguments else replace(expr, arguments=arguments)
        case ir.Concat():
            parts = map_all(expr.parts, change)
            return expr if parts is expr.parts else ir.Concat(parts)
        case ir.Choose(condition, then, otherwise):
            new = (change(condition), change(then), change(otherwise))
            return expr if _same((condition, then, otherwise), new) else ir.Choose(*new)
        case ir.Unary() | ir.Matches():
            operand = change(expr.operand)
            return expr if operand is expr.operand else replace(expr, operand=operand)
        case ir.Load():
            address = change(expr.address)
            return expr if address is expr.address else replace(expr, address=address)
        case ir.GetElement():
            keys = map_all(expr.keys, change)
            return expr if keys is expr.keys else replace(expr, keys=keys)
        case ir.Contains(array, wild):
            return ir.Contains(array, _map_wild(wild, change))
        case ir.Extract():
            return replace(expr, stat=_map_stat(expr.stat, change))
        case ir.Bucket():
            return replace(expr, stat=_map_stat(expr.stat, change), index=change(expr.index))
        case _:
            assert_never(expr)


def map_statement(
    stmt: ir.Stmt, change: OnExpr, inside: OnBlock, local: OnLocal = lambda item: item
) -> ir.Stmt:
    """``stmt`` with its expressions, its blocks and the locals it writes changed."""
    match stmt:
        case ir.SetLocal(target, value):
            return ir.SetLocal(local(target), change(value))
        case ir.SetGlobal(name, value):
            return ir.SetGlobal(name, change(value))
        case ir.AddGlobal(name, amount):
            return ir.AddGlobal(name, change(amount))
        case ir.SetElement():
            return replace(stmt, keys=map_all(stmt.keys, change), value=change(stmt.value))
        case ir.AddElement():
            return replace(stmt, keys=map_all(stmt.keys, change), amount=change(stmt.amount))
        case ir.Accumulate():
            return replace(stmt, stat=_map_stat(stmt.stat, change), value=change(stmt.value))
        case ir.DeleteElement(array, keys):
            return ir.DeleteElement(array, _map_wild(keys, change))
        case ir.Store():
            return replace(stmt, address=change(stmt.address), value=change(stmt.value))
        case ir.Invoke() | ir.Perform():
            result = None if stmt.result is None else local(stmt.result)
            return replace(stmt, result=result, arguments=map_all(stmt.arguments, change))
        case ir.Print(format, arguments):
            return ir.Print(format, map_all(arguments, change))
        case ir.PrintHistogram():
            return replace(stmt, stat=_map_stat(stmt.stat, change))
        case ir.If(condition, then, otherwise):
            return ir.If(change(condition), inside(then), inside(otherwise))
        case ir.Loop(before, condition, body, step):
            return ir.Loop(inside(before), change(condition), inside(body), inside(step))
        case ir.Foreach():
            return replace(
                stmt,
                keys=tuple(map(local, stmt.keys)),
                value=None if stmt.value is None else local(stmt.value),
                slices=_map_wild(stmt.slices, change),
                limit=None if stmt.limit is None else change(stmt.limit),
                body=inside(stmt.body),
            )
        case ir.ForeachBucket():
            return replace(
                stmt,
                bucket=local(stmt.bucket),
                stat=_map_stat(stmt.stat, change),
                limit=None if stmt.limit is None else change(stmt.limit),
                body=inside(stmt.body),
            )
        case ir.Try(body, message, handler):
            named = None if message is None else local(message)
            return ir.Try(inside(body), named, inside(handler))
        case ir.Return(value):
            return stmt if value is None else ir.Return(change(value))
        case ir.Fail():
            return replace(stmt, message=change(stmt.message))
        case ir.Clear() | ir.Break() | ir.Continue() | ir.Next() | ir.Remark() | ir.EmbeddedC():
            return stmt
        case _:
            assert_never(stmt)


def map_block(block: ir.Block, change: OnExpr, local: OnLocal = lambda item: item) -> ir.Block:
    """Every expression of ``block``, at any depth, changed; ``change`` recurses by itself."""

    def inside(inner: ir.Block) -> ir.Block:
        return tuple(map_statement(stmt, change, inside, local) for stmt in inner)

    return inside(block)


def written_locals(block: ir.Block) -> list[ir.Local]:
    """The locals that ``block`` writes, once per writing statement."""
    found: list[ir.Local] = []

    def note(item: ir.Local) -> ir.Local:
        found.append(item)
        return item

    map_block(block, lambda expr: expr, note)
    return found


def type_of(expr: ir.Expr) -> Type:
    """The type of an expression's value."""
    match expr:
        case ir.Text() | ir.Concat() | ir.FormatText():
            return Type.STRING
        case ir.GetLocal(local):
            return local.type
        case ir.GetGlobal() | ir.GetElement() | ir.Ask():
            return expr.type
        case ir.Choose(then=then):
            return type_of(then)
        case _:
            return Type.LONG
