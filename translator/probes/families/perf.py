"""perf.type(N).config(N): the kernel's performance events, and their names perf.sw.* and perf.hw.*."""

from __future__ import annotations

from collections.abc import Iterator

from translator.probes.attachment import PerfEvent
from translator.probes.pattern import spelled
from translator.probes.point import (
    Candidate,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Problem,
    Resolution,
    ResolvedProbe,
    Rule,
    found,
    refused,
)
from translator.probes.program import complete_path, programs

_DEFAULT_PERIOD = 1_000_000  # SystemTap's, in events per sample
_FASTEST = 100_000

# Types and configurations of perf_event_open(2), with SystemTap's names.
_EVENTS: dict[str, tuple[int, int, str]] = {
    "sw.cpu_clock": (1, 0, "the CPU's clock, in nanoseconds"),
    "sw.task_clock": (1, 1, "the running task's clock, in nanoseconds"),
    "sw.page_faults": (1, 2, "page faults"),
    "sw.context_switches": (1, 3, "context switches"),
    "sw.cpu_migrations": (1, 4, "moves of a task to another CPU"),
    "sw.page_faults_min": (1, 5, "page faults without reading a disk"),
    "sw.page_faults_maj": (1, 6, "page faults that read a disk"),
    "sw.alignment_faults": (1, 7, "unaligned accesses mended by the kernel"),
    "sw.emulation_faults": (1, 8, "instructions emulated by the kernel"),
    "hw.cpu_cycles": (0, 0, "CPU cycles"),
    "hw.instructions": (0, 1, "instructions"),
    "hw.cache_references": (0, 2, "cache accesses"),
    "hw.cache_misses": (0, 3, "cache misses"),
    "hw.branch_instructions": (0, 4, "branches"),
    "hw.branch_misses": (0, 5, "mispredicted branches"),
    "hw.bus_cycles": (0, 6, "bus cycles"),
    "hw.stalled_cycles_frontend": (0, 7, "cycles without an instruction to issue"),
    "hw.stalled_cycles_backend": (0, 8, "cycles without an instruction to retire"),
    "hw.ref_cpu_cycles": (0, 9, "CPU cycles at constant frequency"),
}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    if match.has("counter"):
        message = "`.counter` and @perf are not supported yet"
        return refused(Rule.UNSUPPORTED_PROBE_POINT, message, match.index("counter"))
    if match.has("type"):
        kind, config = match.number("type"), match.number("config")
        assert kind is not None, match
        assert config is not None, match
    else:
        kind, config, _ = _EVENTS[f"{match.components[1].name}.{match.components[2].name}"]
    if not 0 <= kind < 2**32:
        return refused(Rule.BAD_ARGUMENT, "`type` takes 0 to 4294967295", match.index("type"))
    frequency = match.number("hz")
    if frequency is not None and not 0 < frequency <= _FASTEST:
        return refused(Rule.BAD_ARGUMENT, f"`hz` takes 1 to {_FASTEST}", match.index("hz"))
    period = match.number("sample")
    if period is not None and period <= 0:
        return refused(Rule.BAD_ARGUMENT, "`sample` needs a number above 0", match.index("sample"))
    process = None
    if match.has("process"):
        where = programs(match, environment)
        if isinstance(where, Problem):
            problem = Problem(where.rule, where.message, match.index("process"), where.suggestions)
            return Resolution(problems=(problem,))
        process = where[0].path
    event = PerfEvent(
        kind,
        config,
        frequency=frequency or 0,
        period=(period or _DEFAULT_PERIOD) if frequency is None else 0,
        process=process,
    )
    return found(ResolvedProbe(event, spelled(match.components)))


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    if match.components[-1].name == "process":
        yield from complete_path(partial, environment)


def _patterns(event: str, what: str) -> Iterator[Pattern]:
    yield Pattern(event, f"Samples {what}, every {_DEFAULT_PERIOD} events.")
    yield Pattern(f"{event}.sample(N)", f"Samples {what}, every N events.")
    yield Pattern(f"{event}.hz(N)", f"Samples {what}, about N times a second.")
    for suffix in ("", ".sample(N)", ".hz(N)"):
        yield Pattern(f'{event}.process("PATH"){suffix}', f"Samples {what} in one program.")
    yield Pattern(f'{event}.counter("NAME")', f"Counts {what} for reading with @perf.")
    yield Pattern(f'{event}.process("PATH").counter("NAME")', f"Counts {what} in one program.")


FAMILY = Family(
    "perf",
    (
        *_patterns("perf.type(N).config(M)", "an event of perf_event_open(2)"),
        *(
            pattern
            for name, (_, _, what) in _EVENTS.items()
            for pattern in _patterns(f"perf.{name}", what)
        ),
    ),
    resolve,
    complete,
)
