"""The first narrow waist: what a runtime is asked to attach to.

Probe families are many; each lowers to one of these values.  A runtime implements these
and never sees a probe point's spelling.  No attachment names a mechanism (perf, uprobe
multi, fentry): choosing one is the runtime's business.
"""

from __future__ import annotations

from enum import Enum
from typing import NewType, TypeAlias

from translator.base.value import dataclass
from translator.debuginfo.units import FileOffset, LinkAddress

__all__ = [
    "Access",
    "Attachment",
    "Edge",
    "FileOffset",
    "FileUse",
    "KernelAddress",
    "KernelFunction",
    "KernelReturn",
    "Lifecycle",
    "LinkAddress",
    "Moment",
    "Nanoseconds",
    "Netfilter",
    "PerfEvent",
    "ProcFile",
    "ProcessEvent",
    "ProcessMoment",
    "Syscall",
    "Timer",
    "Tracepoint",
    "UserAddress",
    "UserFunction",
    "UserMark",
    "UserPlace",
    "UserReturn",
    "Watchpoint",
]

Nanoseconds = NewType("Nanoseconds", int)


class Moment(Enum):
    """Which moment of the session's life a `Lifecycle` probe runs at."""

    BEGIN = "begin"
    END = "end"
    ERROR = "error"
    NEVER = "never"


class Edge(Enum):
    """Entering or leaving."""

    ENTRY = "entry"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """begin, end, error, never; run in ascending ``order``."""

    moment: Moment
    order: int = 0


@dataclass(frozen=True, slots=True)
class Timer:
    """Fires every ``period``, on one CPU; each interval moved by up to ±``randomize``."""

    period: Nanoseconds
    randomize: Nanoseconds = Nanoseconds(0)


@dataclass(frozen=True, slots=True)
class PerfEvent:
    """A perf event on every CPU (perf_event_open(2)): ``type`` and ``config`` are the kernel's.

    Either ``frequency`` (samples per second) or ``period`` (events per sample) is non-zero.
    ``profile`` marks timer.profile: a runtime may use its best system clock.
    """

    type: int
    config: int
    frequency: int = 0
    period: int = 0
    process: str | None = None
    profile: bool = False


@dataclass(frozen=True, slots=True)
class Syscall:
    """Entry to or return from system call ``number`` of the machine's own ABI."""

    name: str  # the kernel's name: "openat"
    number: int
    edge: Edge = Edge.ENTRY


@dataclass(frozen=True, slots=True)
class Tracepoint:
    """A kernel tracepoint with its typed arguments (kernel.trace)."""

    system: str | None
    name: str


@dataclass(frozen=True, slots=True)
class KernelFunction:
    """Entry of a kernel or module function, by symbol."""

    symbol: str
    module: str | None = None


@dataclass(frozen=True, slots=True)
class KernelReturn:
    """Return of a kernel or module function; at most ``maxactive`` pending (0: the runtime's)."""

    symbol: str
    module: str | None = None
    maxactive: int = 0


@dataclass(frozen=True, slots=True)
class KernelAddress:
    """An instruction of the kernel or a module, as bytes past ``symbol``."""

    symbol: str
    offset: int
    module: str | None = None


@dataclass(frozen=True, slots=True)
class UserPlace:
    """An instruction of a user binary: ``path`` is absolute; ``pid`` limits it to one process."""

    path: str
    offset: FileOffset
    address: LinkAddress
    symbol: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class UserFunction:
    """Entry of a function of a user binary (after its prologue where variables need it)."""

    place: UserPlace


@dataclass(frozen=True, slots=True)
class UserReturn:
    """Return of a function of a user binary; ``place`` is its first instruction."""

    place: UserPlace


@dataclass(frozen=True, slots=True)
class UserAddress:
    """Any instruction of a user binary: statement, inlined instance, label."""

    place: UserPlace


@dataclass(frozen=True, slots=True)
class UserMark:
    """A static marker (SDT note); ``semaphore`` is the counter's file offset, if it has one."""

    place: UserPlace
    provider: str
    name: str
    semaphore: FileOffset | None = None


class ProcessMoment(Enum):
    BEGIN = "begin"
    END = "end"
    THREAD_BEGIN = "thread.begin"
    THREAD_END = "thread.end"
    SYSCALL = "syscall"
    SYSCALL_RETURN = "syscall.return"


@dataclass(frozen=True, slots=True)
class ProcessEvent:
    """Life and system calls of processes; no path and no pid means the target's.

    ``entry`` is the first instruction that a process of the binary at ``path`` runs there.
    """

    moment: ProcessMoment
    path: str | None = None
    pid: int | None = None
    entry: UserPlace | None = None


class Access(Enum):
    WRITE = "write"
    READ_WRITE = "rw"


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """A hardware watchpoint on ``length`` bytes of kernel or user memory."""

    address: int
    length: int
    access: Access
    path: str | None = None


class FileUse(Enum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class ProcFile:
    """A file of the session's procfs directory, on read or on write."""

    name: str
    use: FileUse
    mode: int = 0o400
    size: int = 0


@dataclass(frozen=True, slots=True)
class Netfilter:
    """A netfilter hook of one protocol family."""

    hook: str
    family: str
    priority: int = 0


Attachment: TypeAlias = (
    Lifecycle
    | Timer
    | PerfEvent
    | Syscall
    | Tracepoint
    | KernelFunction
    | KernelReturn
    | KernelAddress
    | UserFunction
    | UserReturn
    | UserAddress
    | UserMark
    | ProcessEvent
    | Watchpoint
    | ProcFile
    | Netfilter
)
