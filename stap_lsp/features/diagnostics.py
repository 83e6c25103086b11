"""What is wrong with a text, as a client shows it.

Syntax is told at once; what names and types say follows when the text rests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from translator.base.diagnostics import Diagnostic, Severity

INACTIVE = "inactive-branch"  # no rule: nothing is wrong there, clients grey it

if TYPE_CHECKING:
    from translator.analysis import Analysis


def syntax_diagnostics(analysis: Analysis, path: str) -> tuple[Diagnostic, ...]:
    """What the parser alone finds, in order of place.  Costs one declaration after an edit."""
    return (*analysis.tree(path).diagnostics, *_inactive(analysis, path))


def diagnostics(analysis: Analysis, path: str) -> tuple[Diagnostic, ...]:
    """All that is wrong in ``path``, in order of place.  Related paths None mean ``path``."""
    return (*analysis.diagnostics(path), *_inactive(analysis, path))


def _inactive(analysis: Analysis, path: str) -> tuple[Diagnostic, ...]:
    """Text that conditionals of the preprocessor leave out."""
    tree = analysis.tree(path)
    return tuple(
        Diagnostic(INACTIVE, Severity.NOTE, span, "left out by this %( … %)")
        for span in tree.inactive
        if tree.source.text[span.start : span.end].strip()
    )
