"""What may be typed at the cursor, nearest first; documentation on demand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from stap_lsp.features import documentation
from stap_lsp.features.answers import Completions, Subject, SubjectKind
from stap_lsp.features.completion import names, points
from stap_lsp.features.completion.place import (
    ArgumentPlace,
    MemberPlace,
    NamePlace,
    Nothing,
    OperatorPlace,
    Place,
    PointPlace,
    TargetPlace,
    TopLevel,
    TypePlace,
    place_at,
)
from stap_lsp.features.completion.ranking import chosen

if TYPE_CHECKING:
    from translator.analysis import Analysis


def completion(analysis: Analysis, path: str, offset: int) -> Completions | None:
    """None where nothing can be offered."""
    tree = analysis.tree(path)
    found = _offered(analysis, path, offset, place_at(tree, offset))
    if found is not None and tree.source.text[offset : offset + 1] == "(":
        # What is named here has its parentheses already.
        return replace(found, items=tuple(replace(each, snippet="") for each in found.items))
    return found


def _offered(analysis: Analysis, path: str, offset: int, place: Place) -> Completions | None:
    match place:
        case Nothing():
            return None
        case TopLevel(span=span, partial=partial):
            return chosen(names.declarations(), partial, span)
        case TypePlace(span=span, partial=partial):
            return chosen(names.types(), partial, span)
        case PointPlace(span=span, partial=partial, before=before):
            found = points.components(analysis, path, before, partial)
            return chosen(found, partial, span)
        case ArgumentPlace(span=span, partial=partial, components=components):
            found = points.arguments(analysis, components, partial)
            return chosen(found, partial, span)
        case OperatorPlace(span=span, partial=partial):
            return chosen(names.operators(), partial, span)
        case TargetPlace(span=span, partial=partial):
            return chosen(names.targets(analysis, path, offset), partial, span)
        case MemberPlace(span=span, partial=partial):
            return chosen(names.members(analysis, path, offset), partial, span)
        case NamePlace(span=span, partial=partial, begins=begins):
            found = names.expressions(analysis, path, offset, partial)
            if begins:
                found = [*found, *names.statements()]
            return chosen(found, partial, span)
        case _:
            assert_never(place)


def item_documentation(analysis: Analysis, subject: Subject) -> str:
    """Markdown about an item that was offered; "" if there is none."""
    lookup = analysis.lookup(subject.path)
    match subject.kind:
        case SubjectKind.FUNCTION:
            declared = lookup.functions(subject.name)
            return documentation.function_markdown(declared) if declared else ""
        case SubjectKind.ALIAS:
            declared = lookup.aliases(points.named(subject.name))
            return documentation.alias_markdown(declared) if declared else ""
        case _:
            assert_never(subject.kind)
