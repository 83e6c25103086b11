"""Marker fixtures: one text that says a whole test.

    //- /tapset/net.stp          starts a file (default: /main.stp)
    $0                           the cursor; legal scripts never contain it
          ^^^^ error: no such…   a claim about the code above the carets

A claim stands under its line, may start with ``//`` and is taken out of the text; carets
point at the columns above them as the author sees them, the cursor's mark included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from translator.base.text import Span

CURSOR = "$0"
DEFAULT_PATH = "/main.stp"

_FILE = re.compile(r"^//- (/\S+)[ \t]*\n", re.MULTILINE)
_CLAIM = re.compile(r"^(?P<lead>[ \t]*(?://)?[ \t]*)(?P<carets>\^+)(?: (?P<text>.*))?$")


@dataclass(frozen=True, slots=True)
class Claim:
    """``span`` counts code points in the file's text without markers."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Cursor:
    path: str
    offset: int


@dataclass(frozen=True, slots=True)
class Fixture:
    files: dict[str, str]
    cursor: Cursor | None
    claims: tuple[Claim, ...]

    @property
    def text(self) -> str:
        """The text of the only file."""
        (text,) = self.files.values()
        return text

    @property
    def offset(self) -> int:
        """Where the cursor is."""
        assert self.cursor is not None, "this fixture has no cursor"
        return self.cursor.offset


def parse_fixture(source: str) -> Fixture:
    """Split ``source``.  ValueError: a second cursor, a claim under nothing, a file twice."""
    files: dict[str, str] = {}
    cursors: list[Cursor] = []
    claims: list[Claim] = []
    for path, text in _files(source):
        if path in files:
            raise ValueError(f"{path} stands twice in the fixture")
        files[path] = _read_file(path, text, cursors, claims)
    if len(cursors) > 1:
        raise ValueError("a fixture has at most one cursor")
    return Fixture(files, cursors[0] if cursors else None, tuple(claims))


def _files(source: str) -> Iterator[tuple[str, str]]:
    first, *named = _FILE.split(source)
    if first.strip() or not named:
        yield DEFAULT_PATH, first
    yield from zip(named[::2], named[1::2], strict=True)


def _read_file(path: str, text: str, cursors: list[Cursor], claims: list[Claim]) -> str:
    kept = ""
    line_start = 0
    cursor_column: int | None = None  # in the line above, as the author sees it
    for line in text.splitlines(keepends=True):
        claim = _CLAIM.match(line.rstrip("\n"))
        if claim is not None:
            if not kept:
                raise ValueError(f"{path}: a claim needs code above it")
            seen = claim.span("carets")
            start, end = (line_start + _unmarked(column, cursor_column) for column in seen)
            claims.append(Claim(path, Span(start, end), (claim["text"] or "").strip()))
            continue
        line_start = len(kept)
        found = line.find(CURSOR)
        cursor_column = None if found < 0 else found
        if cursor_column is not None:
            cursors.append(Cursor(path, line_start + cursor_column))
            line = line.replace(CURSOR, "", 1)
            if CURSOR in line:
                raise ValueError("a fixture has at most one cursor")
        kept += line
    return kept


def _unmarked(column: int, cursor_column: int | None) -> int:
    """A column the author sees as a column of the text without the cursor's mark."""
    if cursor_column is None or column <= cursor_column:
        return column
    return max(cursor_column, column - len(CURSOR))
