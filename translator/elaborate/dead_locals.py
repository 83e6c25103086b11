"""Removes what nobody reads: locals, and calls of functions without effect.

Tapset prologues compute every context variable; a handler that prints one of them should
not pay for, or fail in, the others.  As in SystemTap, a value that nobody takes is not
computed, even if computing it could fail.
"""

from __future__ import annotations

from dataclasses import replace

from translator.core import ir
from translator.core.visit import blocks, expressions, statements

_ROUNDS = 32


def run(program: ir.Program) -> ir.Program:
    pure = pure_functions(program)
    probes = tuple(_probe(probe, pure) for probe in program.probes)
    functions = tuple(replace(item, body=_cleaned(item.body, pure)) for item in program.functions)
    return _without_unused(replace(program, probes=probes, functions=functions))


def pure_functions(program: ir.Program) -> frozenset[str]:
    """Functions that only compute: dropping a call changes nothing but its result."""
    pure = {item.name for item in program.functions}
    while True:
        bad = {
            item.name
            for item in program.functions
            if item.name in pure and not _is_pure(item.body, pure)
        }
        if not bad:
            return frozenset(pure)
        pure -= bad


def _is_pure(block: ir.Block, pure: set[str]) -> bool:
    for stmt in statements(block):
        match stmt:
            case ir.Invoke(function=function):
                if function not in pure:
                    return False
            case (
                ir.SetLocal()
                | ir.If()
                | ir.Loop()
                | ir.Foreach()
                | ir.ForeachBucket()
                | ir.Return()
                | ir.Break()
                | ir.Continue()
                | ir.Remark()
            ):
                pass
            case _:
                return False
    return True


def _probe(probe: ir.Probe, pure: frozenset[str]) -> ir.Probe:
    body = _cleaned(probe.body, pure)
    if body is probe.body:
        return probe
    named = _mentioned(body)
    return replace(
        probe, body=body, locals=tuple(item for item in probe.locals if item.name in named)
    )


def _cleaned(block: ir.Block, pure: frozenset[str]) -> ir.Block:
    for _ in range(_ROUNDS):
        read = {expr.local.name for expr in expressions(block) if isinstance(expr, ir.GetLocal)}
        shorter = _without(block, read, pure)
        if shorter == block:
            return block
        block = shorter
    return block


def _without(block: ir.Block, read: set[str], pure: frozenset[str]) -> ir.Block:
    kept: list[ir.Stmt] = []
    for stmt in block:
        match stmt:
            case ir.SetLocal(local=local):
                if local.name not in read and not _matches(stmt):
                    continue
            case ir.Invoke(result=result, function=function):
                if function in pure and (result is None or result.name not in read):
                    continue
            case ir.If(then=then, otherwise=otherwise):
                stmt = replace(
                    stmt,
                    then=_without(then, read, pure),
                    otherwise=_without(otherwise, read, pure),
                )
                if not stmt.then and not stmt.otherwise:
                    continue
            case ir.Loop(before=before, body=body, step=step):
                stmt = replace(
                    stmt,
                    before=_without(before, read, pure),
                    body=_without(body, read, pure),
                    step=_without(step, read, pure),
                )
            case ir.Foreach(body=body, keys=keys, value=value):
                stmt = replace(stmt, body=_without(body, read, pure))
                # The last turn's keys may be read after the loop.
                filled = keys if value is None else (*keys, value)
                if not stmt.body and not any(item.name in read for item in filled):
                    continue
            case ir.ForeachBucket(body=body, bucket=bucket):
                stmt = replace(stmt, body=_without(body, read, pure))
                if not stmt.body and bucket.name not in read:
                    continue
            case ir.Try(body=body, handler=handler):
                stmt = replace(
                    stmt, body=_without(body, read, pure), handler=_without(handler, read, pure)
                )
                if not stmt.body:
                    continue
            case _:
                assert not blocks(stmt), stmt
        kept.append(stmt)
    return tuple(kept)


def _matches(stmt: ir.SetLocal) -> bool:
    """Whether it sets what matched() reads."""
    return any(isinstance(item, ir.Matches) for item in expressions((stmt,)))


def _mentioned(block: ir.Block) -> set[str]:
    """Names of locals that are read or written in ``block``."""
    names = {expr.local.name for expr in expressions(block) if isinstance(expr, ir.GetLocal)}
    for stmt in statements(block):
        match stmt:
            case ir.SetLocal(local=local):
                names.add(local.name)
            case ir.Invoke(result=ir.Local(name=name)) | ir.Perform(result=ir.Local(name=name)):
                names.add(name)
            case ir.Foreach(keys=keys, value=value):
                names.update(key.name for key in keys)
                if value is not None:
                    names.add(value.name)
            case ir.ForeachBucket(bucket=bucket):
                names.add(bucket.name)
            case ir.Try(message=ir.Local(name=name)):
                names.add(name)
            case _:
                pass
    return names


def _without_unused(program: ir.Program) -> ir.Program:
    """Functions that no handler reaches go, and library globals that nothing mentions."""
    by_name = {item.name: item for item in program.functions}
    reached: dict[str, None] = {}
    pending = [
        stmt.function
        for probe in program.probes
        for stmt in statements(probe.body)
        if isinstance(stmt, ir.Invoke)
    ]
    while pending:
        name = pending.pop()
        if name in reached:
            continue
        reached[name] = None
        item = by_name[name]
        pending.extend(item.overloads)
        pending.extend(
            stmt.function for stmt in statements(item.body) if isinstance(stmt, ir.Invoke)
        )
    return replace(
        program, functions=tuple(item for item in program.functions if item.name in reached)
    )
