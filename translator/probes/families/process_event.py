"""process.begin, end, thread.begin, thread.end, syscall: life and system calls of programs."""

from __future__ import annotations

from collections.abc import Iterator

from translator.probes.attachment import (
    Edge,
    LinkAddress,
    ProcessEvent,
    ProcessMoment,
    UserPlace,
)
from translator.probes.pattern import spelled
from translator.probes.point import (
    Candidate,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Problem,
    Resolution,
    ResolvedProbe,
    found,
)
from translator.probes.program import HEADS, complete_path, programs
from translator.probes.targets import NoTargets, SyscallTargets, TargetContext

_ENTRY = 24  # e_entry in an ELF64 header
_SUMMARIES = {
    ProcessMoment.BEGIN: "A process of the program begins.",
    ProcessMoment.END: "A process of the program ends.",
    ProcessMoment.THREAD_BEGIN: "A thread of the program begins.",
    ProcessMoment.THREAD_END: "A thread of the program ends.",
    ProcessMoment.SYSCALL: "The program makes any system call.",
    ProcessMoment.SYSCALL_RETURN: "A system call of the program returns.",
}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    moment = ProcessMoment(spelled(match.components[1:]))
    targets = _targets(moment)
    pid = match.number("process")
    path = match.string("process")
    if pid is None and path is None:
        return found(ResolvedProbe(ProcessEvent(moment), f"process.{moment.value}", "", targets))
    where = programs(match, environment)
    if isinstance(where, Problem):
        return Resolution(problems=(where,))
    if pid is not None:
        event = ProcessEvent(moment, pid=pid)
        return found(ResolvedProbe(event, f"process({pid}).{moment.value}", "", targets))
    return found(
        *(
            ResolvedProbe(
                ProcessEvent(moment, each.path, entry=_entry(each.path, environment)),
                f"{each.text}.{moment.value}",
                "",
                targets,
            )
            for each in where
        )
    )


def _entry(path: str, environment: Environment) -> UserPlace | None:
    """Where the kernel or the loader jumps into the binary; None for one without such a place.

    Raises DebugInfoError if it is no binary that we can read.
    """
    info = environment.debuginfo(path)
    image = environment.system.map_bytes(path)
    assert image is not None, path  # it was read a moment ago
    address = LinkAddress(int.from_bytes(image[_ENTRY : _ENTRY + 8], "little"))
    offset = info.file_offset(address)
    return None if offset is None else UserPlace(path, offset, address, "_start")


def _targets(moment: ProcessMoment) -> TargetContext:
    if moment is ProcessMoment.SYSCALL:
        return SyscallTargets(None, Edge.ENTRY)
    if moment is ProcessMoment.SYSCALL_RETURN:
        return SyscallTargets(None, Edge.RETURN)
    return NoTargets()


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    del match  # `process` is the only component with a string
    return complete_path(partial, environment)


FAMILY = Family(
    "process.event",
    tuple(
        Pattern(f"{head}.{moment.value}", summary)
        for head in HEADS
        for moment, summary in _SUMMARIES.items()
    ),
    resolve,
    complete,
)
