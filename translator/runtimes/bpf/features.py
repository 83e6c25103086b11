"""What this kernel can do, found by trying it: never by its version, which vendors change.

A trial loads a program of two or ten instructions (0.03 to 0.3 ms) and closes it at once.
Answers are kept for the life of the process.
"""

from __future__ import annotations

import errno
import functools
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from translator.base.diagnostics import PrivilegeError
from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    R4,
    Alu,
    Assembler,
    Atomic,
    Code,
)
from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.links import AttachError, UprobePlace, UprobeTarget, attach_uprobes
from translator.runtimes.bpf.maps import MapFlag, MapSpec, MapType, create_map
from translator.runtimes.bpf.programs import ProgramSpec, load_program
from translator.runtimes.bpf.syscall import (
    AttachType,
    BpfError,
    Command,
    ProgramType,
    bpf,
    refusal,
)


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the kernel has a feature; if not, ``reason`` is the kernel's answer, one line."""

    available: bool
    reason: str = ""


@functools.cache
def verdict(feature: Feature) -> Verdict:
    """Try ``feature`` now, or tell what the first try found.

    Raises PrivilegeError if this process may not even try.
    """
    try:
        _TRIALS[feature]()
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


def _load(
    code: Code,
    kind: ProgramType = ProgramType.RAW_TRACEPOINT,
    attach_type: AttachType = AttachType.NONE,
) -> None:
    with Descriptors() as held:
        load_program(held, ProgramSpec("trial", kind, code, attach_type))


def _returning_zero() -> Assembler:
    code = Assembler()
    code.set(R0, 0)
    return code


def _finished(code: Assembler) -> Code:
    code.set(R0, 0)
    code.leave()
    return code.finish()


def _minimal(kind: ProgramType, attach_type: AttachType = AttachType.NONE) -> Callable[[], None]:
    return lambda: _load(_finished(Assembler()), kind, attach_type)


def _map(kind: MapType, key: int, value: int, entries: int, flags: MapFlag) -> Callable[[], None]:
    def trial() -> None:
        with Descriptors() as held:
            create_map(held, MapSpec("trial", kind, key, value, entries, flags))

    return trial


def _calls(helper: Helper, kind: ProgramType) -> Callable[[], None]:
    """Helpers that take the context or nothing."""

    def trial() -> None:
        code = Assembler()
        code.call(helper)
        _load(_finished(code), kind)

    return trial


def _compare_exchange() -> None:
    code = _returning_zero()
    code.store_value(8, FRAME, -8, 0)
    code.set(R1, 1)
    code.atomic(Atomic.CMPXCHG, 8, FRAME, -8, R1)
    _load(_finished(code))


def _loop() -> None:
    # Without the helper the verifier says "unknown func"; with it, that r2 is no callback.
    code = Assembler()
    for register in (R1, R2, R3, R4):
        code.set(register, 0)
    code.call(Helper.LOOP)
    try:
        _load(_finished(code))
    except BpfError as error:
        if "func" in error.log and ("unknown func" in error.log or "invalid func" in error.log):
            raise


def _isa_v4() -> None:
    code = Assembler()
    code.set(R1, -7)
    code.set(R2, 2)
    code.divide_signed(Alu.DIV, R1, R2)
    _load(_finished(code))


def _may_goto() -> None:
    code = Assembler()
    again, out = code.label(), code.label()
    code.place(again)
    code.may_jump(out)
    code.jump(again)
    code.place(out)
    _load(_finished(code))


def _perf_link() -> None:
    # A link of a bad descriptor: EBADF if the kernel got as far as looking, else EINVAL.
    with Descriptors() as held:
        spec = ProgramSpec("trial", ProgramType.PERF_EVENT, _finished(Assembler()))
        program = load_program(held, spec)
        attributes = struct.pack(
            "<IiIIQ", program.descriptor, -1, AttachType.PERF_EVENT, 0, 0
        ).ljust(48, b"\0")
        code = bpf(Command.LINK_CREATE, attributes)
    if code != -errno.EBADF:
        raise refusal("linking a perf event", code)


