"""Everywhere in the script that names what the cursor is on: for highlights and references."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from stap_lsp.features.answers import Occurrence
from translator.probes.pattern import spelled
from translator.semantics.mentions import (
    FunctionMention,
    Mention,
    PointMention,
    Role,
    TargetMention,
    VariableMention,
    WordMention,
    mention_at,
    mentions,
)
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.elaborate.lookup import Lookup
    from translator.syntax.parser import Placed


def occurrences(analysis: Analysis, path: str, offset: int) -> tuple[Occurrence, ...]:
    """In order of place; a declaration in the library comes last.  Empty on what has no name."""
    tree = analysis.tree(path)
    place = mention_at(tree, offset)
    if place is None:
        return ()
    lookup = analysis.lookup(path)
    wanted = _identity(lookup, *place)
    if wanted is None:
        return ()
    found = [
        _occurrence(lookup, mention)
        for placed in tree.declarations
        for mention in mentions(placed)
        if type(mention) is type(place[1]) and _identity(lookup, placed, mention) == wanted
    ]
    found.sort(key=lambda each: each.span)
    if not any(each.declares for each in found):
        found += _library_declarations(lookup, place[1])
    return tuple(dict.fromkeys(found))


def _identity(lookup: Lookup, placed: Placed, mention: Mention) -> Hashable | None:
    """Equal for mentions of one thing."""
    match mention:
        case FunctionMention(name=name, arity=arity):
            declared = lookup.called(name, arity)
            return (name, tuple((each.source.path, each.offset) for each in declared))
        case VariableMention(name=name):
            variable = lookup.variable(name, placed)
            if variable is None:
                return None
            return (name, variable.source.path, variable.place)
        case PointMention(components=components):
            return spelled(components)
        case TargetMention(expr=ast.Target(name=name)):
            return (name, placed.offset)
        case TargetMention() | WordMention():
            return None


def _occurrence(lookup: Lookup, mention: Mention) -> Occurrence:
    writes = isinstance(mention, VariableMention) and mention.role is not Role.READS
    match mention:
        case FunctionMention(role=role) | VariableMention(role=role):
            declares = role is Role.DECLARES
        case PointMention(declares=declares):
            pass
        case _:
            declares = False
    return Occurrence(lookup.tree.source, mention.span, writes, declares)


def _library_declarations(lookup: Lookup, mention: Mention) -> list[Occurrence]:
    match mention:
        case FunctionMention(name=name, arity=arity):
            declared = lookup.called(name, arity)
        case PointMention(components=components):
            declared = lookup.aliases(components)
        case _:
            declared = ()
    own = lookup.tree.source.path
    return [
        Occurrence(each.source, each.name, writes=False, declares=True)
        for each in declared
        if each.source.path != own
    ]
