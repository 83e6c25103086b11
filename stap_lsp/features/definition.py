"""Where the thing under the cursor is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stap_lsp.features.answers import Definition, Definitions
from translator.semantics.mentions import (
    FunctionMention,
    Mention,
    PointMention,
    TargetMention,
    VariableMention,
    WordMention,
    mention_at,
)
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.elaborate.lookup import Declared, Lookup
    from translator.syntax.parser import Placed

_MOST = 50  # declarations shown of a wildcard


def definition(analysis: Analysis, path: str, offset: int) -> Definitions | None:
    """None where nothing is declared: on numbers, keywords, `$` variables."""
    place = mention_at(analysis.tree(path), offset)
    if place is None:
        return None
    placed, mention = place
    found = _declared(analysis.lookup(path), placed, mention)
    return Definitions(mention.span, found) if found else None


def _declared(lookup: Lookup, placed: Placed, mention: Mention) -> tuple[Definition, ...]:
    match mention:
        case FunctionMention(name=name, arity=arity):
            return _all(lookup.called(name, arity))
        case VariableMention(name=name):
            variable = lookup.variable(name, placed)
            if variable is None:
                return ()
            return (Definition(variable.source, variable.place, variable.place),)
        case PointMention(components=components, point=point):
            exact = lookup.aliases(components)
            if exact:
                return _all(exact[:_MOST])
            # A cursor on `syscall` of `syscall.open` means the alias all the same.
            whole = tuple(each for each in point.components if isinstance(each, ast.Component))
            return _all(lookup.aliases(whole)[:_MOST])
        case TargetMention() | WordMention():
            return ()


def _all(declared: tuple[Declared, ...]) -> tuple[Definition, ...]:
    return tuple(Definition(each.source, each.name, each.span) for each in declared)
