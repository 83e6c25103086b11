"""A few of `make fuzz`'s cases, and every text that it once found something with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz import case, mutations

FOUND = sorted((Path(__file__).parent / "found").glob("*.stp"))
SEED = 20261120
CASES = 60


def test_sample() -> None:
    chance = random.Random(SEED)
    texts = mutations.seeds()
    analysis = case.workspace()
    for _ in range(CASES):
        text = mutations.mutated(texts, chance)
        failure = case.run(analysis, text, chance.randrange(len(text) + 1))
        # Never asserted on time: the machine may be busy.
        assert failure is None or failure.kind.startswith("slow"), (failure.detail, text)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_found(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    analysis = case.workspace()
    for offset in range(0, len(text) + 1, 1 + len(text) // 40):
        failure = case.run(analysis, text, offset)
        assert failure is None or failure.kind.startswith("slow"), failure.detail
