"""What can be folded away: bodies, blocks and comments of several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stap_lsp.features.answers import Fold
from translator.syntax import ast, lexer
from translator.syntax.lexer import Kind

if TYPE_CHECKING:
    from translator.analysis import Analysis


def folds(analysis: Analysis, path: str) -> tuple[Fold, ...]:
    """In order of place."""
    tree = analysis.tree(path)
    found = [
        Fold(node.span.shifted(placed.offset), is_comment=False)
        for placed in tree.declarations
        for node in ast.walk(placed.decl)
        if isinstance(node, ast.Block | ast.EmbeddedStmt | ast.EmbeddedCode)
    ]
    found += [
        Fold(token.span, is_comment=True)
        for token in lexer.tokens(tree.source.text)
        if token.kind is Kind.COMMENT and "\n" in token.text
    ]
    line = tree.source.line_of
    several = [each for each in found if line(each.span.start) < line(each.span.end)]
    return tuple(sorted(several, key=lambda each: (each.span, each.is_comment)))
