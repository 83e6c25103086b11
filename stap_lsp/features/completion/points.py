"""Completion in probe points: components of families and aliases, arguments of components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stap_lsp.features.answers import Item, ItemKind, Subject, SubjectKind
from translator.base.text import Span
from translator.probes import registry
from translator.probes.pattern import is_wildcard
from translator.probes.point import Candidate, CandidateKind
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.analysis import Analysis

_KINDS = {
    CandidateKind.COMPONENT: ItemKind.COMPONENT,
    CandidateKind.DIRECTORY: ItemKind.DIRECTORY,
    CandidateKind.FILE: ItemKind.FILE,
    CandidateKind.FUNCTION: ItemKind.FUNCTION,
}
_WHOLE, _PART, _FAMILY = 0, 1, 2  # ranks: aliases that end here, that go on, families


def components(
    analysis: Analysis, path: str, before: tuple[ast.Component, ...], partial: str
) -> list[Item]:
    """What may follow ``before``."""
    found = [
        *_aliases(analysis, path, before),
        *(_item(each, _FAMILY if before else _WHOLE) for each in _of_families(analysis, before)),
    ]
    if not found and before:
        found = [_item(each, _FAMILY) for each in _suffixes(analysis, path, before)]
    if not before and not partial.startswith("_"):
        found = [each for each in found if not each.label.startswith("_")]
    return found


def arguments(analysis: Analysis, written: tuple[ast.Component, ...], partial: str) -> list[Item]:
    """String arguments of the last component."""
    found = registry.complete_argument(written, partial, analysis.environment)
    return [_item(each, at) for at, each in enumerate(found)]


def named(dotted: str) -> tuple[ast.Component, ...]:
    """Components without arguments from their dotted text."""
    return tuple(ast.Component(name, Span(0, 0)) for name in dotted.split("."))


def _of_families(analysis: Analysis, before: tuple[ast.Component, ...]) -> tuple[Candidate, ...]:
    return registry.complete_component(before, "", analysis.environment)


def _aliases(analysis: Analysis, path: str, before: tuple[ast.Component, ...]) -> Iterator[Item]:
    """The next components of aliases, the script's and the library's."""
    if any(each.has_parentheses or is_wildcard(each.name) for each in before):
        return
    prefix = tuple(each.name for each in before)
    ends: dict[str, bool] = {}
    for names in _alias_names(analysis, path, prefix):
        if len(names) > len(prefix) and names[: len(prefix)] == prefix:
            name = names[len(prefix)]
            ends[name] = ends.get(name, False) or len(names) == len(prefix) + 1
    for name, whole in ends.items():
        dotted = ".".join((*prefix, name))
        subject = Subject(SubjectKind.ALIAS, path, dotted) if whole else None
        detail = dotted if whole else f"{dotted}.…"
        yield Item(name, ItemKind.ALIAS, _WHOLE if whole else _PART, detail=detail, subject=subject)


def _alias_names(
    analysis: Analysis, path: str, prefix: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    library = analysis.library
    for _, label in analysis.lookup(path).script_aliases:
        yield tuple(label.split("."))
    if not prefix:
        for first in library.first_components():
            alone = any(names == (first,) for names, _ in library.aliases_under(first))
            yield (first,) if alone else (first, "")
        return
    for names, _ in library.aliases_under(prefix[0]):
        yield names


def _suffixes(
    analysis: Analysis, path: str, before: tuple[ast.Component, ...]
) -> tuple[Candidate, ...]:
    """What may follow the probe points that an alias stands for."""
    for declared in analysis.lookup(path).aliases(before)[:1]:
        alias = declared.decl
        if isinstance(alias, ast.Alias):
            for point in alias.points[:1]:
                for expanded in registry.expand(point)[:1]:
                    return _of_families(analysis, expanded)
    return ()


def _item(candidate: Candidate, rank: int) -> Item:
    return Item(
        candidate.text,
        _KINDS.get(candidate.kind, ItemKind.VALUE),
        rank,
        detail=candidate.detail,
        documentation=candidate.documentation,
        snippet=candidate.snippet,
    )
