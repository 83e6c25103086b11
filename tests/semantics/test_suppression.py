"""Comments that silence rules."""

from __future__ import annotations

import pytest

from tests.support.running import elaborated, stap_lsp

UNUSED = "unused-variable: 'x' is assigned but never read"


@pytest.mark.parametrize(
    ("script", "messages"),
    [
        ("probe begin {\n x = 1 # stap-lsp: ignore[unused-variable]\n exit() }", ()),
        ("probe begin {\n // stap-lsp: ignore\n x = 1\n exit() }", ()),
        ("# stap-lsp: ignore-file[unused-variable]\nprobe begin {\n x = 1\n exit() }", ()),
        (
            "probe begin {\n x = 1 # stap-lsp: ignore[no-effect]\n exit() }",
            (UNUSED, "unused-suppression: this silences nothing: 'no-effect' is not reported here"),
        ),
        (
            "probe begin {\n x = 1 # stap-lsp: ignore[no-such]\n exit() }",
            (UNUSED, "unused-suppression: there is no rule 'no-such' to silence"),
        ),
    ],
)
def test_silenced(script: str, messages: tuple[str, ...]) -> None:
    assert elaborated(script)[1] == messages


def test_errors_are_not_silenced() -> None:
    program, messages = elaborated("probe begin { x( } # stap-lsp: ignore")
    assert program is None
    assert any(message.startswith("syntax-error") for message in messages)


def test_explain() -> None:
    found = stap_lsp("explain", "unused-variable")
    assert found.status == 0
    assert "```stp" in found.output


def test_explain_what_is_no_rule() -> None:
    found = stap_lsp("explain", "unused-varible")
    assert (found.status, "did you mean 'unused-variable'?" in found.errors) == (2, True)


def test_every_rule_is_listed() -> None:
    from translator.semantics.rules import registry

    lines = stap_lsp("explain").output.splitlines()
    assert [line.split()[1] for line in lines] == list(registry.IDS)
