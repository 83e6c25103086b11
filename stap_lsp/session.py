"""A session with one client: the protocol on one side, the features on the other.

The loop thread reads messages, keeps the texts and enqueues; the worker's thread answers.
Every failure stays inside its request.  Refuses to know the language.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from stap_lsp import __version__, conversion, services
from stap_lsp.documents import Document, Documents
from stap_lsp.worker import Task, Worker

if TYPE_CHECKING:
    from translator.analysis import Analysis, Settings
    from translator.base.diagnostics import Diagnostic
    from translator.base.text import Encoding, SourceText

logger = logging.getLogger(__name__)
A = TypeVar("A")
T = TypeVar("T")

_REST = 0.06  # seconds without an edit before names and types are judged
_SECTION = "stap-lsp"


@dataclass(frozen=True, slots=True)
class _Judged:
    """Diagnostics of one text, with the other texts they speak of."""

    source: SourceText
    found: tuple[Diagnostic, ...]
    others: dict[str, SourceText]


class _Protocol(LanguageServerProtocol):
    """pygls's, but the texts are ours and a request that cannot be read is answered."""

    _server: Server

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        self._server.opened(item.uri, item.text, item.version)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.closed(params.text_document.uri)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self._server.status = 0 if self._shutdown else 1
        sys.exit(self._server.status)

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except Exception as error:
            if "id" in data and "method" in data:
                code = types.ErrorCodes.InvalidParams
                self._send_response(data["id"], error=types.ResponseError(code, str(error)))
            raise


