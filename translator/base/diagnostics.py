"""What is wrong with a script, as data; and what is wrong with the world, as exceptions.

A diagnostic never carries a rendered place: clients render `Span` with the text at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from translator.base.text import Span


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


class StapError(Exception):
    """The world is wrong (not the script, not us); the message names the remedy.

    Caught only at the command line and at the server's edge.  ``status`` is the exit status.
    """

    status = 1


class UsageError(StapError):
    """The command line, a configuration or a request cannot be taken as given."""

    status = 2


class PrivilegeError(StapError):
    """The kernel refused for want of a privilege."""
