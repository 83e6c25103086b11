"""Features answer at every place of half-typed scripts: nothing they meet there is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from stap_lsp.features.completion import completion
from stap_lsp.features.definition import definition
from stap_lsp.features.folding import folds
from stap_lsp.features.hover import hover
from stap_lsp.features.occurrences import occurrences
from stap_lsp.features.signature import signature
from stap_lsp.features.symbols import symbols
from tests.features.checks import workspace

SCRIPTS = sorted((Path(__file__).parents[1] / "fixtures" / "scripts").glob("*.stp"))
PATH = "/half-typed.stp"
STEP = 7  # of prefixes: a prime, so that scripts of one shape are cut at different places


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_prefix(script: Path) -> None:
    whole = script.read_text()
    for end in range(0, len(whole), STEP):
        _ask_everything(whole[:end], end)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_hole(script: Path) -> None:
    whole = script.read_text()
    for at in range(0, len(whole), STEP):
        _ask_everything(whole[:at] + whole[at + 3 :], at)


def _ask_everything(text: str, offset: int) -> None:
    analysis = workspace()
    analysis.set_text(PATH, text)
    completion(analysis, PATH, offset)
    hover(analysis, PATH, offset)
    definition(analysis, PATH, offset)
    occurrences(analysis, PATH, offset)
    signature(analysis, PATH, offset)
    for symbol in symbols(analysis, PATH):
        assert 0 <= symbol.span.start <= symbol.name_span.start
        assert symbol.name_span.end <= symbol.span.end <= len(text)
    folds(analysis, PATH)
