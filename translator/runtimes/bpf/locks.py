"""Which handlers need a lock so that their updates are atomic to all others.

One atomic step needs none: an add, an insertion, one read.  Several adds need none where no
other handler at an event could tell their order.  Elements keyed by tid() belong to one
thread.  Everything else takes a lock, one for all globals that such handlers use together.

Handlers in user space take no lock: a probe at an event cannot wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import blocks, operands, own_expressions
from translator.runtimes.bpf.rewrite import map_statement, type_of

LOCK = "%lock"
_TID = ir.Ask("tid", (), Type.LONG, ir.Purity.CONTEXT)


class Use(Enum):
    READ = "read"
    ADD = "add"  # commutes with other adds
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Access:
    name: str
    use: Use
    keys: tuple[ir.Expr | None, ...]


@dataclass(frozen=True, slots=True)
class Locked:
    """Handler bodies with `LOCK` statements where one is taken, and which lock each takes."""

    bodies: tuple[ir.Block, ...]
    locks: tuple[int | None, ...]
    count: int


def plan(bodies: Sequence[ir.Block]) -> Locked:
    """Decide for all handlers at events together."""
    found = [_accesses(body) for body in bodies]
    every = [access for accesses in found for access in accesses]
    written = {access.name for access in every if access.use is not Use.READ}
    observed = {access.name for access in every if access.use is Use.READ}
    shared = written - _owned(every)
    relevant = [[item for item in accesses if item.name in shared] for accesses in found]
    groups: list[set[str]] = []
    for accesses in relevant:
        if _needs(accesses, observed):
            groups = _merged(groups, {access.name for access in accesses})
    for _ in range(len(shared)):
        for accesses in relevant:
            names = {access.name for access in accesses}
            if any(names & group for group in groups):
                groups = _merged(groups, names)
    locks: list[int | None] = []
    out: list[ir.Block] = []
    for body, accesses in zip(bodies, relevant, strict=True):
        names = {access.name for access in accesses}
        lock = next((at for at, group in enumerate(groups) if names & group), None)
        locks.append(lock)
        out.append(body if lock is None else _placed(body, groups[lock]))
    return Locked(tuple(out), tuple(locks), len(groups))


def _merged(groups: list[set[str]], names: set[str]) -> list[set[str]]:
    apart = [group for group in groups if not group & names]
    together = set(names).union(*(group for group in groups if group & names))
    return [*apart, together]


def _needs(accesses: list[Access], observed: set[str]) -> bool:
    if len(accesses) < 2:
        return False
    if any(access.use is not Use.ADD for access in accesses):
        return True
    return sum(access.name in observed for access in accesses) > 1


def _owned(accesses: list[Access]) -> set[str]:
    """Arrays of which every element belongs to the thread in its key."""
    places: dict[str, set[int]] = {}
    for access in accesses:
        here = {at for at, key in enumerate(access.keys) if key == _TID}
        places[access.name] = places.get(access.name, here) & here
    return {name for name, found in places.items() if found}


def _accesses(block: ir.Block) -> list[Access]:
    found: list[Access] = []
    for stmt in block:
        found += _own(stmt)
        inner = [access for part in blocks(stmt) for access in _accesses(part)]
        found += inner * (2 if isinstance(stmt, ir.Loop) else 1)
    return found


def _own(stmt: ir.Stmt) -> list[Access]:
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
            case ir.Contains(array, wild):
                found.append(Access(array, Use.READ, wild))
            case _:
                pass
        pending.extend(operands(expr))
    return found


def _is_text(expr: ir.Expr) -> bool:
    return type_of(expr) is Type.STRING


def _placed(block: ir.Block, names: set[str]) -> ir.Block:
    """Take the lock as late as possible: only ways that use ``names`` take it."""
    using = [at for at, stmt in enumerate(block) if _uses((stmt,), names)]
    if not using:
        return block
    first = block[using[0]]
    if len(using) == 1 and isinstance(first, ir.If):
        own = {access.name for access in _own(first)}
        if not own & names:
            new = map_statement(first, lambda expr: expr, lambda inner: _placed(inner, names))
            return (*block[: using[0]], new, *block[using[0] + 1 :])
    return (*block[: using[0]], ir.Perform(LOCK, ()), *block[using[0] :])


def _uses(block: ir.Block, names: set[str]) -> bool:
    return any(access.name in names for access in _accesses(block))
