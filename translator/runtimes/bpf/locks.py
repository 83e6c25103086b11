"""Which handlers need a lock so that their updates are atomic to all others.

One atomic step needs none: an add, an insertion, one read.  Several adds need none where no
other handler at an event could tell their order.  Elements keyed by tid() belong to one
thread.  Everything else takes a lock, one for all globals that such handlers use together.

Handlers in user space take no lock: a probe at an event cannot wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.accesses import Access, Use, accesses, own_accesses
from translator.runtimes.bpf.rewrite import map_statement

LOCK = "%lock"
_TID = ir.Ask("tid", (), Type.LONG, ir.Purity.CONTEXT)


@dataclass(frozen=True, slots=True)
class Locked:
    """Handler bodies with `LOCK` statements where one is taken, and which lock each takes."""

    bodies: tuple[ir.Block, ...]
    locks: tuple[int | None, ...]
    count: int


def plan(bodies: Sequence[ir.Block]) -> Locked:
    """Decide for all handlers at events together."""
    found = [accesses(body) for body in bodies]
    every = [access for uses in found for access in uses]
    written = {access.name for access in every if access.use is not Use.READ}
    observed = {access.name for access in every if access.use is Use.READ}
    shared = written - _owned(every)
    relevant = [[item for item in uses if item.name in shared] for uses in found]
    groups: list[set[str]] = []
    for uses in relevant:
        if _needs(uses, observed):
            groups = _merged(groups, {access.name for access in uses})
    for _ in range(len(shared)):
        for uses in relevant:
            names = {access.name for access in uses}
            if any(names & group for group in groups):
                groups = _merged(groups, names)
    locks: list[int | None] = []
    out: list[ir.Block] = []
    for body, uses in zip(bodies, relevant, strict=True):
        names = {access.name for access in uses}
        lock = next((at for at, group in enumerate(groups) if names & group), None)
        locks.append(lock)
        out.append(body if lock is None else _placed(body, groups[lock]))
    return Locked(tuple(out), tuple(locks), len(groups))


def _merged(groups: list[set[str]], names: set[str]) -> list[set[str]]:
    apart = [group for group in groups if not group & names]
    together = set(names).union(*(group for group in groups if group & names))
    return [*apart, together]


def _needs(uses: list[Access], observed: set[str]) -> bool:
    if len(uses) < 2:
        return False
    if any(access.use is not Use.ADD for access in uses):
        return True
    return sum(access.name in observed for access in uses) > 1


def _owned(uses: list[Access]) -> set[str]:
    """Arrays of which every element belongs to the thread in its key."""
    places: dict[str, set[int]] = {}
    for access in uses:
        here = {at for at, key in enumerate(access.keys) if key == _TID}
        places[access.name] = places.get(access.name, here) & here
    return {name for name, found in places.items() if found}


def _placed(block: ir.Block, names: set[str]) -> ir.Block:
    """Take the lock as late as possible: only ways that use ``names`` take it."""
    using = [at for at, stmt in enumerate(block) if _uses((stmt,), names)]
    if not using:
        return block
    first = block[using[0]]
    if len(using) == 1 and isinstance(first, ir.If):
        own = {access.name for access in own_accesses(first)}
        if not own & names:
            new = map_statement(first, lambda expr: expr, lambda inner: _placed(inner, names))
            return (*block[: using[0]], new, *block[using[0] + 1 :])
    return (*block[: using[0]], ir.Perform(LOCK, ()), *block[using[0] :])


def _uses(block: ir.Block, names: set[str]) -> bool:
    return any(access.name in names for access in accesses(block))
