"""What parsing a file gives: its declarations in their places, and what its macros became.

Values only, and questions about places.  Spans inside a declaration count from its chunk,
so that equal declarations are equal wherever they stand.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

from translator.base.diagnostics import Diagnostic, Related
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.syntax.ast import Decl, Node, children
from translator.syntax.macros import Definition


@dataclass(frozen=True, slots=True)
class Parsed:
    """One declaration; spans and diagnostics count from the start of its chunk."""

    decl: Decl
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration where it stands in its file.

    ``offset`` is the place of its chunk, to which every span in ``decl`` and
    ``diagnostics`` is relative; ``text`` is the chunk, which also holds the comments above.
    """

    offset: int
    text: str
    decl: Decl
    diagnostics: tuple[Diagnostic, ...]

    @property
    def span(self) -> Span:
        """The declaration itself, in the file."""
        return self.decl.span.shifted(self.offset)

    @property
    def extent(self) -> Span:
        """The whole chunk, in the file."""
        return Span(self.offset, self.offset + len(self.text))


@dataclass(frozen=True, slots=True)
class Expansion:
    """A macro's use in a file: ``span`` with its arguments, ``text`` what it became."""

    span: Span
    definition: Definition
    text: str


@dataclass(frozen=True)
class SyntaxTree:
    """A file's declarations, in order, and what its preprocessor did.

    ``macros`` are those that the file defines; ``inactive`` is the text that conditionals
    leave out, for an editor to grey.
    """

    source: SourceText
    declarations: tuple[Placed, ...]
    macros: tuple[Definition, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    inactive: tuple[Span, ...] = ()

    def expansion_at(self, offset: int) -> Expansion | None:
        """The innermost macro's use that ``offset`` touches."""
        touching = [item for item in self.expansions if item.span.covers(offset)]
        return min(touching, key=lambda item: item.span.end - item.span.start, default=None)

    def explained(self, diagnostic: Diagnostic) -> Diagnostic:
        """``diagnostic``, with the definition of the macro whose text it is about."""
        return explained(diagnostic, self.expansions)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All syntax diagnostics, in offsets of the file, in order."""
        found = [
            diagnostic.shifted(placed.offset)
            for placed in self.declarations
            for diagnostic in placed.diagnostics
        ]
        return tuple(sorted(found, key=lambda diagnostic: diagnostic.span))

    def declaration_at(self, offset: int) -> Placed | None:
        """The declaration whose chunk holds ``offset``; where two touch, the later."""
        index = bisect_right(self.declarations, offset, key=lambda placed: placed.offset) - 1
        if index < 0:
            return None
        first = self.declarations[index].offset
        found = self.declarations[index]
        # Declarations of one `%( … %)` share a chunk.
        while index >= 0 and self.declarations[index].offset == first:
            found = self.declarations[index]
            if found.span.start <= offset:
                break
            index -= 1
        return found

    def path_at(self, offset: int) -> tuple[Node, ...]:
        """The nodes that touch ``offset``, from the declaration to the innermost.

        A cursor touches a node at both of its ends.  Empty outside declarations.
        """
        placed = self.declaration_at(offset)
        if placed is None:
            return ()
        return path_in(placed.decl, offset - placed.offset)


def path_in(decl: Decl, offset: int) -> tuple[Node, ...]:
    """As `SyntaxTree.path_at`, within one declaration, ``offset`` relative to its chunk."""
    if not decl.span.covers(offset):
        return ()
    path: list[Node] = [decl]
    while True:
        touching = [child for child in children(path[-1]) if child.span.covers(offset)]
        if not touching:
            return tuple(path)
        # Where two nodes meet at the cursor the later one is under it, but the hole or the
        # name just typed, which ends there, says more than what begins there by chance.
        inside = [child for child in touching if child.span.start < offset]
        path.append((inside or touching)[-1])


def explained(diagnostic: Diagnostic, expansions: tuple[Expansion, ...]) -> Diagnostic:
    at = diagnostic.span
    related = [
        Related(
            item.definition.span,
            f"in the expansion of `@{item.definition.macro.name}`, defined here",
            item.definition.path,
        )
        for item in expansions
        # An argument has a place of its own: what is wrong there is not the macro's matter.
        if at.start <= item.span.start <= at.end <= item.span.end
        or item.span.start <= at.start <= item.span.end <= at.end
    ]
    related = [item for item in related if item not in diagnostic.related]
    if not related:
        return diagnostic
    return replace(diagnostic, related=(*diagnostic.related, *related))
