"""Primitives that read the clocks and the user's time zone."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run

_USUAL_HZ = 250


def gettimeofday_ns(run: Run) -> int:
    return time.time_ns()


def ktime_get_ns(run: Run) -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def get_cycles(run: Run) -> int:
    """A counter that only grows: nanoseconds, since Python cannot read the processor's."""
    return time.perf_counter_ns()


def jiffies(run: Run) -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) * HZ(run) // 1_000_000_000


def HZ(run: Run) -> int:  # noqa: N802  (the tapset's name)
    """Ticks per second, from the running kernel's configuration where it is installed."""
    if run.ticks == 0:
        run.ticks = _configured_ticks() or _USUAL_HZ
    return run.ticks


def tz_gmtoff(run: Run) -> int:
    """Seconds west of Greenwich, daylight saving included."""
    return -time.localtime().tm_gmtoff


def tz_name(run: Run) -> str:
    return time.localtime().tm_zone


def _configured_ticks() -> int:
    try:
        with open(f"/boot/config-{os.uname().release}", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("CONFIG_HZ="):
                    return int(line.partition("=")[2])
    except OSError:
        return 0
    return 0
