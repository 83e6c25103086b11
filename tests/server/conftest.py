"""A server of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.features.conftest import program
from tests.server.client import COMMAND, within

__all__ = ["client", "program"]


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND))  # type: ignore[untyped-decorator]
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    """Initialized; shut down afterwards."""
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf16]
        )
    )
    await within(lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities)))
    yield
    await within(lsp_client.shutdown_session())
