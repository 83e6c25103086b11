"""Options may stand after the script, as with stap; `--` ends them."""

from __future__ import annotations

from pathlib import Path

from tests.support.running import stap_lsp

_SCRIPT = 'probe begin { printf("%s %d\\n", @1, $# ) exit() }\n'


def test_options_after_the_script(tmp_path: Path) -> None:
    script = tmp_path / "arguments.stp"
    script.write_text(_SCRIPT)
    outcome = stap_lsp("run", str(script), "first", "--runtime=host", "-w", "second")
    assert (outcome.output, outcome.status) == ("first 2\n", 0)


def test_arguments_that_look_like_options(tmp_path: Path) -> None:
    script = tmp_path / "arguments.stp"
    script.write_text(_SCRIPT)
    outcome = stap_lsp("run", "--runtime=host", str(script), "--", "-dash")
    assert (outcome.output, outcome.status) == ("-dash 1\n", 0)