class Server(LanguageServer):
    """One client, one workspace."""

    def __init__(self) -> None:
        super().__init__(
            "stap-lsp",
            __version__,
            types.TextDocumentSyncKind.Incremental,
            None,
            _Protocol,
            default_converter,
            max_workers=1,  # reads standard input; nothing else may run there
        )
        self.status = 1  # the client went away without a word
        self.documents = Documents()
        self.worker = Worker(self._analysis)
        self._configuration: dict[str, Any] = {}
        self._resting: dict[str, asyncio.TimerHandle] = {}
        self._syntax: dict[str, tuple[Diagnostic, ...]] = {}
        self._meaning: dict[str, _Judged] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ability = conversion.Ability()
        services.register(self)

    # --- texts -------------------------------------------------------------------------

    def opened(self, uri: str, text: str, version: int | None) -> None:
        self._entered(self.documents.open(uri, text, version))

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        item = params.text_document
        changes = [conversion.from_change(change) for change in params.content_changes]
        document = self.documents.change(item.uri, changes, item.version)
        if document is None:
            logger.warning("an edit of a text that is not open: %s", item.uri)
        else:
            self._entered(document)

    def closed(self, uri: str) -> None:
        document = self.documents.close(uri)
        if document is None:
            return
        path = document.source.path
        self.worker.input(lambda analysis: analysis.forget_text(path))
        if (timer := self._resting.pop(uri, None)) is not None:
            timer.cancel()
        self._syntax.pop(uri, None)
        self._meaning.pop(uri, None)
        self._publish(uri, None, [])

    def _entered(self, document: Document) -> None:
        source = document.source
        self.worker.input(lambda analysis: analysis.set_text(source.path, source.text))
        self._judge_syntax(document.uri)
        self._judge_soon(document.uri)

    # --- diagnostics -------------------------------------------------------------------

    def judge_all(self) -> None:
        """What the texts depend on has changed."""
        for document in self.documents.all():
            self._judge_soon(document.uri)

    def _judge_syntax(self, uri: str) -> None:
        from stap_lsp.features.diagnostics import syntax_diagnostics

        self._judge(uri, "syntax", syntax_diagnostics, self._syntax_judged)

    def _judge_soon(self, uri: str) -> None:
        from stap_lsp.features.diagnostics import diagnostics

        if (timer := self._resting.pop(uri, None)) is not None:
            timer.cancel()

        def rested() -> None:
            self._resting.pop(uri, None)
            self._judge(uri, "meaning", diagnostics, self._meaning_judged)

        self._resting[uri] = self.loop.call_later(_REST, rested)

    def _judge(
        self,
        uri: str,
        subject: str,
        ask: Callable[[Analysis, str], tuple[Diagnostic, ...]],
        done: Callable[[str, _Judged], None],
    ) -> None:
        document = self.documents.get(uri)
        if document is None:
            return
        source, loop = document.source, self.loop

        def work(analysis: Analysis) -> None:
            if analysis.source(source.path).text != source.text:
                return  # edited meanwhile; another judgement follows
            found = ask(analysis, source.path)
            paths = {item.path for each in found for item in each.related if item.path}
            others = {path: analysis.source(path) for path in paths}
            loop.call_soon_threadsafe(done, uri, _Judged(source, found, others))

        self.worker.background((subject, uri), work)

    def _syntax_judged(self, uri: str, judged: _Judged) -> None:
        """Show new syntax errors at once, with what was known of the meaning moved along."""
        document = self.documents.get(uri)
        if document is None or document.source is not judged.source:
            return
        before = self._syntax.get(uri, ())
        self._syntax[uri] = judged.found
        if [each.message for each in before] == [each.message for each in judged.found]:
            return
        known = self._meaning.get(uri)
        moved = [] if known is None else _moved(known.found, document)
        self._show(document, _Judged(judged.source, (*judged.found, *moved), {}))

    def _meaning_judged(self, uri: str, judged: _Judged) -> None:
        document = self.documents.get(uri)
        if document is None or document.source is not judged.source:
            return
        document.edits.clear()
        syntax = set(self._syntax.get(uri, ()))
        meaning = tuple(each for each in judged.found if each not in syntax)
        self._meaning[uri] = _Judged(judged.source, meaning, judged.others)
        self._show(document, judged)

    def _show(self, document: Document, judged: _Judged) -> None:
        units = self.documents.encoding
        found = [
            conversion.to_diagnostic(
                each,
                judged.source,
                lambda path: judged.others.get(path, judged.source),
                units,
                document.uri,
            )
            for each in judged.found
        ]
        self._publish(document.uri, document.version, found)

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=found)
        )

    # --- requests ----------------------------------------------------------------------

    async def ask(
        self,
        subject: str,
        uri: str,
        work: Callable[[Analysis, SourceText], A | None],
        convert: Callable[[A, SourceText, Encoding], T],
    ) -> T | None:
        """Answer about a text as it is now; None if it is unknown or there is nothing to say."""
        document = self.documents.get(uri)
        if document is None:
            return None
        source, units = document.source, self.documents.encoding
        task = self.worker.request((subject, uri), lambda analysis: work(analysis, source))
        found: A | None = await self.answer(task)
        return None if found is None else convert(found, source, units)

    async def answer(self, task: Task) -> Any:
        """What the worker says; a request that is cancelled is withdrawn from it."""
        try:
            return await asyncio.wrap_future(task.answer)
        except asyncio.CancelledError:
            self.worker.withdraw(task)
            raise

    # --- the workspace -----------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def configure(self, given: object) -> None:
        """Take a client's settings; what is not understood is left as it is."""
        if isinstance(given, dict):
            inner = given.get(_SECTION, given)
            self._configuration = inner if isinstance(inner, dict) else {}

    def reconfigure(self) -> None:
        self.worker.input(lambda analysis: analysis.configure(self._settings()))
        self.judge_all()

    def _settings(self) -> Settings:
        from translator.analysis import Settings, bundled_library
        from translator.elaborate.options import Options

        given = self._configuration
        libraries = tuple(_strings(given.get("tapsets")))
        arguments = given.get("arguments")
        options = Options(None if arguments is None else tuple(_strings(arguments)))
        return Settings((*libraries, bundled_library()), options)

    def _analysis(self) -> Analysis:
        import gc

        from translator.analysis import Analysis
        from translator.base.system import RealSystem

        analysis = Analysis(RealSystem(), self._settings())
        gc.collect()
        gc.freeze()
        return analysis

    def watch(self, process: int | None) -> None:
        """End with the client, even if it dies with our input still open somewhere."""
        if process is None or not hasattr(os, "pidfd_open"):
            return
        try:
            watched = os.pidfd_open(process)
        except OSError:  # another PID namespace: the end of standard input must do
            return
        self.loop.add_reader(watched, lambda: os._exit(1))

    def report_server_error(self, error: Exception, source: object) -> None:
        """To the log: a popup for each mistake of a client or of ours helps nobody."""
        del source
        ours = error.__cause__ is None and not isinstance(error, JsonRpcException | ValueError)
        logger.error("%s", error, exc_info=error if ours else None)


def _moved(found: tuple[Diagnostic, ...], document: Document) -> list[Diagnostic]:
    from dataclasses import replace

    moved: list[Diagnostic] = []
    for diagnostic in found:
        span = diagnostic.span
        for edit in document.edits:
            after = edit.moved(span)
            if after is None:
                break
            span = after
        else:
            moved.append(replace(diagnostic, span=span, related=()))
    return moved


def _strings(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
