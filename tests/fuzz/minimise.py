"""A smaller text that fails in the same way: lines are left out first, then tokens."""

from __future__ import annotations

import time
from collections.abc import Callable

from translator.syntax.lexer import tokens


def minimised(text: str, fails: Callable[[str], bool], seconds: float) -> str:
    """The smallest text found within ``seconds``; ``text`` itself must fail."""
    until = time.monotonic() + seconds
    for split in (_lines, _tokens):
        text = _without(split(text), fails, until)
    return text


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _tokens(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


def _without(pieces: list[str], fails: Callable[[str], bool], until: float) -> str:
    size = max(1, len(pieces) // 2)
    while pieces:
        at = 0
        while at < len(pieces):
            if time.monotonic() > until:
                return "".join(pieces)
            fewer = pieces[:at] + pieces[at + size :]
            if fails("".join(fewer)):
                pieces = fewer
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return "".join(pieces)
