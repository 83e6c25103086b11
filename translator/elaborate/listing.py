"""Derived probes as `stap -l` and `stap -L` list them."""

from __future__ import annotations

from translator.core.types import Type
from translator.debuginfo.model import DebugInfoError
from translator.elaborate.derive import Derived
from translator.elaborate.program import Elaborated
from translator.probes.point import Environment
from translator.probes.target_names import target_names
from translator.semantics.gather import gather_handler


def names(found: Elaborated) -> tuple[str, ...]:
    """Probe points, each once: an alias by its name, anything else as resolved."""
    return tuple(sorted({_name(derived) for index, derived in found.derived if index >= 0}))


def names_with_variables(found: Elaborated, environment: Environment) -> tuple[str, ...]:
    """The same with context variables and their types: ``name:type``."""
    rows: dict[str, None] = {}
    for unit, (index, derived) in enumerate(found.derived):
        if index >= 0:
            shown = [*_locals(found, unit, derived), *_targets(derived, environment)]
            rows[" ".join((_name(derived), *shown))] = None
    return tuple(sorted(rows))


def _name(derived: Derived) -> str:
    return derived.chain[0] if derived.chain else derived.resolved.name


def _locals(found: Elaborated, unit: int, derived: Derived) -> list[str]:
    """What the aliases' prologues set."""
    seen: dict[str, None] = {}
    for part in derived.parts:
        if part.path == found.scope.script.path:
            continue
        gathered = gather_handler(part.block, (), found.scope.names(part.path))
        for use in gathered.locals:
            if use.writes and not use.name.startswith("_"):
                seen.setdefault(use.name)
    types = ((name, found.solver.local(unit, name)) for name in seen)
    return [f"{name}:{'unknown' if kind is Type.UNKNOWN else kind.value}" for name, kind in types]


def _targets(derived: Derived, environment: Environment) -> list[str]:
    try:
        known = target_names(derived.resolved.targets, environment)
    except DebugInfoError:
        return []  # listed without variables, as stap does
    return [f"{item.name}:{item.type}" for item in known if not item.name.startswith("$$")]
