"""`stap-lsp serve`: the language server on standard input and output."""

from __future__ import annotations

import click


@click.command()
@click.option("--stdio", is_flag=True, help="Accepted for clients that pass it; the only way.")
def command(stdio: bool) -> int:
    """Serve the language to an editor over standard input and output."""
    del stdio
    from stap_lsp.server import serve

    return serve()
