"""`stap-lsp check`: what is wrong with scripts, for people and for CI.

Exit status: 0 nothing, or notes only, 1 findings, 2 the command line or the machine is wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import click

from stap_lsp.cli import rendering
from stap_lsp.cli.workspace import load, open_analysis
from translator.analysis import Analysis
from translator.base.diagnostics import Diagnostic, Severity, UsageError
from translator.base.text import SourceText

FORMATS = ("full", "concise", "gcc", "json", "json-lines")
_SUFFIXES = (".stp", ".stpm")


@click.command()
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="full", help="How to print findings."
)
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What to call '-'.")
@click.option("-I", "libraries", multiple=True, metavar="DIR", help="Look for tapsets here first.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def command(
    output_format: str,
    stdin_filename: str,
    libraries: tuple[str, ...],
    exit_zero: bool,
    paths: tuple[str, ...],
) -> int:
    """Report what is wrong with scripts: files, directories, or - for standard input."""
    analysis = open_analysis(libraries)
    found: list[tuple[SourceText, Diagnostic]] = []
    checked = 0
    for path in scripts(paths):
        name = load(analysis, path, stdin_filename)
        source = analysis.source(name)
        found += [(source, item) for item in analysis.diagnostics(name)]
        checked += 1
    analysis.save()
    _print(analysis, found, output_format)
    if output_format in ("full", "concise"):
        click.echo(f"{checked} checked, {_counted(found)}", err=True)
    failing = any(item.severity is not Severity.NOTE for _, item in found)
    return 1 if failing and not exit_zero else 0


def _counted(found: list[tuple[SourceText, Diagnostic]]) -> str:
    severities = [item.severity for _, item in found]
    notes = severities.count(Severity.NOTE)
    text = (
        f"{severities.count(Severity.ERROR)} errors, {severities.count(Severity.WARNING)} warnings"
    )
    return f"{text}, {notes} notes" if notes else text


def scripts(paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        some = False
        for base, directories, names in os.walk(path):
            directories.sort()
            for name in sorted(names):
                if name.endswith(_SUFFIXES):
                    some = True
                    yield os.path.join(base, name)
        if not some:
            raise UsageError(f"{path}: no scripts (*.stp, *.stpm) in this directory")


def _print(
    analysis: Analysis, found: list[tuple[SourceText, Diagnostic]], output_format: str
) -> None:
    match output_format:
        case "full":
            for source, item in found:
                click.echo(rendering.full(analysis, source, item))
        case "concise" | "gcc":
            for source, item in found:
                click.echo(rendering.concise(source, item))
        case "json":
            click.echo(json.dumps([_record(source, item) for source, item in found], indent=2))
        case _:
            for source, item in found:
                click.echo(json.dumps(_record(source, item)))


def _record(source: SourceText, item: Diagnostic) -> dict[str, object]:
    """One finding; lines and columns from 1, columns in code points."""
    start, end = source.position(item.span.start), source.position(item.span.end)
    return {
        "file": source.path,
        "line": start.line + 1,
        "column": start.column + 1,
        "end_line": end.line + 1,
        "end_column": end.column + 1,
        "severity": item.severity.value,
        "rule": item.rule,
        "message": item.message,
    }
