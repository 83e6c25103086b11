"""What a script may contain only in guru mode: C of its own.

stap refuses it in pass 1, wherever the script comes from but its library.
"""

from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Diagnostic, Severity
from translator.syntax.ast import EmbeddedCode, EmbeddedExpr, EmbeddedStmt, walk
from translator.syntax.tree import SyntaxTree


def needs_guru_mode(tree: SyntaxTree) -> tuple[Diagnostic, ...]:
    """One diagnostic for each piece of C, in offsets of the file."""
    if "%{" not in tree.source.text and not tree.expansions:
        return ()
    return tuple(_found(tree))


def _found(tree: SyntaxTree) -> Iterator[Diagnostic]:
    for placed in tree.declarations:
        for node in walk(placed.decl):
            if isinstance(node, EmbeddedCode | EmbeddedExpr | EmbeddedStmt):
                at = node.span.shifted(placed.offset)
                message = "C in a script needs guru mode (`-g`)"
                yield tree.explained(Diagnostic("needs-guru-mode", Severity.ERROR, at, message))


def starts_in_guru_mode(text: str) -> bool:
    """Whether the first line runs the script in guru mode: `#!/usr/bin/stap -g`."""
    first = text.partition("\n")[0]
    words = first.split() if first.startswith("#!") else []
    return any(word.startswith("-") and "g" in word.lstrip("-")[:2] for word in words[1:])
