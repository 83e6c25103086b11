"""A client over a real server process, with every wait bounded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

T = TypeVar("T")

COMMAND = [sys.executable, "-m", "stap_lsp", "serve"]
PATIENCE = 30.0  # seconds: the machine may be busy; nothing is measured


async def within(work: Coroutine[Any, Any, T]) -> T:
    return await asyncio.wait_for(work, PATIENCE)


def make_client() -> LanguageClient:
    """One that knows nothing special: UTF-16, no snippets."""
    return make_test_lsp_client()


def open_text(client: LanguageClient, uri: str, text: str) -> None:
    item = types.TextDocumentItem(uri, "systemtap", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))


def change(
    client: LanguageClient, uri: str, version: int, *changes: types.TextDocumentContentChangeEvent
) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version=version, uri=uri), list(changes)
        )
    )


def replaced(line: int, start: int, end: int, text: str) -> types.TextDocumentContentChangePartial:
    span = types.Range(types.Position(line, start), types.Position(line, end))
    return types.TextDocumentContentChangePartial(text=text, range=span)


async def messages(client: LanguageClient, uri: str, wanted: str | None) -> list[str]:
    """Diagnostics of ``uri`` as soon as one holds ``wanted``; None: as soon as there are none."""

    def fits() -> bool:
        found = client.diagnostics.get(uri)
        if found is None:
            return False
        return not found if wanted is None else any(wanted in each.message for each in found)

    async def wait() -> None:
        while not fits():
            await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)

    await within(wait())
    return [each.message for each in client.diagnostics[uri]]


def at(uri: str, line: int, column: int) -> dict[str, Any]:
    return {
        "text_document": types.TextDocumentIdentifier(uri),
        "position": types.Position(line, column),
    }
