"""`check` answers for any text at all: scripts cut, spliced and damaged, and mere noise."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stap_lsp.cli.main import run

SCRIPTS = [
    path.read_text("utf-8", "surrogateescape")
    for path in sorted((Path(__file__).parents[1] / "fixtures" / "scripts").glob("*.stp"))
]
PIECES = (
    *("probe", "function", "global", "private", "foreach", "in", "delete", "next", "return"),
    *("try", "catch", "if", "else", "while", "for", "{", "}", "(", ")", "[", "]", "<<<", "$$"),
    *("@count(", "@cast(", "@define", "%(", "%)", "%?", "%:", "%{", "%}", "$x", "->", '"', "\\"),
    *("/*", "*/", "//", "#", "\n", "\0", "\r\n", "\ufeff", "é", "\udcff", "🐧", "9" * 40, "0x"),
    *(
        "begin",
        "timer.s(1)",
        "syscall.*",
        "process.",
        "kernel.",
        "?",
        "!",
        ",",
        ";",
        "=",
        "+=",
        "x",
    ),
)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SCRIPTS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        other = draw(st.sampled_from(SCRIPTS))
        cut = draw(st.integers(0, len(other)))
        new = draw(st.sampled_from((*PIECES, other[cut : cut + 40])))
        text = text[:start] + new + text[end:]
    return text


_NOISE = st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join)


@pytest.mark.parametrize("form", ["full", "json"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(_damaged(), _NOISE, st.text(max_size=200)))
def test_property_check_never_raises(
    form: str,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = text.encode("utf-8", "surrogatepass")
    monkeypatch.setenv("STAP_LSP_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run(["check", f"--output-format={form}", "-"]) in (0, 1)
    capsys.readouterr()
