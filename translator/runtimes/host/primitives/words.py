"""Primitives on strings.  Positions and lengths count bytes."""

from __future__ import annotations

import errno
import os

from translator.runtimes.host.arithmetic import MAX, MIN
from translator.runtimes.host.faults import HandlerError
from translator.runtimes.host.strings import decode, encode, terminated

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
    """The byte at ``position``; 0 outside."""
    octets = encode(text)
    if not 0 <= position < len(octets):
        return 0
    value = octets[position]
    return value - 256 if value > 127 else value


def isinstr(run: Run, text: str, part: str) -> int:
    return 1 if part in text else 0


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


def text_str(run: Run, text: str) -> str:
    """``text`` with everything unprintable escaped as in C."""
    return _escaped(encode(text))


def text_strn(run: Run, text: str, length: int, quoted: int) -> str:
    """`text_str` of at most ``length`` bytes, in quotation marks and with ``...`` if cut."""
    octets = encode(text)
    length = length if length > 0 else 255
    body = _escaped(octets[:length])
    if not quoted:
        return body
    return f'"{body}"{"..." if len(octets) > length else ""}'


def _escaped(octets: bytes) -> str:
    out = ""
    for code in octets:
        if code in _ESCAPES:
            out += "\\" + _ESCAPES[code]
        else:
            out += chr(code) if 32 <= code < 127 else f"\\{code:03o}"
    return out


def str_replace(run: Run, text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


def tokenize(run: Run, text: str, delimiters: str) -> str:
    """The next token; ``text`` "" goes on where the last call stopped."""
    rest = text or run.tokens
    start = 0
    while start < len(rest) and rest[start] in delimiters:
        start += 1
    end = start
    while end < len(rest) and rest[end] not in delimiters:
        end += 1
    run.tokens = rest[end + 1 :]
    return terminated(rest[start:end])


def errno_str(run: Run, number: int) -> str:
    """The symbol of an error number: ENOENT for 2; E#3333 for one that has none."""
    return errno.errorcode.get(number) or f"E#{number}"


def errno_name(run: Run, number: int) -> str:
    if not 0 < number < 4096:
        raise HandlerError(f"no error number {number}")
    return errno.errorcode.get(number) or os.strerror(number)
