"""Diagnostics with the file they belong to, while several files are in play."""

from __future__ import annotations

from dataclasses import dataclass

from translator.base.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic in ``path``; its spans are offsets in that file."""

    path: str
    diagnostic: Diagnostic
