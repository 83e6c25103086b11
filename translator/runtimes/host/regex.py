"""POSIX extended regular expressions, as SystemTap's ``=~`` takes them, on Python's `re`.

Bytes match, not characters.  Whether a text matches is exact; where alternatives of
different length match at one place Python takes the first, POSIX the longest, which
`matched` may show.
"""

from __future__ import annotations

import re

from translator.runtimes.host.strings import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_QUANTIFIERS = "*+?"
_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\t-\r ",
    "blank": r"\t ",
    "punct": r"!-/:-@\[-`{-~",
    "print": " -~",
    "graph": "!-~",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9a-fA-F",
}


def compile_extended(pattern: str) -> Callable[[str], re.Match[bytes] | None]:
    """A function that searches a script string; raises re.error if the pattern is bad."""
    search = re.compile(encode(to_python(pattern)), re.DOTALL).search
    return lambda text: search(encode(text))


def to_python(pattern: str) -> str:
    """The pattern in Python's syntax."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "[":
            bracket, at = _bracket(pattern, at)
            out.append(bracket)
            continue
        if letter == "\\" and at + 1 < len(pattern):
            out.append(re.escape(pattern[at + 1]))
            at += 2
            continue
        if letter in _QUANTIFIERS:
            # Doubled ones mean something else to Python.
            end = at
            while end < len(pattern) and pattern[end] in _QUANTIFIERS:
                end += 1
            given = set(pattern[at:end])
            out.append(letter if len(given) == 1 else "*")
            at = end
            continue
        out.append("\\Z" if letter == "$" else letter)
        at += 1
    return "".join(out)


def _bracket(pattern: str, start: int) -> tuple[str, int]:
    at = start + 1
    out = "["
    if pattern[at : at + 1] == "^":
        out += "^"
        at += 1
    first = True
    while at < len(pattern):
        letter = pattern[at]
        if letter == "]" and not first:
            return out + "]", at + 1
        first = False
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            out += _CLASSES.get(pattern[at + 2 : end], "")
            at = end + 2
            continue
        out += "\\" + letter if letter in "\\[]^&~|" else letter
        at += 1
    raise re.error("unterminated bracket expression", pattern, start)
