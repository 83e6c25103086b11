"""Makes a declaration's outline: its nodes in a row, and the names it mentions."""

from __future__ import annotations

from collections.abc import Iterator

from translator.base.text import Span
from translator.semantics.rules.rule import Mentions, Outline
from translator.syntax import ast


def outline(text: str, decl: ast.Decl) -> Outline:
    """``text`` begins where spans of the declaration count from."""
    nodes = tuple(ast.walk(decl))
    return Outline(text, decl, nodes, _mentions(decl, nodes))


def _mentions(decl: ast.Decl, nodes: tuple[ast.Node, ...]) -> Mentions:
    variables: set[str] = set()
    assigned: set[str] = set()
    calls: set[tuple[str, int]] = set()
    code: list[str] = []
    required: set[int] = set()
    values: list[tuple[str, Span]] = []
    for node in nodes:
        assigned.update(_assigned(node))
        match node:
            case ast.Name(name=name):
                variables.add(name)
            case ast.Call(function=word, arguments=arguments):
                calls.add((word.text, len(arguments)))
            case ast.EmbeddedCode() | ast.EmbeddedStmt() | ast.EmbeddedExpr():
                code.append(node.code)
            case ast.Parameter(name=word):
                required.add(word.span.start)
            case ast.Foreach(keys=keys):
                required.update(key.span.start for key in keys)
                if node.value is not None and isinstance(node.array, ast.Name):
                    values.append((node.array.name, node.value.span))
            case ast.Try(variable=ast.Name(span=span)):
                required.add(span.start)
            case _:
                pass
    if isinstance(decl, ast.Function):
        calls.discard((decl.name.text, len(decl.parameters)))
    return Mentions(
        frozenset(variables),
        frozenset(assigned),
        frozenset(calls),
        "\n".join(code),
        frozenset(required),
        tuple(values),
    )


def _assigned(node: ast.Node) -> Iterator[str]:
    match node:
        case ast.Assign(target=target) | ast.Step(operand=target) | ast.Delete(target=target):
            root = target.base if isinstance(target, ast.Index) else target
            if isinstance(root, ast.Name):
                yield root.name
        case ast.Foreach(keys=keys, value=value):
            yield from (key.name for key in keys)
            if value is not None:
                yield value.name
        case ast.Try(variable=ast.Name(name=name)):
            yield name
        case _:
            pass
