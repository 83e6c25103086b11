"""What kinds of event a program can stand on, and what each hands over.

An event kind decides the program type, where registers and arguments are found, and which
context primitives mean something.  Choosing one from an attachment happens here and only here.
"""

from __future__ import annotations

from enum import Enum

from translator.probes.attachment import (
    Attachment,
    Edge,
    KernelAddress,
    KernelFunction,
    KernelReturn,
    Lifecycle,
    PerfEvent,
    Syscall,
    Timer,
    Tracepoint,
    UserAddress,
    UserFunction,
    UserMark,
    UserReturn,
    Watchpoint,
)
from translator.runtimes.bpf.syscall import ProgramType


class Kind(Enum):
    """Kinds of event; LOOP is the session's own loop in user space."""

    LOOP = "loop"
    SYSCALL = "system call"
    SYSCALL_RETURN = "system call return"
    TRACEPOINT = "tracepoint"
    PERF = "perf event"
    USER = "user instruction"
    USER_RETURN = "user return"
    KERNEL = "kernel instruction"
    KERNEL_RETURN = "kernel return"


PROGRAM_TYPE = {
    Kind.SYSCALL: ProgramType.RAW_TRACEPOINT,
    Kind.SYSCALL_RETURN: ProgramType.RAW_TRACEPOINT,
    Kind.TRACEPOINT: ProgramType.RAW_TRACEPOINT,
    Kind.PERF: ProgramType.PERF_EVENT,
    Kind.USER: ProgramType.KPROBE,
    Kind.USER_RETURN: ProgramType.KPROBE,
    Kind.KERNEL: ProgramType.KPROBE,
    Kind.KERNEL_RETURN: ProgramType.KPROBE,
}

SYSCALLS = frozenset({Kind.SYSCALL, Kind.SYSCALL_RETURN})
RETURNS = frozenset({Kind.SYSCALL_RETURN, Kind.USER_RETURN, Kind.KERNEL_RETURN})
# The context is, or starts with, struct pt_regs of what was interrupted.
REGISTERS = frozenset({Kind.PERF, Kind.USER, Kind.USER_RETURN, Kind.KERNEL, Kind.KERNEL_RETURN})
IN_USER_MODE = frozenset({Kind.USER, Kind.USER_RETURN})


def kind_of(attachment: Attachment) -> Kind | None:
    """The kind of event that serves ``attachment``; None if this runtime has none."""
    match attachment:
        case Lifecycle() | Timer():
            return Kind.LOOP
        case Syscall(edge=Edge.ENTRY):
            return Kind.SYSCALL
        case Syscall(edge=Edge.RETURN):
            return Kind.SYSCALL_RETURN
        case PerfEvent() | Watchpoint():
            return Kind.PERF
        case Tracepoint():
            return Kind.TRACEPOINT
        case UserFunction() | UserAddress() | UserMark():
            return Kind.USER
        case UserReturn():
            return Kind.USER_RETURN
        case KernelFunction() | KernelAddress():
            return Kind.KERNEL
        case KernelReturn():
            return Kind.KERNEL_RETURN
        case _:
            return None
