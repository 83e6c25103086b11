"""Primitives that read the clocks, and calendar time."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run

_TICKS = 250  # jiffies per second, where the kernel does not say
_LATEST = 1 << 36  # calendar times further away cannot be shown


def gettimeofday_ns(run: Run) -> int:
    return time.time_ns()


def gettimeofday_us(run: Run) -> int:
    return time.time_ns() // 1_000


def gettimeofday_ms(run: Run) -> int:
    return time.time_ns() // 1_000_000


def gettimeofday_s(run: Run) -> int:
    return time.time_ns() // 1_000_000_000


def ktime_get_ns(run: Run) -> int:
    return time.monotonic_ns()


def local_clock_ns(run: Run) -> int:
    return time.monotonic_ns()


def cpu_clock_ns(run: Run, cpu: int) -> int:
    return time.monotonic_ns()


def get_cycles(run: Run) -> int:
    """A counter that only grows; nanoseconds here, since Python cannot read the processor's."""
    return time.perf_counter_ns()


def jiffies(run: Run) -> int:
    return time.monotonic_ns() * _TICKS // 1_000_000_000


def ctime(run: Run, seconds: int) -> str:
    """``Fri Nov 20 21:15:44 2026`` in universal time."""
    return _far(seconds) or time.asctime(time.gmtime(seconds))


def tz_ctime(run: Run, seconds: int) -> str:
    """`ctime` in the machine's zone, with its name."""
    if far := _far(seconds):
        return far
    local = time.localtime(seconds)
    return f"{time.asctime(local)} {local.tm_zone}"


def tz_gmtoff(run: Run) -> int:
    """Seconds west of Greenwich."""
    return -time.localtime().tm_gmtoff


def tz_name(run: Run) -> str:
    return time.localtime().tm_zone


def _far(seconds: int) -> str:
    """What stands for a time too far away to show, else ""."""
    if abs(seconds) < _LATEST:
        return ""
    return "far in the future" if seconds > 0 else "long ago"
