"""What is wrong with a script, as data.  What is wrong with the world is in `errors`.

A diagnostic never carries a rendered place: clients render `Span` with the text at hand.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from translator.base.errors import PrivilegeError, StapError, UsageError
from translator.base.text import Span
from translator.base.value import dataclass

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "PrivilegeError",
    "Related",
    "Severity",
    "StapError",
    "UsageError",
    "replacement",
]


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that explains the first; ``path`` None means the same file."""

    span: Span
    message: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``span`` of the diagnosed file by ``new``."""

    span: Span
    new: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes the diagnostic go away; offered only where it is sure."""

    title: str
    edits: tuple[Edit, ...]


def replacement(span: Span, near: tuple[str, ...]) -> tuple[Fix, ...]:
    """The fixes of a misspelt word at ``span``: one for each name that is there and near."""
    return tuple(Fix(f"Replace by `{name}`", (Edit(span, name),)) for name in near[:3])


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.  ``rule`` is the stable id that `stap-lsp explain` documents."""

    rule: str
    severity: Severity
    span: Span
    message: str
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def shifted(self, by: int) -> Diagnostic:
        """The same finding, from offsets in a declaration to offsets in its file.

        Related places with a path of their own are already absolute and stay.
        """
        if by == 0:
            return self
        return replace(
            self,
            span=self.span.shifted(by),
            related=tuple(
                item if item.path is not None else replace(item, span=item.span.shifted(by))
                for item in self.related
            ),
            fixes=tuple(
                Fix(fix.title, tuple(Edit(edit.span.shifted(by), edit.new) for edit in fix.edits))
                for fix in self.fixes
            ),
        )
