from __future__ import annotations

import pytest

from tests.support.fixture import Claim, Cursor, parse_fixture
from translator.base.text import Span


def test_cursor_files_and_claims() -> None:
    fixture = parse_fixture(
        "//- /a.stp\n"
        "probe be$0gin { foo() }\n"
        "//              ^^^ error: no such function\n"
        "//- /b.stp\n"
        "global x\n"
        "       ^\n"
    )
    assert fixture.files == {"/a.stp": "probe begin { foo() }\n", "/b.stp": "global x\n"}
    assert fixture.cursor == Cursor("/a.stp", 8)
    assert fixture.claims == (
        Claim("/a.stp", Span(14, 17), "error: no such function"),
        Claim("/b.stp", Span(7, 8), ""),
    )


def test_one_file_without_a_name() -> None:
    fixture = parse_fixture("probe $0")
    assert (fixture.text, fixture.offset) == ("probe ", 6)


@pytest.mark.parametrize(
    "text", ["$0 $0", "^^^ nothing above", "a$0\n//- /b\n$0\n", "//- /a\n//- /a\n"]
)
def test_mistakes_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_fixture(text)
