"""`stap-lsp format`: lay scripts out, or say which are not.

Exit status: 0 all is laid out, 1 something is not (`--check`, `--diff`) or has syntax errors
and was left alone, 2 the command line or the machine is wrong.
"""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import dataclass

import click

from stap_lsp.cli import rendering
from stap_lsp.cli.check import scripts
from stap_lsp.cli.workspace import load, open_analysis
from translator.analysis import Analysis
from translator.base.diagnostics import StapError
from translator.syntax.formatter import format_script


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What to call '-'.")
@click.option("-I", "libraries", multiple=True, metavar="DIR", help="A tapset directory, first.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def command(
    check: bool, diff: bool, stdin_filename: str, libraries: tuple[str, ...], paths: tuple[str, ...]
) -> int:
    """Lay scripts out: files, directories, or - for standard input to standard output."""
    analysis = open_analysis(libraries)
    counts = _Counts()
    for path in scripts(paths):
        name = load(analysis, path, stdin_filename)
        before = analysis.source(name).text
        after = _laid_out(analysis, name)
        if after is None:
            counts.broken += 1
            if path == "-" and not (check or diff):
                click.echo(before, nl=False)
            continue
        counts.changed += before != after
        counts.kept += before == after
        if diff:
            click.echo(_difference(name, before, after), nl=False)
        elif check:
            if before != after:
                click.echo(f"would lay out {name}", err=True)
        elif path == "-":
            click.echo(after, nl=False)
        elif before != after:
            _write(path, after)
    if paths != ("-",):
        click.echo(counts.said("would change" if check or diff else "changed"), err=True)
    return 1 if counts.broken or (counts.changed and (check or diff)) else 0


@dataclass(slots=True)
class _Counts:
    changed: int = 0
    kept: int = 0
    broken: int = 0

    def said(self, word: str) -> str:
        broken = f", {self.broken} left alone for their errors" if self.broken else ""
        return f"{self.changed} {word}, {self.kept} laid out already{broken}"


def _laid_out(analysis: Analysis, name: str) -> str | None:
    """The text laid out; None, with a message, if it has syntax errors."""
    text, errors = format_script(analysis.tree(name))
    if not errors:
        return text
    source = analysis.source(name)
    print(rendering.full(analysis, source, errors[0]), file=sys.stderr)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    print(f"{name}: left alone, since it has syntax errors{more}", file=sys.stderr)
    return None


def _difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, name
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _write(path: str, text: str) -> None:
    """Replace the file at once, so that it is whole whatever happens; its mode stays."""
    real = os.path.realpath(path)
    temporary = f"{real}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        os.chmod(temporary, os.stat(real).st_mode)
        os.replace(temporary, real)
    except OSError as error:
        raise StapError(f"{path}: cannot be written: {error.strerror}") from error
