"""Text to tokens: one regular expression, nothing thrown away.

The texts of the tokens, trivia included, concatenate to the input.  What cannot be read
(an unknown character, a string without its end) is a token too, with a diagnostic beside
it.  Refuses to know grammar: whether `%` divides or wraps an array is the parser's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from translator.base.diagnostics import Diagnostic, Edit, Fix, Severity
from translator.base.text import Span


class Kind(Enum):
    WHITESPACE = "whitespace"
    COMMENT = "comment"
    NAME = "name"
    KEYWORD = "keyword"
    NUMBER = "number"
    STRING = "string"
    TARGET = "target variable"
    AT_WORD = "@ word"
    ARGUMENT = "command-line argument"
    EMBEDDED = "embedded C"
    PREPROCESSOR = "preprocessor bracket"
    OPERATOR = "operator"
    UNTERMINATED_STRING = "unterminated string"
    UNTERMINATED_COMMENT = "unterminated comment"
    UNTERMINATED_EMBEDDED = "unterminated embedded C"
    UNKNOWN = "unknown character"
    HOLE = "hole"  # stands for a macro's use that means nothing; no text is read as one


KEYWORDS = frozenset(
    [
        "probe",
        "global",
        "private",
        "function",
        "if",
        "else",
        "for",
        "foreach",
        "in",
        "limit",
        "return",
        "delete",
        "while",
        "break",
        "continue",
        "next",
        "string",
        "long",
        "try",
        "catch",
    ]
)


class Token(NamedTuple):
    """A piece of text and where it starts.  A tuple, not a dataclass: there are thousands.

    ``origin`` is the place in the script that a substituted token (a command-line argument,
    a macro's body) stands for; None for a token that is written where it is.  ``within`` says
    where it stands in the text it was substituted from: what touched there touches here.
    """

    kind: Kind
    text: str
    start: int
    origin: Span | None = None
    within: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.text) if self.origin is None else self.origin.end

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def touches(self, before: Token) -> bool:
        """Whether nothing stands between ``before`` and this token."""
        if self.origin is None or before.origin is None:
            return self.origin is before.origin and self.start == before.end
        return self.origin == before.origin and self.within == before.within + len(before.text)


TRIVIA = frozenset({Kind.WHITESPACE, Kind.COMMENT, Kind.UNTERMINATED_COMMENT})

# What opens and never closes ends where the next declaration starts at the margin (only one
# in ten thousand such words stands inside a body), so that it does not swallow the file.
DECLARATION_WORDS = ("probe", "function", "global", "private")
UNTIL_DECLARATION = rf"(?:(?!^(?:{'|'.join(DECLARATION_WORDS)})\b).)*+"
COMMENT = r"//[^\n]*|\#[^\n]*|/\*.*?\*/"
STRING = r'"(?:[^"\\\n]|\\.)*"'
EMBEDDED = r"%\{.*?%\}"
UNTERMINATED_COMMENT = rf"/\*{UNTIL_DECLARATION}"
UNTERMINATED_EMBEDDED = rf"%\{{{UNTIL_DECLARATION}"
UNTERMINATED_STRING = r'"(?:[^"\\\n]|\\.)*\\?'

_GROUPS = (
    (Kind.WHITESPACE, r"\s+"),
    (Kind.NAME, r"[A-Za-z_][\w$]*"),
    (Kind.COMMENT, COMMENT),
    (Kind.EMBEDDED, EMBEDDED),
    (Kind.STRING, STRING),
    (Kind.NUMBER, r"[0-9]\w*"),
    (Kind.ARGUMENT, r"[$@](?:[0-9]+|\#)"),
    (Kind.TARGET, r"\$+(?:[A-Za-z_][\w$]*)?"),
    (Kind.AT_WORD, r"@(?:[A-Za-z_]\w*)?"),
    (Kind.UNTERMINATED_COMMENT, UNTERMINATED_COMMENT),
    (Kind.UNTERMINATED_EMBEDDED, UNTERMINATED_EMBEDDED),
    (Kind.UNTERMINATED_STRING, UNTERMINATED_STRING),
    (Kind.PREPROCESSOR, r"%[()?:]"),
    (
        Kind.OPERATOR,
        r"<<<|<<=|>>=|&&|\|\||\+\+|--|->|<<|>>|=~|!~|[-+*/%&|^.<>=!]=|[-+*/%&|^~!<>=?:;,.(){}\[\]]",
    ),
    (Kind.UNKNOWN, r"."),
)
_MASTER = re.compile(
    "|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _GROUPS),
    re.DOTALL | re.MULTILINE | re.ASCII,
)
_KINDS: tuple[Kind, ...] = (Kind.UNKNOWN, *(kind for kind, _ in _GROUPS))

_BROKEN = {
    Kind.UNTERMINATED_STRING: ("unterminated-string", 'this string has no closing `"`', '"'),
    Kind.UNTERMINATED_COMMENT: ("unterminated-comment", "this comment has no closing `*/`", "*/"),
    Kind.UNTERMINATED_EMBEDDED: ("unterminated-embedded-c", "`%{` has no closing `%}`", "%}"),
}


def tokens(text: str) -> Iterator[Token]:
    """Every token of ``text``, whitespace and comments included, in order."""
    kinds = _KINDS
    for match in _MASTER.finditer(text):
        kind = kinds[match.lastindex or 0]
        word = match.group()
        if kind is Kind.NAME and word in KEYWORDS:
            kind = Kind.KEYWORD
        yield Token(kind, word, match.start())


def significant(text: str) -> list[Token]:
    """The tokens of ``text`` that are neither whitespace nor comment."""
    return [token for token in tokens(text) if token.kind not in TRIVIA]


def broken(token: Token) -> Diagnostic | None:
    """What is wrong with a token by itself; None for a sound one."""
    if token.kind is Kind.UNKNOWN:
        return Diagnostic(
            "unexpected-character",
            Severity.ERROR,
            token.span,
            f"unexpected character {_name(token.text)}",
        )
    if token.kind not in _BROKEN:
        return None
    rule, message, closer = _BROKEN[token.kind]
    shown = len(token.text.split("\n", 1)[0].rstrip())
    written = len(token.text.rstrip())
    fixes: tuple[Fix, ...] = ()
    if token.kind is Kind.UNTERMINATED_STRING:
        at = Span(token.start + written, token.start + written)
        fixes = (Fix(f"Close the string with `{closer}`", (Edit(at, closer),)),)
    return Diagnostic(
        rule, Severity.ERROR, Span(token.start, token.start + shown), message, fixes=fixes
    )


def _name(char: str) -> str:
    return f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"


# --- what literals mean ----------------------------------------------------------------

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}


def string_value(literal: str) -> str:
    """The text a string literal stands for; a missing closing quote is forgiven.

    Escapes are C's; an unknown one means its character, as in stap.  ``\\x`` and octal
    escapes give the code point of that byte.
    """
    body = literal[1:]
    if literal.endswith('"') and len(literal) > 1:
        body = body[:-1]
    return _ESCAPE.sub(_unescape, body) if "\\" in body else body


def _unescape(match: re.Match[str]) -> str:
    hexadecimal, octal, letter = match.groups()
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    if octal:
        return chr(int(octal, 8) & 0xFF)
    return _LETTERS.get(letter, letter)


def string_literal(value: str) -> str:
    """A literal that means ``value``, quotes included; non-ASCII characters stay."""
    names = {char: f"\\{letter}" for letter, char in _LETTERS.items()}
    names |= {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(names.get(char) or _escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    # Three octal digits end by themselves; a hexadecimal escape would eat what follows.
    return char if ord(char) >= 0x20 and char != "\x7f" else f"\\{ord(char):03o}"


def number_value(literal: str) -> int | None:
    """The value of a number, wrapped to signed 64 bits; None where it is no number.

    Decimal, ``0x`` hexadecimal and ``0`` octal; at most 2**64 - 1, as stap.
    """
    try:
        if literal[:2] in ("0x", "0X"):
            value = int(literal, 16)
        elif literal.startswith("0") and len(literal) > 1:
            value = int(literal, 8)
        else:
            value = int(literal) if literal.isdigit() and len(literal) <= 20 else 1 << 64
    except ValueError:
        return None
    if "_" in literal or value >= 1 << 64:
        return None
    return wrapped(value)


def wrapped(value: int) -> int:
    """``value`` modulo 2**64, signed."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
