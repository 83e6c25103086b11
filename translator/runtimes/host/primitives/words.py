"""Primitives on strings.  Positions and lengths count bytes."""

from __future__ import annotations

from translator.runtimes.host.arithmetic import MAX, MIN
from translator.runtimes.host.faults import HandlerError
from translator.runtimes.host.strings import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run

_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_BLANK = " \t\n\v\f\r"


def strlen(run: Run, text: str) -> int:
    return len(text) if text.isascii() else len(encode(text))


def substr(run: Run, text: str, start: int, length: int) -> str:
    """``length`` bytes from ``start``; "" if either is out of range."""
    if start < 0 or length < 1 or start >= len(encode(text)):
        return ""
    return decode(encode(text)[start : start + length])


def stringat(run: Run, text: str, position: int) -> int:
    """The byte at ``position``; a handler error outside."""
    octets = encode(text)
    if not 0 <= position < len(octets):
        raise HandlerError(f"stringat: position {position} is outside the string")
    return octets[position]


def strpos(run: Run, text: str, part: str) -> int:
    """Offset of ``part``, or -1."""
    return encode(text).find(encode(part))


def strtol(run: Run, text: str, base: int) -> int:
    """The number that ``text`` starts with, as strtoll(3) reads it; 0 if there is none."""
    text = text.lstrip(_BLANK)
    negative = text.startswith("-")
    text = text[1:] if text[:1] in ("-", "+") else text
    if base in (0, 16) and text[:2].lower() == "0x" and _digits(text[2:3], 16):
        text, base = text[2:], 16
    elif base == 0:
        base = 8 if text.startswith("0") else 10
    if not 2 <= base <= 36:
        return 0
    digits = _digits(text, base)
    if not digits:
        return 0
    value = int(digits, base)
    return max(MIN, min(MAX, -value if negative else value))


def _digits(text: str, base: int) -> str:
    known = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
    end = 0
    while end < len(text) and text[end].lower() in known and text[end].isascii():
        end += 1
    return text[:end]


def text_strn(run: Run, text: str, length: int, quoted: int) -> str:
    """`quote` of a whole string."""
    return quote(encode(text), length, run.string_limit, quoted)


def quote(octets: bytes, length: int, limit: int, quoted: int) -> str:
    """Everything unprintable escaped as in C, at most ``length`` bytes of result.

    A ``length`` of 0 or more than ``limit`` - 1 means that.  ``quoted`` puts the result in
    quotation marks, with ``...`` behind them if it was cut; both count.
    """
    room = length if 0 < length < limit else limit - 1
    if quoted:
        room = max(room, 5) - 2
    body = ""
    for code in octets:
        if code in _ESCAPES:
            shown = "\\" + _ESCAPES[code]
        else:
            shown = chr(code) if 32 <= code < 127 else f"\\{code:03o}"
        if len(body) + len(shown) > room:
            return f'"{body[: room - 3]}"...' if quoted else body
        body += shown
    return f'"{body}"' if quoted else body


def str_replace(run: Run, text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text
