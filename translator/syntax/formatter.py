"""Lays a script out: indentation, spaces, one statement a line.  Almost no choices.

Works on tokens, so that comments and embedded C stay what they are; the tree says where
statements begin.  A `%( … %)` only moves as a whole: which of its branches the tree knows
differs from machine to machine, and what is laid out must not.  Two spaces a level, opening braces at the end of
the line, spaces around binary operators.  Where the author broke a long line it stays broken,
and a block that was written on one line with one statement stays so.  Heads of declarations
(probe points, parameters) keep their spaces.  ``# fmt: off`` … ``# fmt: on`` is left alone.

A file with syntax errors is not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import SourceText
from translator.syntax import ast
from translator.syntax.lexer import TRIVIA, Kind, Token, tokens
from translator.syntax.parser import SyntaxTree
from translator.syntax.spacing import Spacing

# What these are about may be defined elsewhere: the text around them is read all the same.
_ELSEWHERE = frozenset({"unknown-macro", "missing-argument"})
_INDENT = 2
_TAB = 8
_LONG = re.compile(r"\n|%\(")
_SWITCH = re.compile(r"(?:#|//)\s*fmt:\s*(off|on)\s*$")


def format_script(tree: SyntaxTree) -> tuple[str, tuple[Diagnostic, ...]]:
    """A script's text laid out, and no errors; or the text as it is, and its syntax errors.

    Formatting twice gives what once gives.
    """
    source = tree.source
    errors = tuple(
        item
        for item in tree.diagnostics
        if item.severity is Severity.ERROR and item.rule not in _ELSEWHERE
    )
    if errors:
        return source.text, errors
    given = list(tokens(source.text))
    text = _Layout(source, given, _structure(tree)).text()
    assert _words(tokens(text)) == _words(given), "formatting changed a script's tokens"
    return text, ()


def _words(found: Iterator[Token] | list[Token]) -> list[tuple[Kind, str]]:
    return [(item.kind, item.text) for item in found if item.kind is not Kind.WHITESPACE]


# --- what the tree says ----------------------------------------------------------------


@dataclass(slots=True)
class _Structure:
    """Places in the file.

    ``statements``: those that stand in a block, hence on a line of their own; ``bodies``:
    those that a head like `if (…)` has without braces.  ``levels``: how many such heads stand
    around a statement or around a block's closing brace.  ``blocks``: opening brace to
    closing brace; ``short``: those that stay on one line.
    """

    declarations: set[int] = field(default_factory=set)
    statements: set[int] = field(default_factory=set)
    bodies: set[int] = field(default_factory=set)
    levels: dict[int, int] = field(default_factory=dict)
    blocks: dict[int, int] = field(default_factory=dict)
    short: set[int] = field(default_factory=set)


def _structure(tree: SyntaxTree) -> _Structure:
    found = _Structure()
    for placed in tree.declarations:
        at = placed.offset
        found.declarations.add(placed.decl.span.start + at)
        match placed.decl:
            case ast.Function(body=body) | ast.Probe(body=body):
                _statement(body, at, 0, tree.source.text, found)
            case ast.Alias(prologue=prologue, epilogue=epilogue):
                for part in (prologue, epilogue):
                    if part is not None:
                        _statement(part, at, 0, tree.source.text, found)
            case _:
                pass
    return found


def _statement(stmt: ast.Stmt, at: int, level: int, text: str, found: _Structure) -> None:
    start, end = stmt.span.start + at, stmt.span.end + at
    found.levels.setdefault(start, level)
    match stmt:
        case ast.Block(body=body):
            if text[start : start + 1] != "{" or text[end - 1 : end] != "}":
                return  # a macro's
            found.blocks[start] = end - 1
            found.levels[end - 1] = level
            for inner in body:
                found.statements.add(inner.span.start + at)
                _statement(inner, at, level, text, found)
            if not _LONG.search(text, start, end) and _is_simple(body):
                found.short.add(start)
        case ast.If(then=then, otherwise=otherwise):
            _body(then, at, level, text, found)
            if isinstance(otherwise, ast.If):
                _statement(otherwise, at, level, text, found)
            elif otherwise is not None:
                _body(otherwise, at, level, text, found)
            if otherwise is not None:
                found.levels.setdefault(_word_before(text, otherwise.span.start + at), level)
        case ast.While(body=body_) | ast.For(body=body_) | ast.Foreach(body=body_):
            _body(body_, at, level, text, found)
        case ast.Try(body=body_, handler=handler):
            _body(body_, at, level, text, found)
            _body(handler, at, level, text, found)
        case _:
            pass


def _is_simple(body: tuple[ast.Stmt, ...]) -> bool:
    """Whether a block may stay on its line: at most one statement, without a block in it."""
    return len(body) <= 1 and not any(
        isinstance(node, ast.Block) for stmt in body for node in ast.walk(stmt)
    )


def _word_before(text: str, at: int) -> int:
    """Where the `else` before a place stands."""
    return text.rfind("else", 0, at)


def _body(stmt: ast.Stmt, at: int, level: int, text: str, found: _Structure) -> None:
    if isinstance(stmt, ast.Block):
        _statement(stmt, at, level, text, found)
        return
    found.bodies.add(stmt.span.start + at)
    _statement(stmt, at, level + 1, text, found)


# --- lines -----------------------------------------------------------------------------


class _Layout:
    """One walk over the tokens."""

    def __init__(self, source: SourceText, given: list[Token], structure: _Structure) -> None:
        self._source = source
        self._tokens = given
        self._at = structure
        self._end = "\r\n" if "\r\n" in source.text else "\n"
        self._closing = {end: start for start, end in structure.blocks.items()}
        self._out: list[str] = []
        self._depth = 0
        self._branches = 0  # open "%("
        self._inside: list[str] = []  # open parentheses and brackets
        self._shift = 0  # by how many columns the current statement moved
        self._base = 0  # and to which column
        self._spacing = Spacing()

    def text(self) -> str:
        last: Token | None = None
        space = ""
        off = False
        for index, token in enumerate(self._tokens):
            if token.kind is Kind.WHITESPACE:
                space = token.text
                continue
            switch = _SWITCH.match(token.text) if token.kind is Kind.COMMENT else None
            if self._branches and not off:
                self._out.append(self._shifted(space) + token.text)
                self._track(token)
            elif off:
                self._out.append(space + token.text)
                self._track(token)
                off = not (switch and switch[1] == "on")
            else:
                self._place(last, space, token, self._following(index))
                off = bool(switch and switch[1] == "off")
            last, space = token, ""
        if off:
            return "".join(self._out) + space
        text = "".join(self._out)
        return text + self._end if text else ""

    def _following(self, index: int) -> Token | None:
        for token in self._tokens[index + 1 :]:
            if token.kind not in TRIVIA:
                return token
        return None

    def _place(self, last: Token | None, space: str, token: Token, following: Token | None) -> None:
        start = token.start
        lines = space.count("\n")
        block_ends = start in self._closing
        if block_ends:
            self._depth -= 1
        breaks = self._breaks(last, lines, token)
        gap = self._gap(last, space, token, following)
        if last is None:
            self._begin(token, space)
        elif breaks:
            opens = last.start in self._at.blocks
            blank = lines > 1 and not opens and not block_ends
            self._out.append(self._end * (2 if blank else 1))
            self._begin(token, space)
        else:
            self._out.append(gap)
            if start in self._at.statements:
                self._settle(self._column(token), token)
        self._out.append(token.text)
        self._track(token, closed=block_ends)

    def _breaks(self, last: Token | None, lines: int, token: Token) -> bool:
        """Whether ``token`` starts a line."""
        if last is None:
            return False
        if last.kind is Kind.COMMENT and not last.text.startswith("/*"):
            return True
        start = token.start
        if token.kind is Kind.COMMENT:
            return lines > 0 or (last.start in self._at.blocks and self._is_long(last.start))
        if start in self._at.blocks:
            # The brace stands with its head; a comment between keeps them apart.
            if start in self._at.statements:
                return True
            return last.kind is Kind.COMMENT and lines > 0
        if last.start in self._at.blocks:
            return self._is_long(last.start)
        if start in self._closing:
            return self._is_long(self._closing[start])
        if start in self._at.declarations:
            return lines > 0 or last.kind is not Kind.PREPROCESSOR
        if start in self._at.statements:
            return True
        if last.start in self._closing:
            if token.text in ("else", "catch", ",") and last.kind is not Kind.COMMENT:
                return False
            return token.text not in (";", ")") and (
                lines > 0 or token.kind is not Kind.PREPROCESSOR
            )
        return lines > 0 and token.text != ";"

    def _is_long(self, block: int) -> bool:
        return block not in self._at.short

    def _gap(self, last: Token | None, space: str, token: Token, following: Token | None) -> str:
        """What stands before a token that goes on a line."""
        flat = " " if space else ""
        if token.kind is Kind.COMMENT:
            return space if space and "\n" not in space else " "
        begins = token.start in self._at.statements or token.start in self._at.bodies
        if last is not None and last.kind is Kind.COMMENT:
            last = None
            self._spacing.before(None, token, following, begins)
            return flat
        if not self._in_body():
            if token.start in self._at.blocks:
                return " "
            if last is not None and last.text == "," and "{" not in self._inside:
                return " "
            return flat if token.text not in (",", ";") else ""
        if last is not None and Kind.PREPROCESSOR in (last.kind, token.kind):
            self._spacing.before(None, token, following, begins)
            return flat
        if token.start in self._closing:
            return " "
        return self._spacing.before(last, token, following, begins)

    def _in_body(self) -> bool:
        return self._depth > 0

    def _begin(self, token: Token, space: str) -> None:
        """Indent a line that starts with ``token``."""
        start = token.start
        own = (
            start in self._at.levels
            or start in self._at.declarations
            or start in self._closing
            or (token.kind is Kind.COMMENT and not self._inside)
            or (token.kind is Kind.PREPROCESSOR and not self._inside)
        )
        column = self._column(token)
        if own:
            self._settle(column, token)
        else:
            # The author broke the line here: it keeps its place beside the one above.
            column = max(self._base + _INDENT, self._written(token) + self._shift)
        self._out.append(" " * column)

    def _shifted(self, space: str) -> str:
        """Space between tokens of a conditional, moved along with the line of its `%(`."""
        before, newline, indent = space.rpartition("\n")
        if not newline:
            return space
        column = max(0, len(indent.expandtabs(_TAB)) + self._shift)
        return before + newline + " " * column

    def _settle(self, column: int, token: Token) -> None:
        self._base = column
        self._shift = column - self._written(token)

    def _column(self, token: Token) -> int:
        level = self._depth + self._at.levels.get(token.start, 0)
        return _INDENT * max(0, level)

    def _written(self, token: Token) -> int:
        """The column where the author began the token's line."""
        line = self._source.line_text(self._source.line_of(token.start))
        return len(line.expandtabs(_TAB)) - len(line.expandtabs(_TAB).lstrip())

    def _track(self, token: Token, closed: bool = False) -> None:
        if token.start in self._at.blocks:
            self._depth += 1
            self._inside.clear()
        elif token.start in self._closing:
            self._depth -= 0 if closed else 1
        elif token.kind is Kind.PREPROCESSOR:
            if token.text == "%(":
                self._branches += 1
            elif token.text == "%)" and self._branches:
                self._branches -= 1
        elif token.kind is Kind.OPERATOR:
            if token.text in ("(", "[", "{"):
                self._inside.append(token.text)
            elif token.text in (")", "]", "}") and self._inside:
                self._inside.pop()
