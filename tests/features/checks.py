"""One check for each feature: a fixture, the place of its cursor, and what is expected there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

from stap_lsp.features.answers import Completions, Item
from stap_lsp.features.completion import completion, item_documentation
from stap_lsp.features.definition import definition
from stap_lsp.features.diagnostics import diagnostics
from stap_lsp.features.folding import folds
from stap_lsp.features.hover import hover
from stap_lsp.features.occurrences import occurrences
from stap_lsp.features.signature import signature
from stap_lsp.features.symbols import symbols
from tests.support.fixture import Fixture, parse_fixture
from translator.analysis import Analysis, Settings, bundled_library
from translator.base.system import RealSystem


@cache
def workspace() -> Analysis:
    """The bundled library on this machine."""
    return Analysis(RealSystem(), Settings((bundled_library(),)))


def opened(text: str) -> tuple[Analysis, Fixture, str]:
    """An analysis with the fixture's files open, and the path of the one with the cursor."""
    fixture = parse_fixture(text)
    analysis = workspace()
    for path, content in fixture.files.items():
        analysis.set_text(path, content)
    path = next(iter(fixture.files)) if fixture.cursor is None else fixture.cursor.path
    return analysis, fixture, path


def completed(text: str) -> Completions | None:
    analysis, fixture, path = opened(text)
    return completion(analysis, path, fixture.offset)


def check_completion(
    text: str, offers: Sequence[str] = (), refuses: Sequence[str] = (), replaces: str | None = None
) -> dict[str, Item]:
    """``offers`` come first, in that order; ``replaces`` is the text that an item takes over."""
    analysis, fixture, path = opened(text)
    found = completion(analysis, path, fixture.offset)
    if found is None:
        assert not offers, "nothing is offered here"
        return {}
    labels = [item.label for item in found.items]
    assert labels[: len(offers)] == list(offers)
    assert not set(refuses) & set(labels)
    if replaces is not None:
        source = analysis.source(path).text
        assert source[found.span.start : found.span.end] == replaces
    return {item.label: item for item in found.items}


def check_item_documentation(text: str, label: str, *parts: str) -> None:
    analysis, _, _ = opened(text)
    item = check_completion(text)[label]
    assert item.subject is not None
    shown = item_documentation(analysis, item.subject)
    for part in parts:
        assert part in shown


def check_hover(text: str, *parts: str) -> None:
    """Every part stands in what is shown; none: nothing is shown.  A claim marks the span."""
    analysis, fixture, path = opened(text)
    found = hover(analysis, path, fixture.offset)
    if not parts:
        assert found is None
        return
    assert found is not None, "nothing is shown here"
    for part in parts:
        assert part in found.markdown
    assert [claim.span for claim in fixture.claims] in ([], [found.span])


def check_definition(text: str, *library: tuple[str, str]) -> None:
    """Claims mark the names that are found; ``library`` are file name and line for others."""
    analysis, fixture, path = opened(text)
    found = definition(analysis, path, fixture.offset)
    places = () if found is None else found.found
    own = {(each.source.path, each.name) for each in places if each.source.path in fixture.files}
    assert own == {(claim.path, claim.span) for claim in fixture.claims}
    others = [
        (
            os.path.basename(each.source.path),
            each.source.line_text(each.source.line_of(each.name.start)),
        )
        for each in places
        if each.source.path not in fixture.files
    ]
    assert others == list(library)


def check_diagnostics(text: str) -> None:
    """Claims say ``severity: part of the message [rule]``, in order of place."""
    analysis, fixture, path = opened(text)
    found = diagnostics(analysis, path)
    assert [each.span for each in found] == [claim.span for claim in fixture.claims]
    for each, claim in zip(found, fixture.claims, strict=True):
        shown = f"{each.severity.value}: {each.message} [{each.rule}]"
        head, _, rest = claim.text.partition(" … ")
        assert shown.startswith(head)
        assert shown.endswith(rest)


def check_occurrences(text: str, *library: str) -> None:
    """Claims mark all that is found, with "write" or "declare"; ``library`` are other files."""
    analysis, fixture, path = opened(text)
    found = occurrences(analysis, path, fixture.offset)
    own = [
        (each.span, "declare" if each.declares else "write" if each.writes else "")
        for each in found
        if each.source.path == path
    ]
    assert own == [(claim.span, claim.text) for claim in fixture.claims]
    others = [os.path.basename(each.source.path) for each in found if each.source.path != path]
    assert others == list(library)


def check_signature(text: str, label: str | None, active: str = "") -> None:
    """``active`` is the parameter being typed, as the label shows it."""
    analysis, fixture, path = opened(text)
    found = signature(analysis, path, fixture.offset)
    if label is None:
        assert found is None
        return
    assert found is not None
    shown = found.found[found.active]
    assert shown.label == label
    if active:
        start, end = shown.parameters[found.parameter]
        assert shown.label[start:end] == active


def check_symbols(text: str) -> None:
    """Claims mark the names, and say kind, name and detail."""
    analysis, fixture, path = opened(text)
    found = symbols(analysis, path)
    for each in found:
        assert each.span.start <= each.name_span.start <= each.name_span.end <= each.span.end
    assert [
        (each.name_span, f"{each.kind.value} {each.name} {each.detail}".rstrip()) for each in found
    ] == [(claim.span, claim.text) for claim in fixture.claims]


def check_folds(text: str, *lines: tuple[int, int]) -> None:
    """First and last lines, from 0."""
    analysis, _, path = opened(text)
    source = analysis.source(path)
    found = [
        (source.line_of(each.span.start), source.line_of(each.span.end))
        for each in folds(analysis, path)
    ]
    assert found == list(lines)
