"""Print formats as data: parsed once, type-checked by the front end, rendered by runtimes."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from translator.base.value import dataclass
from translator.core.types import Type


class Conversion(Enum):
    """The letter of a conversion."""

    DECIMAL = "d"  # and %i
    UNSIGNED = "u"
    OCTAL = "o"
    HEX = "x"
    HEX_UPPER = "X"
    POINTER = "p"
    CHARACTER = "c"
    STRING = "s"
    BINARY = "b"  # 1, 2, 4 or 8 raw bytes, by width
    MEMORY = "m"  # bytes at a kernel address, raw
    MEMORY_HEX = "M"  # … in hexadecimal


class Length(Enum):
    """A width or precision that is taken from an argument (``*``)."""

    ARGUMENT = "*"


@dataclass(frozen=True, slots=True)
class Directive:
    """One conversion.  ``width`` and ``precision`` None mean not given.

    A `Length.ARGUMENT` width or precision consumes an argument of its own, before the value.
    """

    conversion: Conversion
    flags: frozenset[str] = frozenset()  # of "#", "0", "-", "+", " "
    width: int | Length | None = None
    precision: int | Length | None = None

    @property
    def argument_types(self) -> tuple[Type, ...]:
        """Types of the arguments consumed, in order."""
        lengths = (self.width, self.precision).count(Length.ARGUMENT)
        value = Type.STRING if self.conversion is Conversion.STRING else Type.LONG
        return (*[Type.LONG] * lengths, value)


Piece: TypeAlias = str | Directive  # a str is literal text


@dataclass(frozen=True, slots=True)
class Format:
    """Literal text and directives, in order; adjacent literals are merged."""

    pieces: tuple[Piece, ...]

    @property
    def argument_types(self) -> tuple[Type, ...]:
        return tuple(
            wanted
            for piece in self.pieces
            if isinstance(piece, Directive)
            for wanted in piece.argument_types
        )


_FLAGS = "#0- +"
_LETTERS = {item.value: item for item in Conversion} | {"i": Conversion.DECIMAL}


def parse_format(text: str) -> tuple[Format, str | None]:
    """Parse a printf format.  Returns what could be read and, if bad, what is wrong with it."""
    pieces: list[Piece] = []
    literal = ""
    at = 0
    while at < len(text):
        if text[at] != "%":
            literal += text[at]
            at += 1
            continue
        if text.startswith("%%", at):
            literal += "%"
            at += 2
            continue
        start, at = at, at + 1
        flags: set[str] = set()
        while at < len(text) and text[at] in _FLAGS:
            flags.add(text[at])
            at += 1
        width, at = _length(text, at)
        precision: int | Length | None = None
        if at < len(text) and text[at] == ".":
            precision, at = _length(text, at + 1)
            precision = 0 if precision is None else precision
        while at < len(text) and text[at] in "hl":
            at += 1
        if at == len(text):
            return _finish(pieces, literal), f"format ends inside '{text[start:]}'"
        conversion = _LETTERS.get(text[at])
        at += 1
        if conversion is None:
            return _finish(pieces, literal), f"unknown conversion '{text[start:at]}'"
        if literal:
            pieces.append(literal)
            literal = ""
        pieces.append(Directive(conversion, frozenset(flags), width, precision))
    return _finish(pieces, literal), None


def _finish(pieces: list[Piece], literal: str) -> Format:
    return Format((*pieces, literal) if literal else tuple(pieces))


def _length(text: str, at: int) -> tuple[int | Length | None, int]:
    if at < len(text) and text[at] == "*":
        return Length.ARGUMENT, at + 1
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return (int(text[at:end]) if end > at else None), end
