"""Declarations without bodies: what a file offers, read from the heads of its chunks.

A summary changes only when a head does; bodies are parsed when somebody needs them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from typing import assert_never

from translator.base.value import dataclass
from translator.syntax import ast, lexer
from translator.syntax.chunks import chunks
from translator.syntax.lexer import Kind, Token


class Declares(Enum):
    FUNCTION = "function"
    GLOBAL = "global"
    ALIAS = "alias"
    PROBE = "probe"
    MACRO = "macro"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Head:
    """A declaration by its chunk ``[start, end)`` in the file.

    ``names`` are a function's or macro's name, a global declaration's variables, or an
    alias's points, each with components joined by dots and arguments left out.  ``nth``
    counts the declarations of one chunk, where a conditional or a macro holds several.
    """

    declares: Declares
    names: tuple[str, ...]
    private: bool
    start: int
    end: int
    nth: int = 0


def heads(text: str) -> tuple[Head, ...]:
    """The heads of all chunks of ``text`` that declare something."""
    return tuple(
        _head(piece.text, piece.offset) for piece in chunks(text) if not piece.text.isspace()
    )


def macro_names(text: str) -> tuple[str, ...]:
    """The names of all macros that ``text`` may define, whatever its conditions."""
    return tuple(dict.fromkeys(_DEFINE.findall(text)))


_DEFINE = re.compile(r"^[^\n#/]*@define\s+([A-Za-z_]\w*)", re.ASCII | re.MULTILINE)


def head_of(decl: ast.Decl, chunk: Head, nth: int) -> Head:
    """The head of a declaration that is known, the ``nth`` of ``chunk``."""
    names: tuple[str, ...]
    match decl:
        case ast.Function(name=name, private=private):
            kind, names = Declares.FUNCTION, (name.text,)
        case ast.Global(variables=variables, private=private):
            kind, names = Declares.GLOBAL, tuple(item.name.text for item in variables)
        case ast.Alias(names=points):
            kind, names, private = Declares.ALIAS, tuple(map(_dotted, points)), False
        case ast.Probe():
            kind, names, private = Declares.PROBE, (), False
        case ast.EmbeddedCode() | ast.BadDecl():
            kind, names, private = Declares.OTHER, (), False
        case _:
            assert_never(decl)
    return replace(chunk, declares=kind, names=names, private=private, nth=nth)


def _dotted(point: ast.ProbePoint) -> str:
    return ".".join(item.name for item in point.components if isinstance(item, ast.Component))


def _head(text: str, offset: int) -> Head:
    tokens = _Tokens(text)
    private = tokens.take("private")
    word = tokens.next()
    end = offset + len(text)
    kind = Declares.OTHER
    names: tuple[str, ...] = ()
    match word.text if word else "":
        case "function":
            name = tokens.next()
            kind, names = Declares.FUNCTION, (name.text,) if name else ()
        case "global":
            kind, names = Declares.GLOBAL, _global_names(tokens)
        case "probe":
            kind, names = _probe(tokens)
        case "@define":
            name = tokens.next()
            kind, names = Declares.MACRO, (name.text,) if name else ()
        case _ if private and word is not None:  # "private x" is short for "private global x"
            kind, names = Declares.GLOBAL, (word.text, *_global_names(tokens))
    return Head(kind, names, private, offset, end)


class _Tokens:
    """Significant tokens, made only as far as they are read."""

    def __init__(self, text: str) -> None:
        self._source = (token for token in lexer.tokens(text) if token.kind not in lexer.TRIVIA)
        self._ahead: Token | None = next(self._source, None)

    def next(self) -> Token | None:
        token, self._ahead = self._ahead, next(self._source, None)
        return token

    def take(self, text: str) -> bool:
        if self._ahead is not None and self._ahead.text == text:
            self.next()
            return True
        return False


def _global_names(tokens: _Tokens) -> tuple[str, ...]:
    names: list[str] = []
    expecting = True
    while (token := tokens.next()) is not None:
        if expecting and token.kind is Kind.NAME:
            names.append(token.text)
            expecting = False
        elif token.text == ",":
            expecting = True
    return tuple(names)


def _probe(tokens: _Tokens) -> tuple[Declares, tuple[str, ...]]:
    """Alias points up to ``=``, or a probe up to its body."""
    names: list[str] = []
    current = ""
    depth = 0
    while (token := tokens.next()) is not None:
        match token.text:
            case "=" | "+=" if not depth:
                return Declares.ALIAS, (*names, current)
            case "{" | "if":
                break
            case "(":
                depth += 1
            case ")":
                depth -= 1
            case "," if not depth:
                names.append(current)
                current = ""
            case _ if not depth:
                current += token.text
    return Declares.PROBE, ()
