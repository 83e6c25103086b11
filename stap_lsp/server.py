"""The language server's process: its streams, its log, and a start that is quick.

Most of a start is spent on the protocol's types; here they are loaded without what we never
use of them.  Refuses to know the protocol otherwise: `session.py` speaks it.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any


def serve() -> int:
    """Serve one client on standard input and output; its exit status when the client is gone."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="stap-lsp: %(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # `report_server_error` says it once
    # A stray print must not reach the client: what is standard output from here on is the log.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _load_protocol()
    from stap_lsp.session import Server

    server = Server()
    server.start_io(sys.stdin.buffer, output)
    return server.status


def _load_protocol() -> None:
    """Import lsprotocol and asyncio in about half the usual time.

    lsprotocol defines 550 classes with attrs; comparison and representation of each are
    compiled at import, and nobody compares or prints them here.  asyncio takes ssl if there is
    one, which a pipe has no use for.
    """
    import attrs

    define: Any = attrs.define

    def lean(cls: type | None = None, **options: Any) -> Any:
        if cls is None:
            return define(**options)
        return define(cls, eq=False, repr=False, **options)

    hidden = "ssl" not in sys.modules
    if hidden:
        sys.modules["ssl"] = None  # type: ignore[assignment]
    attrs.define = lean  # type: ignore[assignment]
    try:
        import asyncio  # noqa: F401

        import lsprotocol.types  # noqa: F401
    finally:
        attrs.define = define
        if hidden:
            del sys.modules["ssl"]
