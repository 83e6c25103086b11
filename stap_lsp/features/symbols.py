"""The outline of a script: its declarations, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stap_lsp.features import documentation
from stap_lsp.features.answers import Symbol, SymbolKind
from translator.base.text import Span
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.syntax.parser import Placed

_WIDTH = 60  # of the probe points shown


def symbols(analysis: Analysis, path: str) -> tuple[Symbol, ...]:
    """Probes by their points, aliases by their names, each global variable on its own."""
    tree = analysis.tree(path)
    return tuple(symbol for placed in tree.declarations for symbol in _symbols(placed))


def _symbols(placed: Placed) -> Iterator[Symbol]:
    decl, at = placed.decl, placed.offset
    match decl:
        case ast.Function(name=word) if word.text:
            signature = documentation.function_head(decl).partition(word.text)[2]
            name = word.span.shifted(at)
            yield Symbol(word.text, SymbolKind.FUNCTION, signature.strip(), placed.span, name)
        case ast.Global(variables=variables):
            for each in variables:
                if each.name.text:
                    whole, name = each.span.shifted(at), each.name.span.shifted(at)
                    yield Symbol(each.name.text, SymbolKind.GLOBAL, "", whole, name)
        case ast.Probe(points=points) if points:
            yield _probe(placed, points, SymbolKind.PROBE, "")
        case ast.Alias(names=names, points=points) if names:
            yield _probe(placed, names, SymbolKind.ALIAS, f"= {_written(placed, points)}")
        case _:
            pass


def _probe(
    placed: Placed, points: tuple[ast.ProbePoint, ...], kind: SymbolKind, detail: str
) -> Symbol:
    span = Span(points[0].span.start, points[-1].span.end).shifted(placed.offset)
    return Symbol(_written(placed, points) or "probe", kind, detail, placed.span, span)


def _written(placed: Placed, points: tuple[ast.ProbePoint, ...]) -> str:
    if not points:
        return ""
    text = " ".join(placed.text[points[0].span.start : points[-1].span.end].split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
