"""`stap-lsp list`: the probe points that a pattern means, as `stap -l` and `-L` print them."""

from __future__ import annotations

import click

from stap_lsp.cli.workspace import open_analysis
from translator.analysis import Analysis
from translator.base.diagnostics import Severity, StapError

_NAME = "<pattern>"


@click.command()
@click.option("-l", "plain", metavar="PATTERN", help="Names only.")
@click.option("-L", "long", metavar="PATTERN", help="Names with their context variables.")
@click.option("-I", "libraries", multiple=True, metavar="DIR", help="Look for tapsets here first.")
def command(plain: str | None, long: str | None, libraries: tuple[str, ...]) -> int:
    """List the probe points that PATTERN matches, one a line, sorted."""
    if (plain is None) == (long is None):
        raise click.UsageError("give one of -l PATTERN and -L PATTERN")
    pattern = plain if plain is not None else long
    assert pattern is not None
    analysis = open_analysis(libraries)
    analysis.set_text(_NAME, f"probe {pattern} {{}}\n")
    rows = analysis.listed(_NAME, variables=long is not None)
    analysis.save()
    if not rows:
        _explain(analysis, pattern)
    for row in rows:
        click.echo(row)
    return 0


def _explain(analysis: Analysis, pattern: str) -> None:
    findings = [item for item in analysis.findings(_NAME) if item.path == _NAME]
    messages = "; ".join(
        item.diagnostic.message for item in findings if item.diagnostic.severity is Severity.ERROR
    )
    raise StapError(f"no probe point matches '{pattern}'{f': {messages}' if messages else ''}")
