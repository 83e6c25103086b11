"""Programs: code accepted by the verifier.

A program is loaded without a log first, which is faster; only a refusal is loaded again for
its log, and that becomes a `BpfError` that says which instruction, and what it was for.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Mapping
from typing import NamedTuple, NewType

from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.maps import Map
from translator.runtimes.bpf.syscall import (
    AttachType,
    BpfError,
    Command,
    ProgramType,
    address_of,
    bpf,
    buffer_of,
    raise_memory_lock_limit,
    refusal,
)

TypeId = NewType("TypeId", int)  # of vmlinux BTF; 0 is void: none

_LOAD = struct.Struct("<IIQQIIQII16sIIIIQIIQIIII")  # … of union bpf_attr, up to attach_prog_fd
_TEST_RUN = struct.Struct("<IIIIQQIIIIQQIIII")
_INFO_SIZE = 232  # struct bpf_prog_info up to verified_insns
_LICENSE = buffer_of(b"GPL\0")
_SLEEPABLE = 1 << 4
_LOG_SIZES = (1 << 18, 1 << 24)
_RETRIES = 5


class ProgramSpec(NamedTuple):
    """A program before the kernel has seen it.

    ``target`` is the BTF id that TRACING programs attach to.  ``sleepable``: it may wait for
    memory of the process that it runs in.
    """

    name: str
    type: ProgramType
    code: Code
    attach_type: AttachType = AttachType.NONE
    target: TypeId = TypeId(0)
    sleepable: bool = False


class ProgramInfo(NamedTuple):
    """What the kernel says of a loaded program; run figures need `count_runs`."""

    id: int
    run_time: int  # ns
    run_count: int
    recursion_misses: int
    verified_instructions: int


class Program:
    """A loaded program, through its descriptor."""

    __slots__ = ("descriptor", "spec")

    def __init__(self, spec: ProgramSpec, descriptor: int) -> None:
        self.spec = spec
        self.descriptor = descriptor

    def run(self, context: bytes = b"") -> int:
        """Run a SYSCALL or RAW_TRACEPOINT program once, here and now; its result (u32).

        A SYSCALL program gets ``context`` as its memory; what it writes there is dropped.
        """
        given = buffer_of(context) if context else None
        attributes = bytearray(
            _TEST_RUN.pack(
                self.descriptor, 0, 0, 0, 0, 0, 0, 0, len(context), 0, address_of(given),
                0, 0, 0, 0, 0,
            )
        )  # fmt: skip
        code = bpf(Command.PROG_TEST_RUN, attributes)
        if code < 0:
            raise refusal(f"running {self.spec.name}", code)
        result: int = struct.unpack_from("<I", attributes, 4)[0]
        return result

    def info(self) -> ProgramInfo:
        """Ask the kernel; members it does not know are 0."""
        answer = ctypes.create_string_buffer(_INFO_SIZE)
        attributes = struct.pack("<IIQ", self.descriptor, _INFO_SIZE, address_of(answer))
        code = bpf(Command.OBJ_GET_INFO_BY_FD, attributes)
        if code < 0:
            raise refusal(f"asking about {self.spec.name}", code)
        raw = answer.raw
        run_time, run_count, misses, verified = struct.unpack_from("<QQQI", raw, 192)
        return ProgramInfo(
            struct.unpack_from("<I", raw, 4)[0], run_time, run_count, misses, verified
        )


def count_runs(held: Descriptors) -> None:
    """Have the kernel time and count every program's runs while ``held`` lives (about 20 ns each)."""
    descriptor = bpf(Command.ENABLE_STATS, struct.pack("<I", 0))
    if descriptor < 0:
        raise refusal("turning program statistics on", descriptor)
    held.own(descriptor)


def load_program(
    held: Descriptors, spec: ProgramSpec, maps: Mapping[str, Map] | None = None
) -> Program:
    """Have the kernel verify and take ``spec``; ``held`` owns it.

    Raises BpfError, carrying the verifier's log, or PrivilegeError.
    """
    descriptors = {name: item.descriptor for name, item in (maps or {}).items()}
    instructions = buffer_of(spec.code.bound(descriptors))
    name = "".join(c if c.isalnum() or c in "_." else "_" for c in spec.name)
    name_bytes = name.encode("ascii", "replace")[:15]

    sleepable = spec.sleepable or spec.type is ProgramType.SYSCALL

    def attempt(log: ctypes.Array[ctypes.c_char] | None) -> int:
        attributes = _LOAD.pack(
            spec.type, len(instructions) // 8, address_of(instructions), address_of(_LICENSE),
            0 if log is None else 1, 0 if log is None else len(log), address_of(log), 0,
            _SLEEPABLE if sleepable else 0, name_bytes, 0, spec.attach_type,
            0, 0, 0, 0, 0, 0, 0, spec.target, 0, 0,
        )  # fmt: skip
        for _ in range(_RETRIES):
            code = bpf(Command.PROG_LOAD, attributes)
            if code != -errno.EAGAIN:  # a signal came while it was being verified
                break
        return code

    descriptor = attempt(None)
    if descriptor == -errno.EPERM and raise_memory_lock_limit():
        descriptor = attempt(None)
    if descriptor >= 0:
        return Program(spec, held.own(descriptor))
    for size in _LOG_SIZES:
        log = ctypes.create_string_buffer(size)
        code = attempt(log)
        if code >= 0:
            return Program(spec, held.own(code))
        if code != -errno.ENOSPC:
            break
    raise _rejected(spec, descriptor, log.value.decode("utf-8", "replace"))


def _rejected(spec: ProgramSpec, code: int, log: str) -> Exception:
    """The verifier's last words, the instruction it stood at, and what that was generated for."""
    import re

    from translator.runtimes.bpf.disassembler import instruction_at

    lines = [line for line in log.splitlines() if line.strip()]
    words = [
        line
        for line in lines
        if not line.startswith(("processed ", "verification time", "stack depth", "max_states"))
    ]
    if not words:
        return refusal(f"loading {spec.name} ({spec.type.name})", code, log)
    places = re.findall(r"^(\d+): \(", log, re.MULTILINE)
    at = int(places[-1]) if places else -1
    where = f"\n  at instruction {at}: {instruction_at(spec.code, at)}" if at >= 0 else ""
    said = refusal(f"loading {spec.name} ({spec.type.name})", code, log)
    number = said.errno if isinstance(said, BpfError) else -code
    return BpfError(f"{said}\n  the verifier said: {words[-1]}{where}", number, log)
