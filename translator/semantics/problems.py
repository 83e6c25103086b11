"""Diagnostics with the file they belong to, while several files are in play."""

from __future__ import annotations

from translator.base.diagnostics import Diagnostic
from translator.base.value import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic in ``path``; its spans are offsets in that file."""

    path: str
    diagnostic: Diagnostic
