"""Which globals a piece of code uses, and how: what locks and staging are decided by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import blocks, operands, own_expressions
from translator.runtimes.bpf.rewrite import type_of


class Use(Enum):
    READ = "read"
    ADD = "add"  # commutes with other adds
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Access:
    name: str
    use: Use
    keys: tuple[ir.Expr | None, ...]


def accesses(block: ir.Block) -> list[Access]:
    """Every use of a global in ``block``, at any depth; what a loop does counts twice."""
    found: list[Access] = []
    for stmt in block:
        found += own_accesses(stmt)
        inner = [access for part in blocks(stmt) for access in accesses(part)]
        found += inner * (2 if isinstance(stmt, ir.Loop) else 1)
    return found


def own_accesses(stmt: ir.Stmt) -> list[Access]:
    """Those of the statement itself, not of its blocks."""
    found: list[Access] = []
    match stmt:
        case ir.SetGlobal(name, value):
            text = not isinstance(value, ir.Integer) and _is_text(value)
            found += [Access(name, Use.WRITE, ())] * (2 if text else 1)
        case ir.AddGlobal(name):
            found.append(Access(name, Use.ADD, ()))
        case ir.Clear(name):
            found.append(Access(name, Use.WRITE, ()))
        case ir.SetElement(array, keys):
            found.append(Access(array, Use.WRITE, keys))
        case ir.DeleteElement(array, wild):
            found.append(Access(array, Use.WRITE, wild))
        case ir.AddElement(array, keys):
            found.append(Access(array, Use.ADD, keys))
        case ir.Accumulate(stat):
            found.append(Access(stat.name, Use.ADD, stat.keys))
        case ir.Foreach(array=array):
            found.append(Access(array, Use.READ, ()))
        case ir.ForeachBucket(stat=stat) | ir.PrintHistogram(stat=stat):
            found.append(Access(stat.name, Use.READ, stat.keys))
        case _:
            pass
    pending = list(own_expressions(stmt))
    if isinstance(stmt, ir.Loop):
        pending *= 2
    while pending:
        expr = pending.pop()
        match expr:
            case ir.GetGlobal(name):
                found.append(Access(name, Use.READ, ()))
            case ir.GetElement(array, keys):
                found.append(Access(array, Use.READ, keys))
            case ir.Extract(stat=stat) | ir.Bucket(stat=stat):
                found.append(Access(stat.name, Use.READ, stat.keys))
            case ir.Contains(array, wild):
                found.append(Access(array, Use.READ, wild))
            case _:
                pass
        pending.extend(operands(expr))
    return found


def _is_text(expr: ir.Expr) -> bool:
    return type_of(expr) is Type.STRING
