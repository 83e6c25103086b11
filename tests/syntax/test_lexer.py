from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.syntax.scripts import our_texts
from translator.syntax.lexer import (
    Kind,
    number_value,
    significant,
    string_literal,
    string_value,
    tokens,
)

PIECES = st.sampled_from(
    [
        "probe ",
        "{",
        "}",
        '"',
        "/*",
        "*/",
        "%{",
        "%}",
        "%(",
        "%)",
        "$",
        "@",
        "#",
        "\n",
        "a",
        "1",
        "é",
    ]
)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("x $y $$z @count $1 @2 $# @#", "NAME TARGET TARGET AT_WORD" + " ARGUMENT" * 4),
        ("a # b\nc // d\ne /* f\ng */ h", "NAME NAME NAME NAME"),
        ("if iff", "KEYWORD NAME"),
        ("0x1f 010 12", "NUMBER NUMBER NUMBER"),
        ('"a\\"b" "c', "STRING UNTERMINATED_STRING"),
        ('%{ } " %} %( %? %: %)', "EMBEDDED" + " PREPROCESSOR" * 4),
        ("a<<<b", "NAME OPERATOR NAME"),
        ("a ` b", "NAME UNKNOWN NAME"),
        ("/* never closed\nprobe x", "KEYWORD NAME"),
        ("%{ never closed\nprobe x", "UNTERMINATED_EMBEDDED KEYWORD NAME"),
    ],
)
def test_kinds(text: str, kinds: str) -> None:
    assert [token.kind.name for token in significant(text)] == kinds.split()


@pytest.mark.parametrize("text", our_texts())
def test_nothing_is_lost(text: str) -> None:
    assert "".join(token.text for token in tokens(text)) == text
    assert not [token for token in tokens(text) if token.kind is Kind.UNKNOWN]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_nothing_is_lost_of_any_text(text: str) -> None:
    at = 0
    for token in tokens(text):
        assert token.start == at
        at = token.end
    assert at == len(text)
    assert "".join(token.text for token in tokens(text)) == text


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0", 0),
        ("010", 8),
        ("0xFF", 255),
        ("9223372036854775808", -(1 << 63)),
        ("18446744073709551615", -1),
        ("18446744073709551616", None),
        ("12ab", None),
        ("08", None),
        ("0x", None),
        ("1_0", None),
    ],
)
def test_numbers(literal: str, value: int | None) -> None:
    assert number_value(literal) == value


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"a\n\t\"\\"', 'a\n\t"\\'),
        (r'"\101\x41\0"', "AA\0"),
        (r'"\q"', "q"),
        ('"a\\\nb"', "a\nb"),
        ('"open', "open"),
    ],
)
def test_strings(literal: str, value: str) -> None:
    assert string_value(literal) == value


@given(st.text())
def test_string_literals_mean_what_they_were_made_of(value: str) -> None:
    literal = string_literal(value)
    assert string_value(literal) == value
    assert [token.kind for token in tokens(literal)] == [Kind.STRING]
