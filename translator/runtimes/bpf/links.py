"""Attachments of programs to events: each function attaches one program and returns.

`Descriptors` own what keeps an attachment alive; closing them detaches.  Which mechanism serves
which probe is decided above; these functions only know how each is asked for.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import struct
from enum import Enum, IntEnum
from typing import NamedTuple

from translator.base.errors import StapError
from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.maps import online_cpus
from translator.runtimes.bpf.programs import Program
from translator.runtimes.bpf.syscall import (
    AttachType,
    Command,
    PerfIoctl,
    address_of,
    bpf,
    buffer_of,
    perf_event_open,
    perf_ioctl,
    refusal,
)

_UPROBE_MULTI_RETURN = 1
_PERF_SIZE = 128
_DISABLED = 1 << 0
_FREQUENCY = 1 << 10
EVERY_PROCESS = -1


class PerfType(IntEnum):
    """enum perf_type_id."""

    HARDWARE = 0
    SOFTWARE = 1
    TRACEPOINT = 2
    BREAKPOINT = 5


class SoftwareEvent(IntEnum):
    """enum perf_sw_ids, as far as this runtime names them itself."""

    CPU_CLOCK = 0


class Pace(Enum):
    """What the number that sets a perf event's pace counts."""

    FREQUENCY = "samples per second"
    PERIOD = "events per sample"


class UprobePlace(NamedTuple):
    """One instruction of a binary's file; ``cookie`` is what the program reads back there.

    ``semaphore`` is the file offset of a marker's counter, raised while attached.
    """

    offset: int
    cookie: int = 0
    semaphore: int = 0


class UprobeTarget(NamedTuple):
    """Places of the binary at ``path``; ``pid`` limits them to one process.

    With ``returns`` they are functions' first instructions, and their returns are meant.
    """

    path: str
    places: tuple[UprobePlace, ...]
    returns: bool = False
    pid: int | None = None


class PerfSample(NamedTuple):
    """A sampled perf event on ``cpus`` (None: every online one), of one process or of all."""

    type: int
    config: int
    rate: int
    pace: Pace = Pace.FREQUENCY
    cpus: tuple[int, ...] | None = None
    pid: int | None = None


class KprobeTarget(NamedTuple):
    """``offset`` bytes past ``symbol`` ("function" or "module:function"), or its return."""

    symbol: str
    offset: int = 0
    returns: bool = False


class AttachError(StapError):
    """What a probe names is not there any more, or not usable: a binary, a process, an event."""


def attach_raw_tracepoint(held: Descriptors, program: Program, name: str) -> None:
    """Run ``program`` whenever the kernel passes tracepoint ``name``."""
    text = buffer_of(name.encode() + b"\0")
    code = bpf(
        Command.RAW_TRACEPOINT_OPEN, struct.pack("<QII", address_of(text), program.descriptor, 0)
    )
    if code == -errno.ENOENT:
        raise AttachError(f"this kernel has no tracepoint {name}")
    _own(held, code, f"attaching to tracepoint {name}")


def attach_tracing(held: Descriptors, program: Program) -> None:
    """Attach a TRACING program to the BTF target it was loaded for (fentry, fexit, tp_btf)."""
    code = bpf(Command.RAW_TRACEPOINT_OPEN, struct.pack("<QII", 0, program.descriptor, 0))
    _own(held, code, f"attaching {program.spec.name}")


def attach_uprobes(held: Descriptors, program: Program, target: UprobeTarget) -> None:
    """One link for all places of ``target``; needs a program of TRACE_UPROBE_MULTI.

    Since Linux 89ae89f53d20 ("bpf: Add multi uprobe link", v6.6): `Feature.UPROBE_MULTI`.
    """
    assert program.spec.attach_type is AttachType.TRACE_UPROBE_MULTI, program.spec
    count = len(target.places)
    path = buffer_of(target.path.encode("utf-8", "surrogateescape") + b"\0")
    offsets = (ctypes.c_uint64 * count)(*[place.offset for place in target.places])
    cookies = (ctypes.c_uint64 * count)(*[place.cookie for place in target.places])
    semaphores = (ctypes.c_uint64 * count)(*[place.semaphore for place in target.places])
    counted = any(place.semaphore for place in target.places)
    attributes = struct.pack(
        "<IIIIQQQQIII4x",
        program.descriptor, 0, AttachType.TRACE_UPROBE_MULTI, 0,
        address_of(path), ctypes.addressof(offsets),
        ctypes.addressof(semaphores) if counted else 0, ctypes.addressof(cookies),
        count, _UPROBE_MULTI_RETURN if target.returns else 0, target.pid or 0,
    )  # fmt: skip
    _own(held, _binary(bpf(Command.LINK_CREATE, attributes), target), _uprobes_of(target))


def attach_uprobes_singly(held: Descriptors, program: Program, target: UprobeTarget) -> None:
    """One perf event per place: for kernels without `attach_uprobes`.

    Cookies need `Feature.PERF_LINK`; without it only a single cookie-less place is right.
    Detaching takes the kernel about 0.1 s per place.
    """
    path = buffer_of(target.path.encode("utf-8", "surrogateescape") + b"\0")
    kind = _device_type("uprobe")
    returning = int(target.returns)
    pid = EVERY_PROCESS if target.pid is None else target.pid
    # A uprobe of every process hangs on one CPU's event and fires on all of them.
    cpu = 0 if target.pid is None else -1
    for place in target.places:
        attributes = _perf_attributes(
            kind,
            returning | place.semaphore << 32,
            period=1,
            config1=address_of(path),
            config2=place.offset,
        )
        code = _binary(perf_event_open(attributes, pid, cpu), target)
        event = _own(held, code, _uprobes_of(target))
        _set_program(held, event, program, place.cookie)


