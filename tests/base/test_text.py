"""Places in texts: line ends as protocol and stap have them, columns in three encodings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.base.text import Encoding, Position, SourceText, Span

_texts = st.text(st.sampled_from("ab \t\n\r\f\v\u2028\u0085é€𝄞\udc80"), max_size=40)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", (0,)),
        ("a", (0,)),
        ("a\n", (0, 2)),
        ("a\r\nb", (0, 3)),
        ("a\rb", (0, 2)),
        ("a\n\rb", (0, 2, 3)),
        ("a\fb\vc\u2028d\u2029e\x85f\x1cg", (0,)),
    ],
)
def test_line_ends(text: str, starts: tuple[int, ...]) -> None:
    assert SourceText("x", text).line_starts == starts


def test_columns_in_each_encoding() -> None:
    text = SourceText("x", "é€𝄞b\nc")
    widths = {Encoding.UTF8: (0, 2, 5, 9, 10), Encoding.UTF16: (0, 1, 2, 4, 5)}
    for encoding, columns in widths.items():
        found = tuple(text.position(offset, encoding).column for offset in range(5))
        assert found == columns
    assert text.position(4) == Position(0, 4)
    assert text.position(5, Encoding.UTF8) == Position(1, 0)
    assert text.place(6) == "x:2:2"


def test_places_outside_are_clamped() -> None:
    text = SourceText("x", "ab\r\nc")
    for encoding in Encoding:
        assert text.offset(Position(0, 99), encoding) == 2  # before the line's end
        assert text.offset(Position(0, -1), encoding) == 0
        assert text.offset(Position(1, 99), encoding) == 5
        assert text.offset(Position(9, 0), encoding) == 5
        assert text.offset(Position(-1, 7), encoding) == 0
        assert text.position(99, encoding) == Position(1, 1)
        assert text.position(-5, encoding) == Position(0, 0)


def test_a_column_inside_a_character_is_after_it() -> None:
    text = SourceText("x", "a𝄞b")
    assert text.offset(Position(0, 2), Encoding.UTF16) == 2
    assert text.offset(Position(0, 3), Encoding.UTF8) == 2


def test_spans() -> None:
    text = SourceText("x", "probe")
    assert text.replaced(Span(1, 3), "XY!").text == "pXY!be"
    assert Span(1, 3).to(Span(5, 9)) == Span(1, 9)
    assert Span(1, 3).shifted(4) == Span(5, 7)
    assert [Span(1, 3).covers(at) for at in range(5)] == [False, True, True, True, False]


@given(_texts, st.sampled_from(Encoding), st.data())
def test_an_offset_comes_back(text: str, encoding: Encoding, data: st.DataObject) -> None:
    source = SourceText("x", text)
    offset = data.draw(st.integers(0, len(text)))
    position = source.position(offset, encoding)
    again = source.offset(position, encoding)
    if text[offset - 1 : offset + 1] == "\r\n":
        assert again == offset - 1  # inside a line's end there is no place
    else:
        assert again == offset


@given(_texts)
def test_lines_cover_the_text(text: str) -> None:
    source = SourceText("x", text)
    starts = (*source.line_starts, len(text))
    lines = [source.line_text(line) for line in range(len(source.line_starts))]
    for line, (start, end) in enumerate(pairwise(starts)):
        assert text[start:end].startswith(lines[line])
        assert text[start:end][len(lines[line]) :] in ("", "\n", "\r", "\r\n")
        assert all(source.line_of(at) == line for at in range(start, end))


@given(_texts, st.sampled_from(Encoding), st.integers(-2, 9), st.integers(-2, 50))
def test_every_position_is_some_offset(text: str, encoding: Encoding, line: int, at: int) -> None:
    assert 0 <= SourceText("x", text).offset(Position(line, at), encoding) <= len(text)
