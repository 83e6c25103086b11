"""Diagnostics as text for people and for tools that read compilers' messages."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from translator.analysis import Analysis
from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import SourceText
from translator.semantics.problems import Finding

_LONGEST = 160  # code points of a line that are shown around a place


def concise(source: SourceText, item: Diagnostic) -> str:
    """One line: ``path:line:column: severity: message [rule]``; gcc's form too."""
    message = _visible(item.message)
    return f"{source.place(item.span.start)}: {item.severity.value}: {message} [{item.rule}]"


def full(analysis: Analysis, source: SourceText, item: Diagnostic) -> str:
    """The line, the text it is about with a mark below, and related places."""
    lines = [concise(source, item), *_excerpt(source, item.span.start, item.span.end)]
    for related in item.related:
        other = source if related.path is None else analysis.source(related.path)
        lines.append(f"{other.place(related.span.start)}: note: {related.message}")
        lines += _excerpt(other, related.span.start, related.span.end)
    return "\n".join(lines)


def _excerpt(source: SourceText, start: int, end: int) -> list[str]:
    if not source.text:
        return []
    at = source.position(start)
    line = source.line_text(at.line)
    first = max(0, at.column - _LONGEST // 2)
    text = _visible(line[first : first + _LONGEST])
    column = at.column - first
    width = max(1, min(end - start, len(text) - column))
    # Tabs stay tabs below, so that the mark stands under the text in any terminal.
    lead = "".join("\t" if char == "\t" else " " for char in text[:column])
    number = str(at.line + 1)
    return [f"  {number} | {text}", f"  {' ' * len(number)} | {lead}{'^' * width}"]


def _visible(text: str) -> str:
    """Text as a terminal may show it: what would not print, or would command it, is replaced."""
    return "".join(char if char == "\t" or char.isprintable() else "\ufffd" for char in text)


def show(analysis: Analysis, findings: Iterable[Finding]) -> None:
    """Every finding in full on standard error, errors last where people look first."""
    ordered = sorted(findings, key=lambda item: item.diagnostic.severity is Severity.ERROR)
    for finding in ordered:
        source = analysis.source(finding.path)
        print(full(analysis, source, finding.diagnostic), file=sys.stderr)
