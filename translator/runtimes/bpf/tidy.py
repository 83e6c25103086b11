"""What is left of a handler once it is staged, made small and comparable."""

from __future__ import annotations

from translator.core import ir
from translator.core.visit import blocks, expressions, operands
from translator.runtimes.bpf import ability
from translator.runtimes.bpf.rewrite import map_block, map_operands


def parts(expr: ir.Expr) -> list[ir.Expr]:
    """``expr`` and everything below it."""
    found = [expr]
    for part in operands(expr):
        found += parts(part)
    return found


def without_dead_locals(block: ir.Block) -> ir.Block:
    """Drop locals that nobody reads, unless computing them can be a handler error."""
    while True:
        read = {expr.local for expr in expressions(block) if isinstance(expr, ir.GetLocal)}
        new = _sweep(block, read)
        if new == block:
            return block
        block = new


def _sweep(block: ir.Block, read: set[ir.Local]) -> ir.Block:
    out: list[ir.Stmt] = []
    for stmt in block:
        if isinstance(stmt, ir.SetLocal) and stmt.local not in read:
            if not any(map(ability.fails, parts(stmt.value))):
                continue
        elif isinstance(stmt, ir.If):
            stmt = ir.If(stmt.condition, _sweep(stmt.then, read), _sweep(stmt.otherwise, read))
            harmless = not any(map(ability.fails, parts(stmt.condition)))
            if not stmt.then and not stmt.otherwise and harmless:
                continue
        elif blocks(stmt):
            assert isinstance(stmt, ir.Loop), stmt
            stmt = ir.Loop(
                _sweep(stmt.before, read),
                stmt.condition,
                _sweep(stmt.body, read),
                _sweep(stmt.step, read),
            )
        out.append(stmt)
    return tuple(out)


def named_by_order(block: ir.Block) -> ir.Block:
    """Locals named by their order, so that handlers that do the same are equal."""
    names: dict[ir.Local, ir.Local] = {}

    def local(item: ir.Local) -> ir.Local:
        new = names.get(item)
        if new is None:
            new = names[item] = ir.Local(f"%{len(names)}", item.type)
        return new

    def change(expr: ir.Expr) -> ir.Expr:
        if isinstance(expr, ir.GetLocal):
            return ir.GetLocal(local(expr.local))
        return map_operands(expr, change)

    return map_block(block, change, local)
