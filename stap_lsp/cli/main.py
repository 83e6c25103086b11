"""The command group: commands are imported when they are called, so that each starts fast."""

from __future__ import annotations

import importlib
from typing import Any

import click

from stap_lsp import __version__

_COMMANDS = {
    "run": "stap_lsp.cli.run",
    "check": "stap_lsp.cli.check",
    "list": "stap_lsp.cli.list",
    "serve": "stap_lsp.cli.serve",
    "dump": "stap_lsp.cli.dump",
    "explain": "stap_lsp.cli.explain",
    "format": "stap_lsp.cli.format",
    "doctor": "stap_lsp.cli.doctor",
}
_SUMMARIES = {
    "run": "Run a script.",
    "check": "Report what is wrong with scripts.",
    "list": "List probe points (stap -l, -L).",
    "serve": "Serve the language to an editor over standard input and output.",
    "dump": "Print what a pass makes of a script.",
    "explain": "Explain a rule.",
    "format": "Lay scripts out.",
    "doctor": "Say what this machine allows, what is missing and how to get it.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        assert isinstance(command, click.Command), command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and args[0].endswith(".stp"):
            # People will type it as they typed stap.
            raise click.UsageError(
                f"no command '{args[0]}': to run a script, type 'stap-lsp run {args[0]}'", ctx
            )
        return super().resolve_command(ctx, args)


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="stap-lsp")
def command() -> None:
    """The SystemTap language: run scripts, check them, serve editors."""


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit status."""
    result: Any = command.main(arguments, prog_name="stap-lsp", standalone_mode=False)
    return result if isinstance(result, int) else 0
