"""Measuring whole commands: minima and medians of wall and CPU time over several rounds.

Peers take turns within a round, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SECONDS = 120  # bound of one command


@dataclass(frozen=True, slots=True)
class Cost:
    """One command's cost in ms; ``output`` is what it wrote."""

    wall: float
    cpu: float
    output: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Least and middle of several costs, ms."""

    wall: float
    cpu: float
    median_wall: float
    median_cpu: float


def once(command: Sequence[str]) -> Cost:
    """Run a command to its end.  Raises RuntimeError with its output if it fails."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        start, before = time.perf_counter(), os.times()
        output, errors = process.communicate(timeout=SECONDS)
        wall, after = time.perf_counter() - start, os.times()
    if process.returncode:
        raise RuntimeError(f"{command}: status {process.returncode}: {errors}")
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Cost(wall * 1000, cpu * 1000, output + errors)


def in_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Summary]:
    """Each command once to warm up, then ``rounds`` times in turns."""
    for command in commands.values():
        once(command)
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(once(command))
    return {name: summary(found) for name, found in costs.items()}


def summary(costs: Sequence[Cost]) -> Summary:
    walls, cpus = [item.wall for item in costs], [item.cpu for item in costs]
    return Summary(min(walls), min(cpus), statistics.median(walls), statistics.median(cpus))


def cpu_ms(action: Callable[[], object], rounds: int) -> list[float]:
    """This process's CPU time of each of ``rounds`` calls, sorted, ms."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        found.append((time.process_time() - start) * 1000)
    return sorted(found)


def percentile(ordered: Sequence[float], fraction: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]
