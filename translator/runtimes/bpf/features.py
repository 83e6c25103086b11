"""What this kernel can do, found by trying it: never by its version, which vendors change.

A trial loads a program of two or ten instructions (0.03 to 0.3 ms) and closes it at once.
Answers are kept for the life of the process.
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import NamedTuple

from translator.base.errors import PrivilegeError
from translator.runtimes.bpf.syscall import BpfError


class Feature(Enum):
    """Something a kernel may lack; the value says what for, in the words of `doctor`."""

    PROGRAMS = "load tracing programs"
    RAW_TRACEPOINT = "raw tracepoints (system calls, process life)"
    PERF_PROGRAM = "programs on perf events (timer.profile, perf.*)"
    UPROBE = "programs on uprobes (process.function, process.mark)"
    UPROBE_MULTI = "many uprobes in one link, with cookies"
    PERF_LINK = "links and cookies for perf events"
    RING_BUFFER = "ring buffer"
    MMAP_ARRAY = "arrays mapped into user space"
    STACK_TRACE = "stack traces by id"
    COMPARE_EXCHANGE = "atomic compare-and-exchange (locks)"
    ATTACH_COOKIE = "attach cookies"
    LOOP = "bpf_loop helper"
    ISA_V4 = "instruction set v4 (signed division, sign-extending moves)"
    MAY_GOTO = "bounded-time loops (may_goto)"
    SYSCALL_PROGRAM = "programs run from user space"
    SLEEPABLE_READ = "reads of user memory that may fault pages in"
    DYNAMIC_MAPS = "hash maps that grow as they fill, for every program type"
    KPROBE = "kprobes (kernel.function, kernel.statement)"
    KERNEL_BTF = "kernel type information"
    READ_KERNEL = "reads of kernel memory"
    WRITE_USER = "writes to user memory (guru mode)"


class Verdict(NamedTuple):
    """Whether the kernel has a feature; if not, ``reason`` is the kernel's answer, one line."""

    available: bool
    reason: str = ""


@functools.cache
def verdict(feature: Feature) -> Verdict:
    """Try ``feature`` now, or tell what the first try found.

    Raises PrivilegeError if this process may not even try.
    """
    from translator.runtimes.bpf.trials import TRIALS

    trial = TRIALS.get(feature)
    if trial is None:
        from translator.runtimes.bpf import instruction_trials

        trial = instruction_trials.TRIALS[feature]
    try:
        trial()
    except PrivilegeError:
        raise
    except BpfError as error:
        lines = [
            line for line in error.log.splitlines() if line and not line.startswith("processed")
        ]
        return Verdict(False, lines[-1] if lines else str(error).splitlines()[0])
    except OSError as error:
        return Verdict(False, f"{error.strerror}: {error.filename or ''}".rstrip(": "))
    return Verdict(True)


def supports(feature: Feature) -> bool:
    return verdict(feature).available
