"""How deep a declaration may nest, so that walks over its tree may recurse.

A walk takes a few frames a level: Python is told to allow what the deepest tree needs.
"""

from __future__ import annotations

import sys

from translator.base.text import Span
from translator.syntax.ast import Decl, Node, children

LEVELS = 600
_FRAMES = 10_000  # of a walk over that many levels, with what stands below it
sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES))


def too_deep(decl: Decl, tokens: int) -> Span | None:
    """Where ``decl``, made of that many tokens, first nests deeper than `LEVELS`."""
    if tokens <= LEVELS:
        return None  # a level takes a token at least
    pending: list[tuple[Node, int]] = [(decl, 0)]
    while pending:
        node, level = pending.pop()
        if level > LEVELS:
            return node.span
        pending.extend((child, level + 1) for child in children(node))
    return None
