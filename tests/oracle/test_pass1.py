"""Pass 1 against the real stap: what it accepts we accept, what it rejects we reject.

`differences.json` names the cases where we differ, each with its reason.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from tests.oracle import ours
from tests.oracle.record import recorded
from tests.oracle.stap import LIBRARY, ROOT, Case, Verdict, cases, stap, version
from translator.base.text import SourceText
from translator.syntax.ast import BadDecl
from translator.syntax.parser import parse_file

DIFFERENCES = Path(__file__).with_name("differences.json")
_SEED = 20261120
_SAMPLE = 40
_PREFIXES = 12  # of each sampled script

CASES = cases()
pytestmark = pytest.mark.skipif(not CASES, reason="systemtap-common is not installed")


def differences() -> dict[str, str]:
    """Case (`name way`) to reason."""
    found = json.loads(DIFFERENCES.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def accepts(verdict: Verdict) -> bool:
    return verdict is None


def test_verdicts_are_staps() -> None:
    at_version, verdicts = recorded()
    if at_version != version():
        pytest.skip(f"verdicts are of stap {at_version}, installed is {version()}")
    wrong = {
        f"{case.name} {case.way.value}"
        for case in CASES
        if accepts(ours.verdict(case)) != accepts(verdicts[case.name][case.way.value])
    }
    assert wrong == set(differences())


def test_recorded_verdicts_are_staps() -> None:
    """A sample, asked again; `make oracle` asks for all."""
    if shutil.which("stap") is None:
        pytest.skip("no stap to ask")
    at_version, verdicts = recorded()
    if at_version != version():
        pytest.skip(f"verdicts are of stap {at_version}, installed is {version()}")
    everything = "ORACLE_ALL" in os.environ
    asked = CASES if everything else random.Random(_SEED).sample(CASES, _SAMPLE)
    with stap() as real:
        wrong = [
            (case.name, case.way.value)
            for case in asked
            if real.verdict(case) != verdicts[case.name][case.way.value]
        ]
    assert wrong == []


def test_the_library_is_read_whole() -> None:
    """No declaration of upstream's library is a hole to us."""
    for case in (case for case in CASES if case.path.is_relative_to(LIBRARY) and case.guru):
        found = ours.tree(case.path, case)
        if not ours.errors(found):
            holes = [item for item in found.declarations if isinstance(item.decl, BadDecl)]
            assert not holes, case.name


def test_no_prefix_takes_the_parser_down() -> None:
    chance = random.Random(_SEED)
    for case in chance.sample(CASES, _SAMPLE):
        text = case.path.read_text(encoding="utf-8", errors="surrogateescape")
        for end in chance.sample(range(len(text) + 1), min(_PREFIXES, len(text))):
            _prefix(case, text[:end])


def _prefix(case: Case, text: str) -> None:
    found = parse_file(SourceText(str(ROOT / case.name), text), case.arguments)
    for placed in found.declarations:
        assert 0 <= placed.span.start <= placed.span.end <= len(text), (case.name, len(text))
