"""The trials behind `features`: each has the kernel take something, and raises if it does not."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable

from translator.runtimes.bpf.code import Code, Relocation
from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.features import Feature
from translator.runtimes.bpf.links import AttachError, UprobePlace, UprobeTarget, attach_uprobes
from translator.runtimes.bpf.maps import MapFlag, MapSpec, MapType, create_map
from translator.runtimes.bpf.programs import ProgramSpec, load_program
from translator.runtimes.bpf.syscall import (
    AttachType,
    Command,
    ProgramType,
    bpf,
    refusal,
)

_RETURN_ZERO = Code(bytes.fromhex("b7000000000000009500000000000000"))
_LOAD_MAP = Code(
    bytes.fromhex("18110000000000000000000000000000") + _RETURN_ZERO.instructions,
    (Relocation(0, "trial"),),
)


def load(
    code: Code,
    kind: ProgramType = ProgramType.RAW_TRACEPOINT,
    attach_type: AttachType = AttachType.NONE,
) -> None:
    with Descriptors() as held:
        load_program(held, ProgramSpec("trial", kind, code, attach_type))


def _minimal(kind: ProgramType, attach_type: AttachType = AttachType.NONE) -> Callable[[], None]:
    return lambda: load(_RETURN_ZERO, kind, attach_type)


def _map(kind: MapType, key: int, value: int, entries: int, flags: MapFlag) -> Callable[[], None]:
    def trial() -> None:
        with Descriptors() as held:
            create_map(held, MapSpec("trial", kind, key, value, entries, flags))

    return trial


def _perf_link() -> None:
    # A link of a bad descriptor: EBADF if the kernel got as far as looking, else EINVAL.
    with Descriptors() as held:
        spec = ProgramSpec("trial", ProgramType.PERF_EVENT, _RETURN_ZERO)
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
            _RETURN_ZERO,
            AttachType.TRACE_UPROBE_MULTI,
        )
        program = load_program(held, spec)
        place = UprobePlace(0)
        try:
            attach_uprobes(held, program, UprobeTarget("/", (place,)))
        except AttachError:
            return


def _dynamic_maps() -> None:
    # Before Linux 86fe28f7692d ("bpf: Optimize element count in non-preallocated hash map.",
    # v6.1, and its series) such maps were refused to perf events and unsafe elsewhere.
    with Descriptors() as held:
        spec = MapSpec("trial", MapType.HASH, 8, 8, 8, MapFlag.NO_PREALLOC)
        maps = {"trial": create_map(held, spec)}
        trial = ProgramSpec("trial", ProgramType.PERF_EVENT, _LOAD_MAP)
        load_program(held, trial, maps)


def _exists(path: str) -> Callable[[], None]:
    def trial() -> None:
        os.stat(path)

    return trial


TRIALS: dict[Feature, Callable[[], None]] = {
    Feature.PROGRAMS: _minimal(ProgramType.SOCKET_FILTER),
    Feature.RAW_TRACEPOINT: _minimal(ProgramType.RAW_TRACEPOINT),
    Feature.PERF_PROGRAM: _minimal(ProgramType.PERF_EVENT),
    Feature.UPROBE: _exists("/sys/bus/event_source/devices/uprobe/type"),
    Feature.UPROBE_MULTI: _uprobe_multi,
    Feature.PERF_LINK: _perf_link,
    Feature.RING_BUFFER: _map(MapType.RINGBUF, 0, 0, 1 << 16, MapFlag.NONE),
    Feature.MMAP_ARRAY: _map(MapType.ARRAY, 4, 8, 1, MapFlag.MMAPABLE),
    Feature.STACK_TRACE: _map(MapType.STACK_TRACE, 4, 127 * 8, 1, MapFlag.NONE),
    Feature.SYSCALL_PROGRAM: _minimal(ProgramType.SYSCALL),
    Feature.DYNAMIC_MAPS: _dynamic_maps,
    Feature.KPROBE: _exists("/sys/bus/event_source/devices/kprobe/type"),
    Feature.KERNEL_BTF: _exists("/sys/kernel/btf/vmlinux"),
}
