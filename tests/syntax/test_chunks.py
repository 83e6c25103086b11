from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.syntax.scripts import installed, our_texts
from translator.syntax.chunks import chunks

PIECES = st.sampled_from(
    [
        "probe ",
        "function ",
        "global ",
        "private ",
        "{",
        "}",
        "(",
        ")",
        '"',
        "/*",
        "*/",
        "%{",
        "%}",
        "%(",
        "%:",
        "%)",
        "#",
        "\n",
        "a",
        ".",
        ",",
        "@define ",
        "$#",
        " ",
    ]
)


def cut(text: str) -> list[str]:
    return [chunk.text for chunk in chunks(text)]


@pytest.mark.parametrize(
    "pieces",
    [
        ["probe a { }\n", "global b\n", "function f() { }\n"],
        ["probe a { } ", "global b ", "probe c { }"],
        ["# one\n\n# two\nprobe a { } # trailing\n\n", "# three\nglobal b\n"],
        ["probe a { if (x) {\n\n", "probe b { }\n", "global c"],
        ["probe a = b { }, { }\n", "probe c { }"],
        ["probe a.{b,c}.d { x }\n", "probe {e,f}.g { }"],
        ["probe a.function.probe { }\n", "private function f() { }\n", "private g"],
        ["function f() %{ } %}\n", "%{ #include <x> %}\n", "global a"],
        ['global a = "probe b { }" /* probe c */\n', "global d"],
        ["%( 1 == 1 %?\nprobe a { }\nprobe b { }\n%)\n", "probe c { }"],
        ["probe a %( 1 == 1 %? .b %: .c { %) { }\n", "global d"],
        ["@define M(a) %( @a + { %)\n", "global d"],
        ["probe a { }\n", "prob b { }\n", "probe c { }"],
        ["probe a { x = $# }\n", "global d"],
        ["global a\n", "/* open\nprobe b { }"],
        ["probe kernel.function(\n", "probe b { }"],
    ],
)
def test_cuts(pieces: list[str]) -> None:
    assert cut("".join(pieces)) == pieces


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES).map("".join))
def test_chunks_concatenate(text: str) -> None:
    assert "".join(cut(text)) == text
    assert all(cut(text))
    for chunk in chunks(text):
        assert text.startswith(chunk.text, chunk.offset)


@pytest.mark.parametrize("text", our_texts())
def test_chunks_are_found_again(text: str) -> None:
    """A declaration typed in front leaves the chunks behind it as they were."""
    assert cut("global typed_now\n" + text)[1:] == cut(text)


def test_installed_scripts() -> None:
    paths = installed()
    if not paths:
        pytest.skip("no installed SystemTap library to cut")
    for path in paths:
        text = path.read_text(errors="replace")
        assert "".join(cut(text)) == text, path
