"""kernel.trace("[SYSTEM:]NAME"): the kernel's own tracepoints.

Names come from the running kernel's BTF; which subsystem one belongs to is known only where
tracefs is mounted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from translator.base.system import System
from translator.probes.attachment import Tracepoint
from translator.probes.pattern import is_wildcard, quoted
from translator.probes.point import (
    Candidate,
    CandidateKind,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    Rule,
    refused,
    unknown_name,
)
from translator.probes.targets import TracepointTargets

_BTF = "/sys/kernel/btf/vmlinux"
_TRACEFS = ("/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events")


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    component = "trace" if match.has("trace") else "tracepoint"
    wanted = match.string(component)
    assert wanted is not None, match
    index = match.index(component)
    system_pattern, colon, pattern = wanted.rpartition(":")
    names = tracepoint_names(environment.system)
    if not names:
        message = f"{_BTF} cannot be read: which tracepoints the kernel has is not known"
        return refused(Rule.NO_DEBUGINFO, message, index)
    matching = [each for each in names if fnmatchcase(each, pattern)]
    if colon:
        systems = _systems(environment.system)
        # A name of its own is taken at its word where tracefs does not know it.
        unknown = "" if systems and is_wildcard(wanted) else system_pattern
        owners = [(systems.get(name, unknown), name) for name in matching]
        probes = tuple(
            _probe(component, system, name)
            for system, name in owners
            if fnmatchcase(system, system_pattern)
        )
    else:
        probes = tuple(_probe(component, None, name) for name in matching)
    if probes:
        return Resolution(probes)
    message = f"the kernel has no tracepoint `{wanted}`"
    return unknown_name(Rule.NO_SUCH_TRACEPOINT, message, index, pattern, names)


def tracepoint_names(system: System) -> tuple[str, ...]:
    """Every tracepoint of the running kernel (not of modules), sorted; empty without BTF."""
    image = system.read_bytes(_BTF) or b""
    # Each tracepoint leaves a typedef of its callback's type.
    return tuple(sorted({each.decode() for each in re.findall(rb"btf_trace_(\w+)\0", image)}))


def _systems(system: System) -> dict[str, str]:
    """Subsystem of each tracepoint, as far as tracefs tells."""
    for root in _TRACEFS:
        found = {
            name.rstrip("/"): directory.rstrip("/")
            for directory in system.list_directory(root)
            if directory.endswith("/")
            for name in system.list_directory(f"{root}/{directory}")
            if name.endswith("/")
        }
        if found:
            return found
    return {}


def _probe(component: str, system: str | None, name: str) -> ResolvedProbe:
    known = None if system is None or is_wildcard(system) else system
    argument = quoted(name if known is None else f"{known}:{name}")
    return ResolvedProbe(
        Tracepoint(known, name),
        f"kernel.{component}({argument})",
        name,
        TracepointTargets(name),
    )


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    del match
    system, colon, start = partial.rpartition(":")
    for name in tracepoint_names(environment.system):
        if name.startswith(start):
            yield Candidate(f"{system}{colon}{name}", CandidateKind.TRACEPOINT, "tracepoint")


FAMILY = Family(
    "kernel.trace",
    (
        Pattern('kernel.trace("NAME")', "A tracepoint of the kernel; `SYSTEM:NAME` and globs too."),
        Pattern(
            'kernel.tracepoint("NAME")', "A tracepoint of the kernel, by its type information."
        ),
    ),
    resolve,
    complete,
)
