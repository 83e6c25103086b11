"""Cutting a file at its top-level declarations.

Each chunk holds one declaration, the comments directly above it and the blank space below,
so that a keystroke changes one chunk and the others are found again by their text.  A
chunk that opens with `%(` may hold several declarations, or none.  Refuses to judge: what
belongs to no declaration is a chunk as well, and the parser reports it.

A declaration word at the margin starts a chunk even inside open braces: a body that is
being typed does not swallow the rest of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from translator.syntax import lexer


class Chunk(NamedTuple):
    offset: int
    text: str


def chunks(text: str) -> tuple[Chunk, ...]:
    """The pieces of ``text``, in order; their texts concatenate to it.  Empty for ""."""
    if not text:
        return ()
    cuts = sorted({0, *_Cutter(text).cuts()})
    return tuple(
        Chunk(start, text[start:end])
        for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
    )


# Only what can move a boundary.  Every alternative begins with a literal character, which
# lets `re` run over the words between; a named group would not, so the first characters of a
# match say what it is.
_MARKS = re.compile(
    "|".join(
        [
            r"/(?:/[^\n]*|\*.*?\*/|\*" + lexer.UNTIL_DECLARATION + ")",
            r"\#[^\n]*",
            r"%(?:[(:)]|\{.*?%\}|\{" + lexer.UNTIL_DECLARATION + ")",
            r"@(?:define\b|\#)",
            r"\$\#",
            *(rf"{word}\b(?<![\w$.>]{word})" for word in lexer.DECLARATION_WORDS),
            *map(re.escape, "{}()"),
            r'"(?:[^"\\\n]|\\.)*(?:"|\\?)',
        ]
    ),
    re.DOTALL | re.MULTILINE | re.ASCII,
)


class _Mark(Enum):
    COMMENT = auto()
    EMBEDDED = auto()
    CONDITIONAL = auto()
    DEFINE = auto()
    START = auto()
    BRACE = auto()
    PARENTHESIS = auto()
    OTHER = auto()


_BY_CHARACTER = {
    **dict.fromkeys("/#", _Mark.COMMENT),
    "%": _Mark.CONDITIONAL,
    **dict.fromkeys("pfg", _Mark.START),
    **dict.fromkeys("{}", _Mark.BRACE),
    **dict.fromkeys("()", _Mark.PARENTHESIS),
    **dict.fromkeys('"$@', _Mark.OTHER),
}


_INSIDE = frozenset('()"$@')


def _kind(text: str) -> _Mark:
    if text == "@define":
        return _Mark.DEFINE
    if text.startswith("%{"):
        return _Mark.EMBEDDED
    return _BY_CHARACTER[text[0]]


_EXPANSION = re.compile(r'\{(?:[\w\s.,*?!()]|"[^"\n]*")*\}\s*[.{]')
_MACRO = re.compile(r"@[A-Za-z_]\w*[ \t]+", re.ASCII)
_SOLID = re.compile(r"\S")


class _Header(Enum):
    """What the current chunk turned out to be, which says where it ends."""

    NOTHING = auto()
    PROBE = auto()
    FUNCTION = auto()
    GLOBAL = auto()
    PRIVATE = auto()
    BRACKETED = auto()  # "%( … %)" or "@define": ends with its last "%)"


_HEADERS = {
    "probe": _Header.PROBE,
    "function": _Header.FUNCTION,
    "global": _Header.GLOBAL,
    "private": _Header.PRIVATE,
}


class _Cutter:
    """One walk over the marks of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._header = _Header.NOTHING
        self._closed: int | None = 0  # where the last declaration ended, until more is seen
        self._braces = self._parens = self._expansions = 0
        self._conditionals: list[int] = []  # depth of braces at each open "%("
        self._comments = (-1, -1)  # the run of comments just passed

    def cuts(self) -> Iterator[int]:
        marks = list(_MARKS.finditer(self._text))
        unclosed = _unclosed(marks) if "%(" in self._text else set()
        for mark in marks:
            text = mark.group()
            if self._closed is None:
                # Most marks by far: what stands in a body and is no brace.
                if text[0] in _INSIDE and self._braces:
                    continue
            else:
                yield from self._stray(mark.start())
            match _kind(text):
                case _Mark.BRACE:
                    self._brace(text, mark.start())
                case _Mark.PARENTHESIS:
                    self._parenthesis(text)
                case _Mark.COMMENT:
                    self._pass_comment(mark.start(), mark.end())
                case _Mark.START:
                    yield from self._start(mark)
                case _Mark.EMBEDDED:
                    yield from self._embedded(mark)
                case _Mark.DEFINE if self._at_top:
                    yield self._open(mark.start(), _Header.BRACKETED)
                case _Mark.CONDITIONAL if mark.start() not in unclosed:
                    yield from self._conditional(mark)
                case _:
                    if self._closed is not None:
                        yield self._open(mark.start(), _Header.NOTHING)
        if self._closed is not None:
            yield from self._stray(len(self._text))

    @property
    def _at_top(self) -> bool:
        return not (self._braces or self._conditionals)

    def _open(self, at: int, header: _Header) -> int:
        """Start a chunk whose first word stands at ``at``; gives the cut above it."""
        self._header, self._closed = header, None
        self._braces = self._parens = self._expansions = 0
        first, last = self._comments
        if first >= 0 and not self._text[last:at].strip():
            at = first
        line = self._text.rfind("\n", 0, at) + 1
        return at if self._text[line:at].strip() else line

    def _stray(self, until: int) -> Iterator[int]:
        """Cut off text after a declaration's end that belongs to none."""
        assert self._closed is not None
        solid = _SOLID.search(self._text, self._closed, until)
        if solid is None:
            return
        if solid.group() == "," and self._header is _Header.PROBE:
            self._closed = None  # an alias's epilogue follows
        else:
            yield self._open(solid.start(), _Header.NOTHING)

    def _pass_comment(self, start: int, end: int) -> None:
        first, last = self._comments
        line = self._text.rfind("\n", 0, start) + 1
        if first >= 0 and not self._text[last:start].strip():
            self._comments = (first, end)
        elif not self._text[line:start].strip():
            self._comments = (start, end)
        else:
            self._comments = (-1, -1)
        if self._closed is not None:
            self._closed = end

    def _start(self, mark: re.Match[str]) -> Iterator[int]:
        at = mark.start()
        margin = at == 0 or self._text[at - 1] in "\r\n"
        if not margin and self._text[at - 1] in " \t":
            # `@private30 function`: a macro that says `private` belongs to what follows.
            line = self._text.rfind("\n", 0, at) + 1
            if _MACRO.fullmatch(self._text, line, at):
                at, margin = line, True
        if self._conditionals or not (margin or (self._at_top and not self._parens)):
            return
        if self._expansions and not margin:
            return
        header = _HEADERS[mark.group()]
        if self._header is _Header.PRIVATE and header is not _Header.PRIVATE:
            self._header = header
            return
        if self._text[:at].rstrip(" \t")[-1:] != ".":
            yield self._open(at, header)

    def _embedded(self, mark: re.Match[str]) -> Iterator[int]:
        if not self._at_top:
            return
        if self._closed is not None or self._header not in (_Header.FUNCTION, _Header.PROBE):
            yield self._open(mark.start(), _Header.NOTHING)
        self._closed = mark.end()

    def _conditional(self, mark: re.Match[str]) -> Iterator[int]:
        match mark.group():
            case "%(":
                alone = self._closed is not None or (
                    self._header is _Header.GLOBAL and self._ends_global(mark.start())
                )
                if self._at_top and not self._parens and alone:
                    yield self._open(mark.start(), _Header.BRACKETED)
                self._conditionals.append(self._braces)
            case "%:" if self._conditionals:
                self._braces = self._conditionals[-1]
            case "%)" if self._conditionals:
                depth = self._conditionals.pop()
                if not self._conditionals and self._header is _Header.BRACKETED:
                    self._braces, self._closed = depth, mark.end()

    def _ends_global(self, at: int) -> bool:
        """Whether what starts at ``at`` cannot belong to the global variables above it."""
        line = self._text.rfind("\n", 0, at) + 1
        return not self._text[line:at].strip() and self._text[:line].rstrip()[-1:] not in (",", "=")

    def _brace(self, brace: str, at: int) -> None:
        match brace:
            case "{" if self._expands(at):
                self._expansions += 1
            case "{":
                self._expansions = 0
                self._braces += 1
                if self._header is _Header.BRACKETED:
                    self._closed = None  # the body of a probe whose points are conditional
            case "}" if self._expansions:
                self._expansions -= 1
            case "}":
                self._braces = max(0, self._braces - 1)
                if self._at_top:
                    self._parens = 0
                    self._closed = at + 1

    def _parenthesis(self, parenthesis: str) -> None:
        if not self._braces:
            self._parens = max(0, self._parens + (1 if parenthesis == "(" else -1))

    def _expands(self, at: int) -> bool:
        """Whether the brace at ``at`` opens alternatives of a probe point, not a body."""
        if self._braces or self._header is not _Header.PROBE:
            return False
        before = self._text[max(0, at - 80) : at].rstrip()
        if before.endswith(".") or (self._expansions and before.endswith((",", "{"))):
            return True
        return before.endswith((",", "probe")) and bool(_EXPANSION.match(self._text, at))


def _unclosed(marks: list[re.Match[str]]) -> set[int]:
    """Where a `%(` stands that nothing closes, with the other marks that have no partner."""
    opened: list[list[int]] = []
    alone: set[int] = set()
    for mark in marks:
        if mark.group() not in ("%(", "%:", "%)"):
            continue
        match mark.group():
            case "%(":
                opened.append([mark.start()])
            case "%:" if opened:
                opened[-1].append(mark.start())
            case "%)" if opened:
                opened.pop()
            case _:
                alone.add(mark.start())
    return alone.union(*opened)
