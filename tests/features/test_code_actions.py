"""Fixes of misspelt names, and text that the preprocessor leaves out."""

from __future__ import annotations

from stap_lsp.features.code_actions import code_actions
from stap_lsp.features.diagnostics import INACTIVE, diagnostics
from tests.features.checks import workspace
from translator.base.text import Span

PATH = "/actions.stp"


def fixed(text: str, wrong: str) -> set[str]:
    """The text after each fix that is offered at ``wrong``."""
    analysis = workspace()
    analysis.set_text(PATH, text)
    at = text.index(wrong)
    made = set()
    for action in code_actions(analysis, PATH, Span(at, at)) or ():
        (edit,) = action.fix.edits
        made.add(text[: edit.span.start] + edit.new + text[edit.span.end :])
    return made


def test_misspelt_names() -> None:
    assert "probe begin { exit() }" in fixed("probe begn { exit() }", "begn")
    assert "probe begin { println(1) }" in fixed("probe begin { printnl(1) }", "printnl")
    assert fixed("probe begin { exit() }", "exit") == set()


def test_text_that_is_left_out() -> None:
    analysis = workspace()
    text = "probe begin { %( 1 == 2 %? exit() %: next %) }"
    analysis.set_text(PATH, text)
    (found,) = (each for each in diagnostics(analysis, PATH) if each.rule == INACTIVE)
    assert text[found.span.start : found.span.end].strip() == "exit()"
