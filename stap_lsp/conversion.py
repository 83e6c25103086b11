"""Our values as the protocol has them, and back.  No decisions, no state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lsprotocol import types

from stap_lsp.documents import Change, uri_of
from stap_lsp.features.answers import (
    Completions,
    Definitions,
    Fold,
    Hover,
    Item,
    ItemKind,
    Occurrence,
    Signatures,
    Subject,
    SubjectKind,
    Symbol,
    SymbolKind,
)
from stap_lsp.features.code_actions import Action
from stap_lsp.features.diagnostics import INACTIVE
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
    greyed = diagnostic.rule == INACTIVE
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
        severity=types.DiagnosticSeverity.Hint if greyed else _SEVERITIES[diagnostic.severity],
        code=None if greyed else diagnostic.rule,
        source=_SOURCE,
        message=diagnostic.message,
        related_information=related or None,
        tags=[types.DiagnosticTag.Unnecessary]
        if greyed or diagnostic.rule.startswith("unused-")
        else None,
    )


def to_code_actions(
    found: Sequence[Action],
    source: SourceText,
    source_of: Callable[[str], SourceText],
    units: Encoding,
    uri: str,
) -> list[types.CodeAction]:
    return [
        types.CodeAction(
            title=each.fix.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[to_diagnostic(each.diagnostic, source, source_of, units, uri)],
            edit=types.WorkspaceEdit(
                changes={
                    uri: [
                        types.TextEdit(to_range(source, edit.span, units), edit.new)
                        for edit in each.fix.edits
                    ]
                }
            ),
        )
        for each in found
    ]


def to_hover(found: Hover, source: SourceText, units: Encoding, ability: Ability) -> types.Hover:
    contents = _markup(found.markdown, ability.hover)
    return types.Hover(contents, to_range(source, found.span, units))


def to_links(
    found: Definitions, source: SourceText, uri_for: Callable[[str], str], units: Encoding
) -> list[types.LocationLink]:
    origin = to_range(source, found.origin, units)
    return [
        types.LocationLink(
            target_uri=uri_for(each.source.path),
            target_range=to_range(each.source, each.whole, units),
            target_selection_range=to_range(each.source, each.name, units),
            origin_selection_range=origin,
        )
        for each in found.found
    ]


def to_locations(
    found: Definitions, source: SourceText, uri_for: Callable[[str], str], units: Encoding
) -> list[types.Location]:
    """As `to_links`, for clients that know nothing better."""
    del source
    return [
        types.Location(uri_for(each.source.path), to_range(each.source, each.name, units))
        for each in found.found
    ]


_ITEM_KINDS = {
    ItemKind.FUNCTION: types.CompletionItemKind.Function,
    ItemKind.VARIABLE: types.CompletionItemKind.Variable,
    ItemKind.CONTEXT: types.CompletionItemKind.Variable,
    ItemKind.GLOBAL: types.CompletionItemKind.Variable,
    ItemKind.KEYWORD: types.CompletionItemKind.Keyword,
    ItemKind.COMPONENT: types.CompletionItemKind.Event,
    ItemKind.ALIAS: types.CompletionItemKind.Event,
    ItemKind.FILE: types.CompletionItemKind.File,
    ItemKind.DIRECTORY: types.CompletionItemKind.Folder,
    ItemKind.MEMBER: types.CompletionItemKind.Field,
    ItemKind.TARGET: types.CompletionItemKind.Variable,
    ItemKind.OPERATOR: types.CompletionItemKind.Operator,
    ItemKind.TYPE: types.CompletionItemKind.TypeParameter,
    ItemKind.VALUE: types.CompletionItemKind.Value,
}
_AGAIN = types.Command("Suggest", "editor.action.triggerSuggest")


@dataclass(frozen=True, slots=True)
class Ability:
    """What the client can show."""

    snippets: bool = False
    label_details: bool = False
    links: bool = False
    nested_symbols: bool = False
    label_offsets: bool = False
    hover: types.MarkupKind = types.MarkupKind.PlainText
    documentation: types.MarkupKind = types.MarkupKind.PlainText


def ability(capabilities: types.ClientCapabilities) -> Ability:
    document = capabilities.text_document or types.TextDocumentClientCapabilities()
    completion = document.completion or types.CompletionClientCapabilities()
    item = completion.completion_item or types.ClientCompletionItemOptions()
    hover = document.hover or types.HoverClientCapabilities()
    definition = document.definition or types.DefinitionClientCapabilities()
    call = document.signature_help or types.SignatureHelpClientCapabilities()
    about = call.signature_information or types.ClientSignatureInformationOptions()
    parameter = about.parameter_information or types.ClientSignatureParameterInformationOptions()
    symbols = document.document_symbol or types.DocumentSymbolClientCapabilities()
    return Ability(
        bool(item.snippet_support),
        bool(item.label_details_support),
        bool(definition.link_support),
        bool(symbols.hierarchical_document_symbol_support),
        bool(parameter.label_offset_support),
        _kind(hover.content_format),
        _kind(item.documentation_format),
    )


def _kind(given: Sequence[types.MarkupKind] | None) -> types.MarkupKind:
    markdown = types.MarkupKind.Markdown
    return markdown if given and markdown in given else types.MarkupKind.PlainText


def to_completions(
    found: Completions, source: SourceText, units: Encoding, ability: Ability
) -> types.CompletionList:
    span = to_range(source, found.span, units)
    items = [_item(each, at, span, ability) for at, each in enumerate(found.items)]
    return types.CompletionList(found.incomplete, items)


def _item(each: Item, at: int, span: types.Range, ability: Ability) -> types.CompletionItem:
    snippet = each.snippet if ability.snippets else ""
    item = types.CompletionItem(
        label=each.label,
        kind=_ITEM_KINDS[each.kind],
        sort_text=f"{at:04}",
        filter_text=each.label,
        text_edit=types.TextEdit(span, snippet or each.label),
        insert_text_format=types.InsertTextFormat.Snippet if snippet else None,
    )
    if ability.label_details and each.signature:
        item.label_details = types.CompletionItemLabelDetails(each.signature, each.detail or None)
    else:
        item.detail = f"{each.signature} {each.detail}".strip() or None
    if each.documentation:
        item.documentation = _documentation(each.documentation, ability)
    if each.subject is not None:
        subject = each.subject
        item.data = {"kind": subject.kind.value, "path": subject.path, "name": subject.name}
    if each.kind is ItemKind.DIRECTORY:
        item.command = _AGAIN  # what is in it; other editors do not know the command and pass
    return item


def from_item(item: types.CompletionItem) -> Subject | None:
    """What a client wants to know more of; None if the item is not of ours."""
    data = item.data
    if not isinstance(data, dict):
        return None
    kind, path, name = (data.get(key) for key in ("kind", "path", "name"))
    kinds = {each.value: each for each in SubjectKind}
    if kind not in kinds or not isinstance(path, str) or not isinstance(name, str):
        return None
    return Subject(kinds[kind], path, name)


def documented(item: types.CompletionItem, markdown: str, ability: Ability) -> types.CompletionItem:
    if markdown:
        item.documentation = _documentation(markdown, ability)
    return item


def _markup(markdown: str, kind: types.MarkupKind) -> types.MarkupContent:
    text = _plain(markdown) if kind is types.MarkupKind.PlainText else markdown
    return types.MarkupContent(kind, text)


def _documentation(markdown: str, ability: Ability) -> types.MarkupContent | str:
    """A bare string for clients that declare no format."""
    if ability.documentation is types.MarkupKind.PlainText:
        return _plain(markdown)
    return _markup(markdown, ability.documentation)


def _plain(markdown: str) -> str:
    lines = [line for line in markdown.split("\n") if not line.startswith("```")]
    return "\n".join(lines).replace("**", "").replace("`", "")


_SYMBOL_KINDS = {
    SymbolKind.PROBE: types.SymbolKind.Event,
    SymbolKind.ALIAS: types.SymbolKind.Interface,
    SymbolKind.FUNCTION: types.SymbolKind.Function,
    SymbolKind.GLOBAL: types.SymbolKind.Variable,
}


def to_symbols(
    found: tuple[Symbol, ...], source: SourceText, units: Encoding
) -> list[types.DocumentSymbol]:
    return [
        types.DocumentSymbol(
            name=each.name,
            detail=each.detail or None,
            kind=_SYMBOL_KINDS[each.kind],
            range=to_range(source, each.span, units),
            selection_range=to_range(source, each.name_span, units),
        )
        for each in found
    ]


def to_flat_symbols(
    found: tuple[Symbol, ...], source: SourceText, units: Encoding, uri: str
) -> list[types.SymbolInformation]:
    """For clients of old."""
    return [
        types.SymbolInformation(
            location=types.Location(uri, to_range(source, each.span, units)),
            name=each.name,
            kind=_SYMBOL_KINDS[each.kind],
        )
        for each in found
    ]


def to_highlights(
    found: tuple[Occurrence, ...], source: SourceText, units: Encoding
) -> list[types.DocumentHighlight]:
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            to_range(source, each.span, units), kinds.Write if each.writes else kinds.Read
        )
        for each in found
        if each.source.path == source.path
    ]


def to_references(
    found: tuple[Occurrence, ...], uri_for: Callable[[str], str], units: Encoding
) -> list[types.Location]:
    return [
        types.Location(uri_for(each.source.path), to_range(each.source, each.span, units))
        for each in found
    ]


def to_folds(found: tuple[Fold, ...], source: SourceText) -> list[types.FoldingRange]:
    kinds = types.FoldingRangeKind
    folds: list[types.FoldingRange] = []
    for each in found:
        first, last = source.line_of(each.span.start), source.line_of(each.span.end)
        # The line of a closing brace stays in sight.
        shown = last if each.is_comment else last - 1
        if shown > first:
            kind = kinds.Comment if each.is_comment else kinds.Region
            folds.append(types.FoldingRange(start_line=first, end_line=shown, kind=kind))
    return folds


def to_signatures(found: Signatures, ability: Ability) -> types.SignatureHelp:
    signatures = [
        types.SignatureInformation(
            label=each.label,
            documentation=_documentation(each.documentation, ability)
            if each.documentation
            else None,
            parameters=[
                types.ParameterInformation(
                    (start, end) if ability.label_offsets else each.label[start:end]
                )
                for start, end in each.parameters
            ],
        )
        for each in found.found
    ]
    return types.SignatureHelp(signatures, found.active, found.parameter)
