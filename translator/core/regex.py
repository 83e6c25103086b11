"""POSIX extended regular expressions, as SystemTap's ``=~`` takes them, in Python's syntax.

There are no back-references.  Kept apart from the runtimes so that a bad pattern is a
mistake in the script, not in the run.
"""

from __future__ import annotations

import re

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


def problem(pattern: str) -> str | None:
    """What is wrong with the pattern, or None."""
    try:
        re.compile(to_python(pattern))
    except re.error as error:
        return error.msg
    return None


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
