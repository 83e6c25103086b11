"""__syscall: entry and return of a system call by the kernel's own name.

The base on which the tapsets' `syscall.NAME` and `nd_syscall.NAME` stand.  A name that the
architecture does not have is a problem, so that an optional alias of it vanishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from translator.probes.attachment import Edge, Syscall
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
from translator.probes.syscall_numbers import numbers
from translator.probes.targets import SyscallTargets

_HEAD = "__syscall"


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    architecture = environment.machine.architecture
    table = numbers(architecture)
    wanted = match.string(_HEAD)
    assert wanted is not None, match
    edge = Edge.RETURN if match.has("return") else Edge.ENTRY
    if not table:
        message = f"the system calls of {architecture} are not known"
        return refused(Rule.UNSUPPORTED_PROBE_POINT, message, 0)
    names = [each for each in table if fnmatchcase(each, wanted)] if is_wildcard(wanted) else []
    if wanted in table:
        names = [wanted]
    if not names:
        message = f"no such system call on {architecture}: `{wanted}`"
        return unknown_name(Rule.NO_SUCH_SYSCALL, message, 0, wanted, table)
    return Resolution(tuple(_probe(each, table[each], edge, architecture) for each in names))


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    del match
    for name, number in sorted(numbers(environment.machine.architecture).items()):
        if name.startswith(partial):
            yield Candidate(name, CandidateKind.SYSCALL, f"system call {number}")


def _probe(name: str, number: int, edge: Edge, architecture: str) -> ResolvedProbe:
    suffix = ".return" if edge is Edge.RETURN else ""
    return ResolvedProbe(
        Syscall(name, number, edge),
        f"{_HEAD}({quoted(name)}){suffix}",
        function=f"{_PREFIX.get(architecture, '__')}sys_{name}",
        targets=SyscallTargets(name, edge),
    )


_PREFIX = {"x86_64": "__x64_", "arm64": "__arm64_"}

FAMILY = Family(
    "syscall",
    (
        Pattern('__syscall("NAME")', "Entry of a system call, by the kernel's name for it."),
        Pattern('__syscall("NAME").return', "Return of a system call, by the kernel's name."),
    ),
    resolve,
    complete,
)
