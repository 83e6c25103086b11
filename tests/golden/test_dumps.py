"""What each pass makes of a script, beside what it made before: ``PASS/NAME.stp`` and ``.out``.

``make golden`` (UPDATE_GOLDEN=1) rewrites the expectations; the difference is to be reviewed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from stap_lsp.cli import dump
from translator.analysis import bundled_library

_HERE = Path(__file__).parent
_SCRIPTS = sorted(_HERE.glob("*/*.stp"))


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_dump(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    result = CliRunner().invoke(dump.command, [script.parent.name, script.name])
    assert result.exit_code == 0, result.output
    found = result.output.replace(bundled_library(), "LIBRARY")
    expected = script.with_suffix(".out")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(found)
    assert found == expected.read_text()


def test_every_expectation_has_its_script() -> None:
    assert {path.with_suffix(".stp") for path in _HERE.glob("*/*.out")} == set(_SCRIPTS)


def test_every_front_end_pass_is_here() -> None:
    assert {path.parent.name for path in _SCRIPTS} == set(dump.PASSES) - {"code"}
