"""Every probe family, in order, and what may be asked of them together.

To add a family: one file under `families/` and one line here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import islice

from translator.base.diagnostics import StapError
from translator.probes.pattern import (
    ArgumentKind,
    Continuation,
    Match,
    Mismatch,
    Part,
    PatternTree,
    expand,
    spelled,
)
from translator.probes.point import (
    Candidate,
    CandidateKind,
    Environment,
    Family,
    FamilyMatch,
    Problem,
    Resolution,
    Rule,
)
from translator.syntax.ast import Component

__all__ = [
    "CANDIDATE_LIMIT",
    "FAMILIES",
    "complete_argument",
    "complete_component",
    "expand",
    "families",
    "resolve",
    "tree",
]

# Module below `families/`, and the first components of its probe points.  A family is
# imported when one of them is used: a script pays for what it names.
FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lifecycle", ("begin", "end", "error", "never")),
    ("timer", ("timer",)),
    ("profile", ("timer",)),
    ("syscall", ("__syscall",)),
    ("process_function", ("process",)),
    ("process_event", ("process",)),
    ("process_other", ("process",)),
    ("kernel_function", ("kernel", "module", "kprobe")),
    ("kernel_trace", ("kernel",)),
    ("watchpoint", ("kernel", "process")),
    ("perf", ("perf",)),
    ("procfs", ("procfs",)),
    ("netfilter", ("netfilter",)),
)

CANDIDATE_LIMIT = 200

# The kernel stays the same while one edits, and asking it is slow; programs are compiled anew.
_REMEMBERED = frozenset({"kernel", "module", "kprobe"})
_KNOWN = 512


def families() -> tuple[Family, ...]:
    """All of them, in order."""
    return tuple(_family(module) for module, _ in FAMILIES)


@cache
def tree() -> PatternTree[Family]:
    """All patterns of all families."""
    return _planted(tuple(module for module, _ in FAMILIES))


def resolve(components: tuple[Component, ...], environment: Environment) -> Resolution:
    """What a probe point without braces attaches to.

    Where wildcards in component names mean several probe points, those that resolve count and
    the others' problems are dropped; problems remain only if nothing resolves.
    """
    if not components or components[0].name not in _REMEMBERED:
        return _resolve(components, environment)
    key = spelled(components)
    found = environment.known.get(key)
    if found is None:
        if len(environment.known) >= _KNOWN:  # one more for every key that was typed
            environment.known.clear()
        found = environment.known[key] = _resolve(components, environment)
    return found


def _resolve(components: tuple[Component, ...], environment: Environment) -> Resolution:
    matches = _tree_for(components).find(components)
    if isinstance(matches, Mismatch):
        problem = Problem(
            Rule.UNKNOWN_PROBE_POINT, matches.message, matches.index, matches.suggestions
        )
        return Resolution(problems=(problem,))
    parts = [_resolve_one(each, environment) for each in matches]
    probes = tuple(probe for part in parts for probe in part.probes)
    if len(parts) > 1 and probes:
        return Resolution(probes)
    return Resolution(probes, tuple(problem for part in parts for problem in part.problems))


def complete_component(
    before: tuple[Component, ...], partial: str, environment: Environment
) -> tuple[Candidate, ...]:
    """Components that may follow ``before`` and begin with ``partial``."""
    del environment  # the families that a machine allows are the runtime's business
    found = _tree_for(before).following(before, partial)
    return tuple(_component_candidate(each) for each in found[:CANDIDATE_LIMIT])


def complete_argument(
    components: tuple[Component, ...], partial: str, environment: Environment
) -> tuple[Candidate, ...]:
    """String arguments of the last component that begin with ``partial``.

    What that component has as its argument so far does not matter.
    """
    if not components:
        return ()
    before, last = components[:-1], components[-1]
    for continuation in _tree_for(components).following(before, last.name):
        if continuation.part.name == last.name and continuation.part.kind is ArgumentKind.STRING:
            return _arguments(continuation.owner, components, partial, environment)
    return ()


@cache
def _family(module: str) -> Family:
    family = import_module(f"translator.probes.families.{module}").FAMILY
    assert isinstance(family, Family), module
    return family


@cache
def _planted(modules: tuple[str, ...]) -> PatternTree[Family]:
    made: PatternTree[Family] = PatternTree()
    for module in modules:
        family = _family(module)
        for pattern in family.patterns:
            made.add(pattern.text, pattern.summary, family)
    return made


def _tree_for(components: tuple[Component, ...]) -> PatternTree[Family]:
    """The patterns that can matter: those of the first component's families, if it is one's."""
    head = components[0].name if components else ""
    modules = tuple(module for module, heads in FAMILIES if head in heads)
    return _planted(modules) if modules else tree()


def _arguments(
    family: Family, components: tuple[Component, ...], partial: str, environment: Environment
) -> tuple[Candidate, ...]:
    if family.complete is None:
        return ()
    match = Match(family, components, tuple(range(len(components))))
    try:
        return tuple(islice(family.complete(match, partial, environment), CANDIDATE_LIMIT))
    except StapError:  # no such binary yet, or not readable: there is nothing to offer
        return ()


def _resolve_one(match: FamilyMatch, environment: Environment) -> Resolution:
    try:
        resolution = match.value.resolve(match, environment)
    except StapError as error:  # a binary that cannot be read is this probe point's problem
        return Resolution(problems=(Problem(Rule.NO_DEBUGINFO, str(error), match.origin[0]),))
    problems = tuple(replace(each, index=match.origin[each.index]) for each in resolution.problems)
    return Resolution(resolution.probes, problems)


def _component_candidate(continuation: Continuation[Family]) -> Candidate:
    part = continuation.part
    return Candidate(
        text=part.name,
        kind=CandidateKind.COMPONENT,
        detail=part.text,
        documentation=continuation.summary,
        snippet=_snippet(part),
    )


def _snippet(part: Part) -> str:
    match part.kind:
        case ArgumentKind.NONE:
            return ""
        case ArgumentKind.NUMBER:
            return f"{part.name}(${{1:{part.label}}})"
        case ArgumentKind.STRING:
            return f'{part.name}("${{1:{part.label}}}")'
