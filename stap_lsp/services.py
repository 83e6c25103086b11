"""What the server serves: each method of the protocol, with the feature that answers it.

A handler converts in, asks, converts out.  Features are imported in the worker's thread, when
they are first asked, so that a start does not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lsprotocol import types

from stap_lsp import conversion
from translator.base.text import Span

if TYPE_CHECKING:
    from stap_lsp.features.answers import (
        Completions,
        Definitions,
        Fold,
        Hover,
        Occurrence,
        Signatures,
        Symbol,
    )
    from stap_lsp.features.code_actions import Action
    from stap_lsp.session import Server
    from translator.analysis import Analysis
    from translator.base.text import Encoding, SourceText

A = TypeVar("A")
T = TypeVar("T")


class _AtPlace(Protocol):
    """Parameters of a request about a place."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


def register(server: Server) -> None:
    """Announce and answer everything."""
    _session(server)
    _navigation(server)
    _typing(server)
    _structure(server)
    _actions(server)


def _session(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        kind = server.workspace.position_encoding or types.PositionEncodingKind.Utf16
        server.documents.encoding = conversion.encoding(kind)
        server.ability = conversion.ability(params.capabilities)
        server.configure(params.initialization_options)
        server.watch(params.process_id)

    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        server.worker.input(lambda _: None)  # begins loading what the first request needs

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration(params: types.DidChangeConfigurationParams) -> None:
        server.configure(params.settings)
        server.reconfigure()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        server.worker.input(lambda analysis: analysis.refresh())
        server.judge_all()
        server.worker.background("save", lambda analysis: analysis.save())


def _navigation(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        def convert(found: Hover, source: SourceText, units: Encoding) -> types.Hover:
            return conversion.to_hover(found, source, units, server.ability)

        return await _at(server, "hover", params, convert)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(
        params: types.DefinitionParams,
    ) -> list[types.LocationLink] | list[types.Location] | None:
        def convert(
            found: Definitions, source: SourceText, units: Encoding
        ) -> list[types.LocationLink] | list[types.Location]:
            if server.ability.links:
                return conversion.to_links(found, source, server.documents.uri_of, units)
            return conversion.to_locations(found, source, server.documents.uri_of, units)

        return await _at(server, "definition", params, convert)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location] | None:
        def convert(
            found: tuple[Occurrence, ...], _: SourceText, units: Encoding
        ) -> list[types.Location]:
            wanted = params.context.include_declaration
            kept = tuple(each for each in found if wanted or not each.declares)
            return conversion.to_references(kept, server.documents.uri_of, units)

        return await _at(server, "occurrences", params, convert, "references")

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlight(
        params: types.DocumentHighlightParams,
    ) -> list[types.DocumentHighlight] | None:
        return await _at(server, "occurrences", params, conversion.to_highlights, "highlight")


def _typing(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=list('.$@>"/'), resolve_provider=True),
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        def convert(
            found: Completions, source: SourceText, units: Encoding
        ) -> types.CompletionList:
            return conversion.to_completions(found, source, units, server.ability)

        return await _at(server, "completion", params, convert)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    async def resolve(item: types.CompletionItem) -> types.CompletionItem:
        subject = conversion.from_item(item)
        if subject is None:
            return item

        def work(analysis: Analysis) -> Any:
            from stap_lsp.features.completion import item_documentation

            return item_documentation(analysis, subject)

        markdown = await server.answer(server.worker.request("resolve", work))
        return conversion.documented(item, markdown or "", server.ability)

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[")"]),
    )
    async def signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        def convert(found: Signatures, _: SourceText, __: Encoding) -> types.SignatureHelp:
            return conversion.to_signatures(found, server.ability)

        return await _at(server, "signature", params, convert)


def _actions(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        uri = params.text_document.uri
        document = server.documents.get(uri)
        if document is None:
            return None
        start, end = (
            document.source.offset(conversion.from_position(each), server.documents.encoding)
            for each in (params.range.start, params.range.end)
        )

        def work(analysis: Analysis, source: SourceText) -> Any:
            return _function("code_actions")(analysis, source.path, Span(start, end))

        def convert(
            found: tuple[Action, ...], source: SourceText, units: Encoding
        ) -> list[types.CodeAction]:
            return conversion.to_code_actions(found, source, lambda _: source, units, uri)

        return await server.ask("code_actions", uri, work, convert)


def _structure(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
        uri = params.text_document.uri

        def convert(
            found: tuple[Symbol, ...], source: SourceText, units: Encoding
        ) -> list[types.DocumentSymbol] | list[types.SymbolInformation]:
            if server.ability.nested_symbols:
                return conversion.to_symbols(found, source, units)
            return conversion.to_flat_symbols(found, source, units, uri)

        return await server.ask("symbols", uri, _of_text("symbols"), convert)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folding(params: types.FoldingRangeParams) -> list[types.FoldingRange] | None:
        def convert(
            found: tuple[Fold, ...], source: SourceText, _: Encoding
        ) -> list[types.FoldingRange]:
            return conversion.to_folds(found, source)

        work = _of_text("folding", "folds")
        return await server.ask("folding", params.text_document.uri, work, convert)


async def _at(
    server: Server,
    feature: str,
    params: _AtPlace,
    convert: Callable[[A, SourceText, Encoding], T],
    subject: str | None = None,
) -> T | None:
    """Ask the feature for a place; ``subject`` where several methods share it."""
    document = server.documents.get(params.text_document.uri)
    if document is None:
        return None
    place = conversion.from_position(params.position)
    offset = document.source.offset(place, server.documents.encoding)

    def work(analysis: Analysis, source: SourceText) -> Any:
        return _function(feature)(analysis, source.path, offset)

    return await server.ask(subject or feature, params.text_document.uri, work, convert)


def _of_text(feature: str, name: str | None = None) -> Callable[[Analysis, SourceText], Any]:
    def work(analysis: Analysis, source: SourceText) -> Any:
        return _function(feature, name)(analysis, source.path)

    return work


def _function(feature: str, name: str | None = None) -> Callable[..., Any]:
    """The public function of ``stap_lsp.features.FEATURE``, of the same name."""
    found: Callable[..., Any] = getattr(
        import_module(f"stap_lsp.features.{feature}"), name or feature
    )
    return found
