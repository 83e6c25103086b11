"""Our values as the protocol has them, and back.  No decisions, no state."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol import types

from stap_lsp.documents import Change, uri_of
from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import Encoding, Position, SourceText, Span

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}

_SOURCE = "stap-lsp"


def encoding(kind: types.PositionEncodingKind | str) -> Encoding:
    return Encoding(kind.value if isinstance(kind, types.PositionEncodingKind) else kind)


def from_position(position: types.Position) -> Position:
    return Position(position.line, position.character)


def to_range(source: SourceText, span: Span, units: Encoding) -> types.Range:
    start, end = source.position(span.start, units), source.position(span.end, units)
    return types.Range(
        types.Position(start.line, start.column), types.Position(end.line, end.column)
    )


def from_change(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangePartial):
        return Change(
            change.text, from_position(change.range.start), from_position(change.range.end)
        )
    return Change(change.text)


def to_diagnostic(
    diagnostic: Diagnostic,
    source: SourceText,
    source_of: Callable[[str], SourceText],
    units: Encoding,
    uri: str,
) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(
                uri if item.path in (None, source.path) else uri_of(item.path or ""),
                to_range(source if item.path is None else source_of(item.path), item.span, units),
            ),
            item.message,
        )
        for item in diagnostic.related
    ]
    return types.Diagnostic(
        range=to_range(source, diagnostic.span, units),
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.rule,
        source=_SOURCE,
        message=diagnostic.message,
        related_information=related or None,
    )
