"""`make fuzz`: mutated scripts through the whole front end; the seed tells every case.

Prints the seed and the count, writes each failure as a small file to `failures/` and the run's
figures to RESULTS.md, both here.  Exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import case, mutations
from tests.fuzz.minimise import minimised
from translator.base.collector import collect_seldom

HERE = Path(__file__).parent
FAILURES = HERE / "failures"
_CASES = 5000
_ANALYSIS_CASES = 50  # edits that one workspace sees before it is made anew
_MINIMISING = 20.0  # seconds for one failure


@dataclass(slots=True)
class Outcome:
    """One worker's cases: the CPU time of each in seconds, and what failed."""

    costs: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options.add_argument("--cases", type=int, default=_CASES)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    print(f"fuzz: seed {given.seed}, {given.cases} cases", flush=True)
    FAILURES.mkdir(exist_ok=True)
    shares = [
        (given.seed + worker, len(range(worker, given.cases, given.workers)))
        for worker in range(given.workers)
    ]
    began = time.monotonic()
    with ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        # A worker that dies breaks the pool: current-SEED.stp has the text it died of.
        outcomes = list(pool.map(work, *zip(*shares, strict=True)))
    costs = sorted(cost for outcome in outcomes for cost in outcome.costs)
    failures = sum((outcome.failures for outcome in outcomes), Counter[str]())
    report = _report(given.seed, given.workers, costs, failures, time.monotonic() - began)
    (HERE / "RESULTS.md").write_text(report)
    print(report)
    return 1 if failures else 0


def work(seed: int, count: int) -> Outcome:
    """``count`` cases of one seed, in one process."""
    collect_seldom()
    chance = random.Random(seed)
    texts = mutations.seeds()
    outcome = Outcome()
    analysis = case.workspace()
    current = FAILURES / f"current-{seed}.stp"
    for number in range(count):
        if number % _ANALYSIS_CASES == 0:
            analysis = case.workspace()
            case.run(analysis, "", 0)
        text = mutations.mutated(texts, chance)
        offset = chance.randrange(len(text) + 1)
        current.write_bytes(text.encode("utf-8", "surrogateescape"))
        start = time.process_time()
        failure = case.run(analysis, text, offset)
        outcome.costs.append(time.process_time() - start)
        if failure is not None:
            _keep(f"{seed}-{number}", text, offset, failure, seen=outcome.failures)
    current.unlink(missing_ok=True)
    return outcome


def _keep(name: str, text: str, offset: int, failure: case.Failure, seen: Counter[str]) -> None:
    """Write the failure down; of each kind, the first one is made small."""
    seen[failure.kind] += 1
    if seen[failure.kind] > 3:
        return

    def fails(smaller: str) -> bool:
        found = case.run(case.workspace(), smaller, offset)
        return found is not None and found.kind == failure.kind

    small = text
    if seen[failure.kind] == 1 and not failure.kind.startswith("slow") and fails(text):
        small = minimised(text, fails, _MINIMISING)
    path = FAILURES / f"{name}.stp"
    path.write_bytes(small.encode("utf-8", "surrogateescape"))
    path.with_suffix(".txt").write_text(
        f"{failure.kind}, cursor at {offset}\n\n{failure.detail}\n", errors="surrogateescape"
    )
    print(f"fuzz: {path.name}: {failure.kind}\n{failure.detail}", flush=True)


def _report(
    seed: int, workers: int, costs: list[float], failures: Counter[str], seconds: float
) -> str:
    def share(fraction: float) -> str:
        return f"{costs[min(len(costs) - 1, int(len(costs) * fraction))] * 1000:.0f}"

    lines = [
        "# Fuzzing: the last run",
        "",
        f"`make fuzz`, or `python -m tests.fuzz --seed {seed} --cases {len(costs)} "
        f"--workers {workers}` for the same cases again; {len(mutations.seeds())} scripts mutated.",
        "",
        "| what | figure |",
        "|---|---|",
        f"| cases | {len(costs)} |",
        f"| exceptions | {sum(n for kind, n in failures.items() if not _slow(kind))} |",
        f"| over {case.LIMIT:.0f} s of CPU time | {sum(n for k, n in failures.items() if _slow(k))} |",
        f"| CPU ms of a case, p50 / p95 / p99 / most | "
        f"{share(0.5)} / {share(0.95)} / {share(0.99)} / {share(1)} |",
        f"| wall seconds, {workers} processes | {seconds:.0f} |",
    ]
    lines += [f"| failed: {kind} | {count} |" for kind, count in failures.most_common()]
    return "\n".join(lines) + "\n"


def _slow(kind: str) -> bool:
    return kind.startswith("slow") or kind.endswith("Hang")


if __name__ == "__main__":
    sys.exit(main())
