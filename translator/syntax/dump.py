"""What each step of reading a script gave, as text: for people, and for golden files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum

from translator.base.text import SourceText
from translator.syntax import ast, lexer
from translator.syntax.chunks import chunks
from translator.syntax.parser import SyntaxTree
from translator.syntax.unparse import unparse_point


def dump_tokens(source: SourceText) -> str:
    """One token a line, trivia included: place, kind, text."""
    return "".join(
        f"{_place(source, token.start)} {token.kind.value}: {token.text!r}\n"
        for token in lexer.tokens(source.text)
    )


def dump_chunks(source: SourceText) -> str:
    """One chunk a line: place, length in code points, first line that is not blank."""
    lines = []
    for chunk in chunks(source.text):
        first = next((line for line in chunk.text.splitlines() if line.strip()), "")
        lines.append(f"{_place(source, chunk.offset)} {len(chunk.text)}: {first}\n")
    return "".join(lines)


def dump_tree(tree: SyntaxTree) -> str:
    """One node a line, indented by its depth, then the diagnostics."""
    lines: list[str] = []
    for placed in tree.declarations:
        for node, depth in _nodes(placed.decl):
            span = node.span.shifted(placed.offset)
            place = f"{_place(tree.source, span.start)}-{_place(tree.source, span.end)}"
            lines.append(f"{'  ' * depth}{type(node).__name__}{_facts(node)} @ {place}\n")
    for item in tree.diagnostics:
        place = _place(tree.source, item.span.start)
        lines.append(f"{place}: {item.severity.value}: {item.message} [{item.rule}]\n")
    return "".join(lines)


def _nodes(decl: ast.Decl) -> Iterator[tuple[ast.Node, int]]:
    pending: list[tuple[ast.Node, int]] = [(decl, 0)]
    while pending:
        node, depth = pending.pop()
        yield node, depth
        pending += [(child, depth + 1) for child in reversed(tuple(ast.children(node)))]


def _facts(node: ast.Node) -> str:
    """The fields that are no nodes, without those that say nothing."""
    shown = []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name in ("id", "span", "doc") or value in (None, False, ()):
            continue
        match value:
            case ast.Word(text=text):
                shown.append(f"{field.name}={text!r}")
            case Enum():
                shown.append(f"{field.name}={value.value}")
            case str() | int():
                shown.append(f"{field.name}={value!r}")
            case ast.Sort(order=order, key=key):
                shown.append(f"sort={'value' if key is None else key}{order.value}")
            case tuple() if isinstance(node, ast.ProbePoint):
                shown.append(_components(node))
            case _:
                pass
    return f" {' '.join(shown)}" if shown else ""


def _components(point: ast.ProbePoint) -> str:

    return unparse_point(point)


def _place(source: SourceText, offset: int) -> str:
    position = source.position(offset)
    return f"{position.line + 1}:{position.column + 1}"
