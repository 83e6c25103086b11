"""The system calls below everything else: bpf(2), perf_event_open(2), ioctl(2), by ctypes.

No libbpf: the attribute layouts of <linux/bpf.h> are a stable ABI and a handful of them is
enough.  This module knows numbers and errno; it gives no meaning to a map or a program.
"""

from __future__ import annotations

import ctypes
import errno
import os
from enum import IntEnum

from translator.base.errors import PrivilegeError, StapError

_NUMBERS = {
    "x86_64": (321, 298, 324),
    "aarch64": (280, 241, 283),
    "ppc64le": (361, 319, 365),
    "s390x": (351, 331, 356),
}
_BPF, _PERF_EVENT_OPEN, _MEMBARRIER = _NUMBERS.get(os.uname().machine, _NUMBERS["aarch64"])

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long
_number_bpf = ctypes.c_long(_BPF)

PERF_FLAG_FD_CLOEXEC = 8
CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39


class Command(IntEnum):
    """bpf(2) commands (enum bpf_cmd)."""

    MAP_CREATE = 0
    MAP_LOOKUP_ELEM = 1
    MAP_UPDATE_ELEM = 2
    MAP_DELETE_ELEM = 3
    MAP_GET_NEXT_KEY = 4
    PROG_LOAD = 5
    PROG_TEST_RUN = 10
    PROG_GET_NEXT_ID = 11
    PROG_GET_FD_BY_ID = 13
    MAP_GET_FD_BY_ID = 14
    OBJ_GET_INFO_BY_FD = 15
    RAW_TRACEPOINT_OPEN = 17
    BTF_LOAD = 18
    MAP_LOOKUP_BATCH = 24
    LINK_CREATE = 28
    LINK_GET_FD_BY_ID = 30
    LINK_GET_NEXT_ID = 31
    ENABLE_STATS = 32


class ProgramType(IntEnum):
    """enum bpf_prog_type, as far as this runtime goes."""

    SOCKET_FILTER = 1
    KPROBE = 2
    TRACEPOINT = 5
    PERF_EVENT = 7
    RAW_TRACEPOINT = 17
    TRACING = 26
    SYSCALL = 31
    NETFILTER = 32


class AttachType(IntEnum):
    """enum bpf_attach_type, as far as this runtime goes."""

    NONE = 0
    TRACE_RAW_TP = 23
    TRACE_FENTRY = 24
    TRACE_FEXIT = 25
    PERF_EVENT = 41
    TRACE_KPROBE_MULTI = 42
    TRACE_UPROBE_MULTI = 48


class PerfIoctl(IntEnum):
    """ioctl(2) requests of a perf event."""

    ENABLE = 0x2400
    DISABLE = 0x2401
    SET_BPF = 0x40042408


class BpfError(StapError):
    """The kernel refused a map, a program or an attachment.

    ``errno`` is the kernel's; ``log`` is the verifier's whole log, empty where there is none.
    """

    def __init__(self, message: str, errno: int, log: str = "") -> None:
        super().__init__(message)
        self.errno = errno
        self.log = log


def bpf(command: Command, attributes: bytes | bytearray | ctypes.Array[ctypes.c_char]) -> int:
    """bpf(2): a descriptor or 0 on success, the negated errno on failure.

    A ``bytearray`` is shared with the kernel, which may write its answer into it.
    """
    size = len(attributes)
    if isinstance(attributes, bytearray):
        attributes = (ctypes.c_char * size).from_buffer(attributes)
    result: int = _syscall(_number_bpf, ctypes.c_long(command), attributes, ctypes.c_ulong(size))
    return result if result >= 0 else -ctypes.get_errno()


def perf_event_open(attributes: bytes, pid: int, cpu: int) -> int:
    """perf_event_open(2) without a group, close-on-exec: a descriptor or the negated errno."""
    result: int = _syscall(
        ctypes.c_long(_PERF_EVENT_OPEN),
        attributes,
        ctypes.c_long(pid),
        ctypes.c_long(cpu),
        ctypes.c_long(-1),
        ctypes.c_ulong(PERF_FLAG_FD_CLOEXEC),
    )
    return result if result >= 0 else -ctypes.get_errno()


def perf_ioctl(descriptor: int, request: PerfIoctl, argument: int = 0) -> int:
    """ioctl(2) on a perf event: 0 or the negated errno."""
    result: int = libc.ioctl(descriptor, ctypes.c_ulong(request), ctypes.c_long(argument))
    return result if result >= 0 else -ctypes.get_errno()


def address_of(buffer: ctypes.Array[ctypes.c_char] | None) -> int:
    """Where ``buffer`` stands in this process; 0 for None.  The caller keeps it alive."""
    return 0 if buffer is None else ctypes.addressof(buffer)


def buffer_of(data: bytes) -> ctypes.Array[ctypes.c_char]:
    """A buffer of exactly ``data`` (no NUL is added) that `address_of` can name."""
    return ctypes.create_string_buffer(data, len(data))


def refusal(what: str, code: int, log: str = "") -> StapError:
    """The exception for a negated errno ``code`` that ``what`` was answered with."""
    number = -code
    text = f"{what}: {os.strerror(number)}"
    if number == errno.EPERM and not privileged():
        return PrivilegeError(f"{text}; run as root or grant CAP_BPF, CAP_PERFMON")
    if number == errno.EPERM:
        return BpfError(
            f"{text}: this kernel's policy forbids it{_lockdown()}; `stap-lsp doctor` lists what it allows",
            number,
            log,
        )
    if number == errno.ENOSYS:
        return BpfError(f"{text}: this kernel was built without CONFIG_BPF_SYSCALL", number, log)
    return BpfError(text, number, log)


def privileged() -> bool:
    """Whether this process holds the capabilities that tracing through BPF takes."""
    capabilities = effective_capabilities()
    needed = 1 << CAP_BPF | 1 << CAP_PERFMON
    return bool(capabilities >> CAP_SYS_ADMIN & 1) or capabilities & needed == needed


def effective_capabilities() -> int:
    """The effective capability set as a bit mask (capabilities(7)); 0 where proc is absent."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("CapEff:"):
                    return int(line.split()[1], 16)
    except OSError:
        return 0
    return 0


def _lockdown() -> str:
    try:
        with open("/sys/kernel/security/lockdown", encoding="ascii") as file:
            words = file.read()
    except OSError:
        return ""
    _, bracket, rest = words.partition("[")
    mode = rest.partition("]")[0] if bracket else "none"
    return "" if mode == "none" else f" (lockdown: {mode})"


def raise_memory_lock_limit() -> bool:
    """Raise RLIMIT_MEMLOCK as far as allowed; whether that changed anything.

    Since Linux d5299b67dd59 ("bpf: Memcg-based memory accounting for bpf maps", v5.11) maps
    are not charged to it; before, a small limit makes map creation answer EPERM.
    """
    import resource

    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for wanted in (unlimited, (before[1], before[1])):
        if before == wanted:
            return False
        try:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, wanted)
        except (ValueError, OSError):
            continue  # not ours to raise: the caller reports the refusal it came from
        return True
    return False


def wait_for_readers() -> None:
    """Return once every program that runs now has ended (membarrier(2), a grace period of RCU)."""
    # Where the kernel lacks it nothing is lost but the last microseconds of a session.
    _syscall(ctypes.c_long(_MEMBARRIER), ctypes.c_int(1), ctypes.c_uint(0), ctypes.c_int(0))
