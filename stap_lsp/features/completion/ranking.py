"""Which of many candidates are worth showing, and in what order."""

from __future__ import annotations

from collections.abc import Iterable

from stap_lsp.features.answers import Completions, Item, ItemKind
from translator.base.text import Span

LIMIT = 200


def chosen(items: Iterable[Item], partial: str, span: Span) -> Completions:
    """Those whose label has the letters of ``partial`` in order, the nearest first."""
    scored: dict[tuple[str, ItemKind], tuple[int, int, str, Item]] = {}
    for item in items:
        near = nearness(item.label, partial)
        if near is not None:
            key = (item.label, item.kind)
            scored.setdefault(key, (near, item.rank, item.label.lower(), item))
    ordered = sorted(scored.values(), key=lambda row: row[:3])
    return Completions(span, tuple(row[3] for row in ordered[:LIMIT]), len(ordered) > LIMIT)


def nearness(label: str, partial: str) -> int | None:
    """0: begins so; 1: holds it; 2: has its letters in order; None: no match."""
    if label.startswith("_") and not partial.startswith("_"):
        return None  # not for users
    low, wanted = label.lower(), partial.lower()
    if low.startswith(wanted):
        return 0
    if wanted in low:
        return 1
    rest = iter(low)
    return 2 if all(letter in rest for letter in wanted) else None
