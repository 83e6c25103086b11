"""Names that the script's text mentions, resolved or not.  Not a rule.

A probe whose point does not resolve is never elaborated, but what it names is not unused.
"""

from __future__ import annotations

from translator.semantics.rules.rule import Script
from translator.syntax import ast


def variables(script: Script) -> frozenset[str]:
    """Names of variables that stand in any body or condition."""
    return frozenset(
        node.name
        for outline in script.outlines
        for node in outline.nodes
        if isinstance(node, ast.Name)
    )


def calls(script: Script) -> frozenset[tuple[str, int]]:
    """Functions called, by name and number of arguments, from outside of themselves."""
    return frozenset(
        (node.function.text, len(node.arguments))
        for outline in script.outlines
        for node in outline.nodes
        if isinstance(node, ast.Call) and not _is(outline.decl, node)
    )


def embedded_code(script: Script) -> str:
    """All embedded C: it may use any name."""
    return "\n".join(
        node.code
        for outline in script.outlines
        for node in outline.nodes
        if isinstance(node, ast.EmbeddedCode | ast.EmbeddedStmt | ast.EmbeddedExpr)
    )


def has_probes(script: Script) -> bool:
    """False for a library: what it declares is for others."""
    return any(isinstance(item.decl, ast.Probe) for item in script.declarations)


def _is(decl: ast.Decl, call: ast.Call) -> bool:
    return (
        isinstance(decl, ast.Function)
        and decl.name.text == call.function.text
        and len(decl.parameters) == len(call.arguments)
    )
