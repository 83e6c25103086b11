"""What a client may do about a diagnostic: the fixes that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stap_lsp.features.diagnostics import diagnostics
from translator.base.diagnostics import Diagnostic, Fix
from translator.base.text import Span

if TYPE_CHECKING:
    from translator.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Action:
    """A fix and what it is for."""

    diagnostic: Diagnostic
    fix: Fix


def code_actions(analysis: Analysis, path: str, within: Span) -> tuple[Action, ...] | None:
    """Fixes of what is wrong in or around ``within``; None if there are none."""
    found = tuple(
        Action(each, fix)
        for each in diagnostics(analysis, path)
        if each.span.start <= within.end and within.start <= each.span.end
        for fix in each.fixes
    )
    return found or None
