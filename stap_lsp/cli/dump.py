"""`stap-lsp dump PASS FILE`: every pass can be printed."""

from __future__ import annotations

import click

from stap_lsp import passes
from stap_lsp.cli.workspace import load, open_analysis
from translator.analysis import Analysis
from translator.base.diagnostics import StapError
from translator.runtimes.registry import NAMES

PASSES = ("tokens", "chunks", "tree", "symbols", "types", "points", "program", "code")


@click.command()
@click.option("-I", "libraries", multiple=True, metavar="DIR", help="Look for tapsets here first.")
@click.option(
    "--runtime",
    "runtime_name",
    type=click.Choice(["auto", *NAMES]),
    default="auto",
    help="Whose code to print.",
)
@click.argument("pass_name", type=click.Choice(PASSES), metavar="|".join(PASSES))
@click.argument("path", metavar="FILE")
def command(libraries: tuple[str, ...], runtime_name: str, pass_name: str, path: str) -> None:
    """Print what a pass makes of FILE, or of - for standard input."""
    analysis = open_analysis(libraries)
    name = load(analysis, path)
    match pass_name:
        case "tokens":
            _tokens(analysis, name)
        case "chunks":
            _chunks(analysis, name)
        case "tree":
            _tree(analysis, name)
        case "symbols":
            _symbols(analysis, name)
        case "types":
            _types(analysis, name)
        case "points":
            _points(analysis, name)
        case _:
            _program(analysis, name, pass_name, runtime_name)
    analysis.save()


def _tokens(analysis: Analysis, name: str) -> None:
    from translator.syntax.lexer import tokens

    source = analysis.source(name)
    for token in tokens(source.text):
        click.echo(f"{source.place(token.start)}\t{token.kind.value}\t{token.text!r}")


def _chunks(analysis: Analysis, name: str) -> None:
    from translator.syntax.chunks import chunks

    source = analysis.source(name)
    for piece in chunks(source.text):
        click.echo(f"{source.place(piece.offset)}\t{len(piece.text)}\t{piece.text!r}")


def _tree(analysis: Analysis, name: str) -> None:
    from translator.syntax.unparse import unparse

    for placed in analysis.tree(name).declarations:
        click.echo(f"# {analysis.source(name).place(placed.offset)}")
        click.echo(unparse(placed.decl))


def _symbols(analysis: Analysis, name: str) -> None:
    scope = analysis.elaborated(name).scope
    for place in scope.globals.values():
        click.echo(f"global\t{place.name}\t{place.source.place(place.offset)}")
    for function in scope.functions.values():
        click.echo(f"function\t{function.name}\t{function.source.place(function.offset)}")


def _types(analysis: Analysis, name: str) -> None:
    found = analysis.elaborated(name)
    for place in found.scope.globals.values():
        click.echo(f"{found.solver.type_of(('global', place.name)).value}\tglobal {place.name}")
    for function in found.scope.functions.values():
        result = found.solver.type_of(("result", function.name)).value
        parameters = ", ".join(
            f"{item.name.text}:{found.solver.type_of(('param', function.name, at)).value}"
            for at, item in enumerate(function.function.parameters)
        )
        click.echo(f"{result}\tfunction {function.name} ({parameters})")


def _points(analysis: Analysis, name: str) -> None:
    from translator.core.printer import print_attachment

    for _, derived in analysis.elaborated(name).derived:
        chain = "".join(f" ← {alias}" for alias in reversed(derived.chain))
        click.echo(f"{derived.resolved.name}{chain}")
        click.echo(f"  {print_attachment(derived.resolved.attachment)}")


def _program(analysis: Analysis, name: str, pass_name: str, runtime_name: str) -> None:
    from stap_lsp.cli import rendering

    program = analysis.elaborated(name).program
    if program is None:
        rendering.show(analysis, analysis.findings(name))
        raise StapError(f"{name}: has errors, so there is no program")
    if pass_name == "program":
        from translator.core.printer import print_program

        click.echo(print_program(program), nl=False)
    else:
        chosen = passes.choose(program, runtime_name).runtime
        click.echo(chosen.translate(program).text, nl=False)
