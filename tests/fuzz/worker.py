"""One process's share of the cases; what fails is written down, small."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import case, mutations
from tests.fuzz.minimise import minimised
from translator.base.collector import collect_seldom

FAILURES = Path(__file__).parent / "failures"
_ANALYSIS_CASES = 50  # edits that one workspace sees before it is made anew
_MINIMISING = 20.0  # seconds for one failure


@dataclass(slots=True)
class Outcome:
    """One worker's cases: the CPU time of each in seconds, and what failed."""

    costs: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


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
