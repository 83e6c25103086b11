"""From attachments to rows of plain data, and from rows to live attachments.

A row names a mechanism and what it needs.  Which of two mechanisms serves a row is chosen
when it is attached, by what the kernel can do.
"""

from __future__ import annotations

from translator.runtimes.bpf import links
from translator.runtimes.bpf.syscall import AttachType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from translator.probes.attachment import Attachment
    from translator.runtimes.bpf.descriptors import Descriptors
    from translator.runtimes.bpf.programs import Program

# ("raw_tracepoint", name) · ("typed",): where the program was loaded for · ("uprobe", path, pid, returns, offset, cookie, semaphore)
# ("perf", type, config, frequency, period) · ("watchpoint", address, length, writes only)
# ("kprobe", symbol, offset, module, returns)


def attachment_row(attachment: Attachment, cookie: int) -> tuple[object, ...]:
    """The row of an attachment; ``cookie`` is what its program reads back, where it can."""
    from translator.probes import attachment as kinds

    match attachment:
        case kinds.UserFunction(place) | kinds.UserAddress(place):
            return ("uprobe", place.path, place.pid, False, place.offset, cookie, 0)
        case kinds.UserReturn(place):
            return ("uprobe", place.path, place.pid, True, place.offset, cookie, 0)
        case kinds.UserMark(place, _, _, semaphore):
            return ("uprobe", place.path, place.pid, False, place.offset, cookie, semaphore or 0)
        case kinds.PerfEvent(type, config, frequency, period):
            return ("perf", type, config, frequency, period)
        case kinds.Tracepoint(_, name):
            return ("raw_tracepoint", name)
        case kinds.KernelFunction(symbol, module):
            return ("kprobe", symbol, 0, module, False)
        case kinds.KernelReturn(symbol, module):
            return ("kprobe", symbol, 0, module, True)
        case kinds.KernelAddress(symbol, offset, module):
            return ("kprobe", symbol, offset, module, False)
        case kinds.Watchpoint(address, length, access):
            return ("watchpoint", address, length, access is kinds.Access.WRITE)
        case _:
            raise AssertionError(attachment)


def attach(held: Descriptors, rows: list[tuple[Any, ...]], programs: list[Program]) -> None:
    """Attach every row's program.  Places of one binary and program make one link."""
    uprobes: dict[tuple[Any, ...], list[tuple[int, int, int]]] = {}
    for unit, mechanism, *rest in rows:
        program = programs[unit]
        match mechanism, rest:
            case "raw_tracepoint", (name,):
                links.attach_raw_tracepoint(held, program, name)
            case "typed", ():
                links.attach_tracing(held, program)
            case "uprobe", (path, pid, returns, offset, cookie, semaphore):
                place = (offset, cookie, semaphore)
                uprobes.setdefault((unit, path, pid, returns), []).append(place)
            case "perf", (kind, config, frequency, period):
                pace = links.Pace.FREQUENCY if frequency else links.Pace.PERIOD
                sample = links.PerfSample(kind, config, frequency or period, pace)
                links.attach_perf_event(held, program, sample)
            case "watchpoint", (address, length, writes):
                access = links.Watch.WRITE if writes else links.Watch.READ_WRITE
                links.attach_watchpoint(held, program, address, length, access)
            case "kprobe", (symbol, offset, module, returns):
                target = f"{module}:{symbol}" if module else symbol
                links.attach_kprobe(held, program, links.KprobeTarget(target, offset, returns))
            case _:
                raise AssertionError(mechanism)
    for (unit, path, pid, returns), places in uprobes.items():
        found = tuple(links.UprobePlace(*place) for place in places)
        target = links.UprobeTarget(path, found, returns, pid)
        program = programs[unit]
        if program.spec.attach_type is AttachType.TRACE_UPROBE_MULTI:
            links.attach_uprobes(held, program, target)
        else:
            links.attach_uprobes_singly(held, program, target)
