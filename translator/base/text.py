"""Source text and places in it.

The only module that knows lines, UTF-8 and UTF-16.  Everywhere else a place is a
`Span` of code points.  It refuses to read files: `system.py` does that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum
from functools import cached_property

from translator.base.value import dataclass

# The protocol's and stap's line ends; str.splitlines would also split at form feeds and U+2028.
_LINE_END = re.compile(r"\r\n|\n|\r")


class Encoding(Enum):
    """How a client counts columns (LSP 3.17 `positionEncoding`)."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points, ``[start, end)``, in one text or declaration."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)

    def covers(self, offset: int) -> bool:
        """True where a cursor at ``offset`` touches the span; both ends count."""
        return self.start <= offset <= self.end

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of ``other``."""
        return Span(self.start, other.end)


@dataclass(frozen=True, slots=True)
class Position:
    """Zero-based line and column; the column's unit is the encoding it was made for."""

    line: int
    column: int


@dataclass(frozen=True)
class SourceText:
    """One script: where it came from and what it says.

    ``path`` is a file name, or a name in angle brackets for a text without one
    (``<command line>``, ``<stdin>``).
    """

    path: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of each line's first code point; never empty."""
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    def line_of(self, offset: int) -> int:
        """Zero-based line that holds ``offset``, which is clamped to the text."""
        return bisect_right(self.line_starts, max(0, min(offset, len(self.text)))) - 1

    def line_text(self, line: int) -> str:
        """The line without its end."""
        start = self.line_starts[line]
        last = line + 1 == len(self.line_starts)
        end = len(self.text) if last else self.line_starts[line + 1]
        return self.text[start:end].rstrip("\r\n")

    def position(self, offset: int, encoding: Encoding = Encoding.UTF32) -> Position:
        offset = max(0, min(offset, len(self.text)))
        line = self.line_of(offset)
        before = self.text[self.line_starts[line] : offset]
        return Position(line, _width(before, encoding))

    def offset(self, position: Position, encoding: Encoding = Encoding.UTF32) -> int:
        """Offset of ``position``; one past a line's end or the text's end is clamped to it."""
        if position.line < 0:
            return 0
        if position.line >= len(self.line_starts):
            return len(self.text)
        start = self.line_starts[position.line]
        line = self.line_text(position.line)
        return start + _code_points(line, max(0, position.column), encoding)

    def place(self, offset: int) -> str:
        """``path:line:column``, one-based, as compilers print it."""
        at = self.position(offset)
        return f"{self.path}:{at.line + 1}:{at.column + 1}"

    def replaced(self, span: Span, new: str) -> SourceText:
        return SourceText(self.path, self.text[: span.start] + new + self.text[span.end :])


def _width(text: str, encoding: Encoding) -> int:
    match encoding:
        case Encoding.UTF32:
            return len(text)
        case Encoding.UTF16:
            return (
                len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
            )
        case Encoding.UTF8:
            return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _code_points(line: str, units: int, encoding: Encoding) -> int:
    """How many code points of ``line`` the first ``units`` code units cover."""
    if encoding is Encoding.UTF32 or line.isascii():
        return min(units, len(line))
    seen = 0
    for index, char in enumerate(line):
        if seen >= units:
            return index
        seen += _width(char, encoding)
    return len(line)
