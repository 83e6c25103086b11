"""Timers on one CPU: timer.s, ms, us, ns, jiffies and hz."""

from __future__ import annotations

from translator.probes.attachment import Nanoseconds, Timer
from translator.probes.families.kernel_config import jiffies_per_second
from translator.probes.pattern import spelled
from translator.probes.point import (
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    Rule,
    found,
    refused,
)

_SECOND = 1_000_000_000
_LONGEST = 2**63 - 1  # what a timer's 64-bit period holds

_UNITS = {
    "s": _SECOND,
    "sec": _SECOND,
    "ms": 1_000_000,
    "msec": 1_000_000,
    "us": 1_000,
    "usec": 1_000,
    "ns": 1,
    "nsec": 1,
}
_NAMES = {
    "s": "seconds",
    "sec": "seconds",
    "ms": "milliseconds",
    "msec": "milliseconds",
    "us": "microseconds",
    "usec": "microseconds",
    "ns": "nanoseconds",
    "nsec": "nanoseconds",
    "jiffies": "jiffies (kernel ticks)",
}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    unit = match.components[1].name
    count = match.number(unit)
    assert count is not None, match
    if count <= 0:
        return refused(Rule.BAD_ARGUMENT, f"`timer.{unit}` needs a number above 0", 1)
    if unit == "hz":
        if count > _SECOND:
            return refused(Rule.BAD_ARGUMENT, "`timer.hz` takes at most 1000000000", 1)
        return found(ResolvedProbe(Timer(Nanoseconds(_SECOND // count)), spelled(match.components)))
    scale = _UNITS[unit] if unit in _UNITS else _jiffy(environment)
    spread = match.number("randomize") or 0
    if count * scale > _LONGEST:
        return refused(Rule.BAD_ARGUMENT, f"`timer.{unit}({count})` is too long a time", 1)
    if not 0 <= spread <= count:
        message = f"`randomize` takes 0 to {count}, the timer's own interval"
        return refused(Rule.BAD_ARGUMENT, message, match.index("randomize"))
    timer = Timer(Nanoseconds(count * scale), Nanoseconds(spread * scale))
    return found(ResolvedProbe(timer, spelled(match.components)))


def _jiffy(environment: Environment) -> int:
    return _SECOND // jiffies_per_second(environment.system, environment.machine.release)


FAMILY = Family(
    "timer",
    (
        *(
            Pattern(f"timer.{unit}(N){suffix}", summary)
            for unit, name in _NAMES.items()
            for suffix, summary in (
                ("", f"Runs every N {name}."),
                (".randomize(M)", f"Runs every N {name}, each time moved by up to ±M."),
            )
        ),
        Pattern("timer.hz(N)", "Runs N times a second."),
    ),
    resolve,
)