def _uprobe_multi() -> None:
    # The load is accepted before the link was known; a directory as binary answers EBADF.
    with Descriptors() as held:
        spec = ProgramSpec(
            "trial",
            ProgramType.KPROBE,
            _finished(Assembler()),
            AttachType.TRACE_UPROBE_MULTI,
        )
        program = load_program(held, spec)
        place = UprobePlace(0)
        try:
            attach_uprobes(held, program, UprobeTarget("/", (place,)))
        except AttachError:
            return


def _read(helper: Helper, kind: ProgramType = ProgramType.RAW_TRACEPOINT) -> Callable[[], None]:
    """Helpers (destination, size, source)."""

    def trial() -> None:
        code = Assembler()
        code.store_value(8, FRAME, -8, 0)
        code.copy(R1, FRAME)
        code.alu_value(Alu.ADD, R1, -8)
        code.set(R2, 8)
        code.set(R3, 0)
        code.call(helper)
        _load(_finished(code), kind)

    return trial


def _write_user() -> None:
    code = Assembler()
    code.store_value(8, FRAME, -8, 0)
    code.set(R1, 0)
    code.copy(R2, FRAME)
    code.alu_value(Alu.ADD, R2, -8)
    code.set(R3, 8)
    code.call(Helper.PROBE_WRITE_USER)
    _load(_finished(code))


def _dynamic_maps() -> None:
    # Before Linux 86fe28f7692d ("bpf: Optimize element count in non-preallocated hash map.",
    # v6.1, and its series) such maps were refused to perf events and unsafe elsewhere.
    with Descriptors() as held:
        spec = MapSpec("trial", MapType.HASH, 8, 8, 8, MapFlag.NO_PREALLOC)
        maps = {"trial": create_map(held, spec)}
        code = Assembler()
        code.load_map(R1, "trial")
        trial = ProgramSpec("trial", ProgramType.PERF_EVENT, _finished(code))
        load_program(held, trial, maps)


def _exists(path: str) -> Callable[[], None]:
    def trial() -> None:
        os.stat(path)

    return trial


_TRIALS: dict[Feature, Callable[[], None]] = {
    Feature.PROGRAMS: _minimal(ProgramType.SOCKET_FILTER),
    Feature.RAW_TRACEPOINT: _minimal(ProgramType.RAW_TRACEPOINT),
    Feature.PERF_PROGRAM: _minimal(ProgramType.PERF_EVENT),
    Feature.UPROBE: _exists("/sys/bus/event_source/devices/uprobe/type"),
    Feature.UPROBE_MULTI: _uprobe_multi,
    Feature.PERF_LINK: _perf_link,
    Feature.RING_BUFFER: _map(MapType.RINGBUF, 0, 0, 1 << 16, MapFlag.NONE),
    Feature.MMAP_ARRAY: _map(MapType.ARRAY, 4, 8, 1, MapFlag.MMAPABLE),
    Feature.STACK_TRACE: _map(MapType.STACK_TRACE, 4, 127 * 8, 1, MapFlag.NONE),
    Feature.COMPARE_EXCHANGE: _compare_exchange,
    Feature.ATTACH_COOKIE: _calls(Helper.GET_ATTACH_COOKIE, ProgramType.KPROBE),
    Feature.LOOP: _loop,
    Feature.ISA_V4: _isa_v4,
    Feature.MAY_GOTO: _may_goto,
    Feature.SYSCALL_PROGRAM: _minimal(ProgramType.SYSCALL),
    Feature.SLEEPABLE_READ: _read(Helper.COPY_FROM_USER, ProgramType.SYSCALL),
    Feature.DYNAMIC_MAPS: _dynamic_maps,
    Feature.KPROBE: _exists("/sys/bus/event_source/devices/kprobe/type"),
    Feature.KERNEL_BTF: _exists("/sys/kernel/btf/vmlinux"),
    Feature.READ_KERNEL: _read(Helper.PROBE_READ_KERNEL),
    Feature.WRITE_USER: _write_user,
}
