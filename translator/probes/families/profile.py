"""timer.profile: a sample on every CPU at each tick."""

from __future__ import annotations

from translator.probes.attachment import PerfEvent
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

_SOFTWARE = 1  # PERF_TYPE_SOFTWARE
_CPU_CLOCK = 0  # PERF_COUNT_SW_CPU_CLOCK
_FASTEST = 100_000  # the kernel's own default ceiling, kernel.perf_event_max_sample_rate


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    frequency = match.number("hz")
    if frequency is None:
        frequency = jiffies_per_second(environment.system, environment.machine.release)
    elif not 0 < frequency <= _FASTEST:
        message = f"`timer.profile.freq.hz` takes 1 to {_FASTEST}"
        return refused(Rule.BAD_ARGUMENT, message, match.index("hz"))
    event = PerfEvent(_SOFTWARE, _CPU_CLOCK, frequency=frequency, profile=True)
    return found(ResolvedProbe(event, spelled(match.components)))


FAMILY = Family(
    "profile",
    (
        Pattern("timer.profile", "Samples every CPU once per kernel tick."),
        Pattern("timer.profile.tick", "Samples every CPU once per kernel tick."),
        Pattern("timer.profile.freq.hz(N)", "Samples every CPU N times a second."),
    ),
    resolve,
)
