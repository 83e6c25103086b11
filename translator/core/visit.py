"""Walking core: the direct parts of each form, so that passes need not know all forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from translator.core import ir


def operands(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The expressions directly below ``expr``."""
    match expr:
        case ir.Integer() | ir.Text() | ir.GetLocal() | ir.GetGlobal() | ir.Register() | ir.Event():
            return ()
        case ir.Binary(left=left, right=right) | ir.Compare(left=left, right=right):
            return (left, right)
        case ir.AndThen(left=left, right=right) | ir.OrElse(left=left, right=right):
            return (left, right)
        case ir.Ask(arguments=arguments) | ir.FormatText(arguments=arguments):
            return arguments
        case ir.Concat(parts=parts):
            return parts
        case ir.Choose(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case ir.Unary(operand=operand) | ir.Matches(operand=operand):
            return (operand,)
        case ir.Load(address=address):
            return (address,)
        case ir.GetElement(keys=keys):
            return keys
        case ir.Contains(keys=wild):
            return tuple(key for key in wild if key is not None)
        case ir.Extract(stat=stat):
            return stat.keys
        case ir.Bucket(stat=stat, index=index):
            return (*stat.keys, index)
        case _:
            assert_never(expr)


def own_expressions(stmt: ir.Stmt) -> tuple[ir.Expr, ...]:
    """The expressions directly in ``stmt``, not those in its blocks."""
    match stmt:
        case ir.SetLocal(value=value) | ir.SetGlobal(value=value):
            return (value,)
        case ir.AddGlobal(amount=amount):
            return (amount,)
        case ir.SetElement(keys=keys, value=value):
            return (*keys, value)
        case ir.AddElement(keys=keys, amount=amount):
            return (*keys, amount)
        case ir.Accumulate(stat=stat, value=value):
            return (*stat.keys, value)
        case ir.DeleteElement(keys=wild):
            return tuple(key for key in wild if key is not None)
        case ir.Store(address=address, value=value):
            return (address, value)
        case ir.Invoke(arguments=arguments) | ir.Perform(arguments=arguments):
            return arguments
        case ir.Print(arguments=arguments):
            return arguments
        case ir.PrintHistogram(stat=stat):
            return stat.keys
        case ir.If(condition=condition) | ir.Loop(condition=condition):
            return (condition,)
        case ir.Foreach(slices=slices, limit=limit):
            given = tuple(item for item in slices if item is not None)
            return given if limit is None else (*given, limit)
        case ir.ForeachBucket(stat=stat, limit=limit):
            return stat.keys if limit is None else (*stat.keys, limit)
        case ir.Return(value=result):
            return () if result is None else (result,)
        case ir.Fail(message=message):
            return (message,)
        case (
            ir.Clear()
            | ir.Try()
            | ir.Break()
            | ir.Continue()
            | ir.Next()
            | ir.Remark()
            | ir.EmbeddedC()
        ):
            return ()
        case _:
            assert_never(stmt)


def blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks directly in ``stmt``, in the order they run."""
    match stmt:
        case ir.If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case ir.Loop(before=before, body=body, step=step):
            return (before, body, step)
        case ir.Foreach(body=body) | ir.ForeachBucket(body=body):
            return (body,)
        case ir.Try(body=body, handler=handler):
            return (body, handler)
        case _:
            return ()


def statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """Every statement of ``block`` at any depth, in order."""
    for stmt in block:
        yield stmt
        for inner in blocks(stmt):
            yield from statements(inner)


def expressions(block: ir.Block) -> Iterator[ir.Expr]:
    """Every expression of ``block`` at any depth, outer ones first."""
    for stmt in statements(block):
        pending = list(own_expressions(stmt))
        while pending:
            expr = pending.pop()
            yield expr
            pending.extend(operands(expr))
