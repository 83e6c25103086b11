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
from pathlib import Path

from tests.fuzz import case, mutations
from tests.fuzz.worker import FAILURES, work

HERE = Path(__file__).parent
_CASES = 5000


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
