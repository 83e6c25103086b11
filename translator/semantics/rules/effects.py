"""Whether evaluating an expression can do more than give a value.  Not a rule."""

from __future__ import annotations

from translator.syntax import ast

# A match sets what matched() gives; the value of a call is asked of the function.
_EFFECTS = (
    ast.Assign,
    ast.Step,
    ast.Call,
    ast.EmbeddedExpr,
    ast.RegexMatch,
    ast.BadExpr,
)


def has_effect(expr: ast.Expr) -> bool:
    """True also where it cannot be told: a function that is called may do anything."""
    return any(_acts(node) for node in ast.walk(expr))


def _acts(node: ast.Node) -> bool:
    match node:
        case ast.Print(to_string=to_string):
            return not to_string
        case ast.AtCall(op=op):
            return op is ast.AtOp.PROBE_WRITE
        case _:
            return isinstance(node, _EFFECTS)
