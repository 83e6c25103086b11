"""`stap-lsp explain RULE`: what is wrong, why, and how to mend it."""

from __future__ import annotations

import click

from translator.base.diagnostics import UsageError
from translator.probes.pattern import nearest
from translator.semantics.rules import registry
from translator.semantics.rules.rule import Rule


@click.command()
@click.argument("name", required=False, metavar="[RULE]")
def command(name: str | None) -> None:
    """Explain a rule: the word in brackets at the end of a message.  Without one, list all."""
    if name is None:
        for each in registry.IDS:
            found = _rule(each)
            click.echo(f"{found.severity.value:<8} {found.id:<26} {found.summary}")
        return
    found = _rule(name.strip("[]"))
    click.echo(
        f"{found.id} ({found.severity.value})\n{found.summary}\n\n{found.documentation}", nl=False
    )


def _rule(name: str) -> Rule:
    found = registry.rule(name)
    if found is None:
        near = nearest(name, registry.IDS)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UsageError(
            f"no rule is called '{name}'{hint}\n'stap-lsp explain' without a rule lists them all"
        )
    return found