def attach_kprobe(held: Descriptors, program: Program, target: KprobeTarget) -> None:
    """Run ``program`` at one place of the kernel, by the kprobe PMU."""
    symbol = buffer_of(target.symbol.encode() + b"\0")
    attributes = _perf_attributes(
        _device_type("kprobe"),
        int(target.returns),
        period=1,
        config1=address_of(symbol),
        config2=target.offset,
    )
    code = perf_event_open(attributes, EVERY_PROCESS, 0)
    if code == -errno.ENOENT:
        raise AttachError(f"this kernel has no function {target.symbol} that can be probed")
    event = _own(held, code, f"probing {target.symbol}")
    _set_program(held, event, program, 0)


def attach_perf_event(held: Descriptors, program: Program, sample: PerfSample) -> None:
    """Run ``program`` at every sample."""
    what = f"perf event {sample.type}:{sample.config:#x}"
    attributes = _perf_attributes(
        sample.type,
        sample.config,
        sample.rate,
        flags=_FREQUENCY if sample.pace is Pace.FREQUENCY else 0,
    )
    cpus = online_cpus() if sample.cpus is None else sample.cpus
    pid = EVERY_PROCESS if sample.pid is None else sample.pid
    opened = [_own(held, perf_event_open(attributes, pid, cpu), what) for cpu in cpus]
    for event in opened:
        _set_program(held, event, program, 0)


def attach_tracepoint(held: Descriptors, program: Program, identifier: int) -> None:
    """Attach a TRACEPOINT program to the event that tracefs numbers ``identifier``."""
    attributes = _perf_attributes(PerfType.TRACEPOINT, identifier, period=1)
    code = perf_event_open(attributes, EVERY_PROCESS, 0)
    event = _own(held, code, f"tracepoint {identifier}")
    _set_program(held, event, program, 0)


class Watch(IntEnum):
    """HW_BREAKPOINT_*: what a watchpoint fires on."""

    WRITE = 2
    READ_WRITE = 3


def attach_watchpoint(
    held: Descriptors, program: Program, address: int, length: int, access: Watch
) -> None:
    """Watch kernel memory on every CPU with a debug register; the machine has about four."""
    attributes = bytearray(_perf_attributes(PerfType.BREAKPOINT, 0, period=1))
    struct.pack_into("<IQQ", attributes, 52, access, address, length)
    for cpu in online_cpus():
        code = perf_event_open(bytes(attributes), EVERY_PROCESS, cpu)
        if code == -errno.ENOSPC:
            raise AttachError("all hardware breakpoint registers are taken; use fewer watchpoints")
        event = _own(held, code, f"watchpoint at {address:#x}")
        _set_program(held, event, program, 0)


def _perf_attributes(
    kind: int, config: int, period: int, *, flags: int = 0, config1: int = 0, config2: int = 0
) -> bytes:
    """struct perf_event_attr: the event opens disabled, so that its program is there first."""
    return struct.pack(
        "<IIQQQQQIIQQ",
        kind, _PERF_SIZE, config, period, 0, 0, flags | _DISABLED, 0, 0, config1, config2,
    ).ljust(_PERF_SIZE, b"\0")  # fmt: skip


def _set_program(held: Descriptors, event: int, program: Program, cookie: int) -> None:
    what = f"attaching {program.spec.name}"
    # Since Linux b89fbfbb854c ("bpf: Implement minimal BPF perf link", v5.15); cookies need it.
    link = -errno.EINVAL
    if cookie:
        attributes = struct.pack(
            "<IIIIQ", program.descriptor, event, AttachType.PERF_EVENT, 0, cookie
        ).ljust(48, b"\0")
        link = _own(held, bpf(Command.LINK_CREATE, attributes), what)
    if link < 0:
        code = perf_ioctl(event, PerfIoctl.SET_BPF, program.descriptor)
        if code < 0:
            raise refusal(what, code)
    code = perf_ioctl(event, PerfIoctl.ENABLE)
    if code < 0:
        raise refusal(what, code)


def _own(held: Descriptors, code: int, what: str) -> int:
    if code < 0:
        raise refusal(what, code)
    return held.own(code)


def _uprobes_of(target: UprobeTarget) -> str:
    offsets = ", ".join(f"{place.offset:#x}" for place in target.places[:3])
    more = f" and {len(target.places) - 3} more" if len(target.places) > 3 else ""
    return f"probing {target.path} at {offsets}{more}"


def _binary(code: int, target: UprobeTarget) -> int:
    """``code``, unless it says that the target itself is wrong."""
    if code in (-errno.ENOENT, -errno.EBADF):
        raise AttachError(f"{target.path}: no such file")
    if code == -errno.ESRCH:
        raise AttachError(f"process {target.pid} does not exist; is it still running?")
    return code


@functools.cache
def _device_type(name: str) -> int:
    try:
        with open(f"/sys/bus/event_source/devices/{name}/type", encoding="ascii") as file:
            return int(file.read())
    except OSError as error:
        raise AttachError(
            f"this kernel has no {name}s; `stap-lsp doctor` lists what it has"
        ) from error
