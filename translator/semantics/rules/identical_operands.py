from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.effects import has_effect
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast
from translator.syntax.unparse import unparse_expr

_RESULT = {
    ast.BinaryOp.EQUAL: "always 1",
    ast.BinaryOp.NOT_EQUAL: "always 0",
    ast.BinaryOp.LESS: "always 0",
    ast.BinaryOp.GREATER: "always 0",
    ast.BinaryOp.LESS_EQUAL: "always 1",
    ast.BinaryOp.GREATER_EQUAL: "always 1",
    ast.BinaryOp.SUBTRACT: "always 0",
    ast.BinaryOp.BIT_XOR: "always 0",
    ast.BinaryOp.MODULO: "always 0",
    ast.BinaryOp.DIVIDE: "always 1",
    ast.BinaryOp.AND_THEN: "the same as one of them",
    ast.BinaryOp.OR_ELSE: "the same as one of them",
    ast.BinaryOp.BIT_AND: "the same as one of them",
    ast.BinaryOp.BIT_OR: "the same as one of them",
}


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        if not isinstance(node, ast.Binary) or type(node.left) is not type(node.right):
            continue
        result = _RESULT.get(node.op)
        if result is None or isinstance(node.left, ast.Number | ast.String):
            continue
        if has_effect(node.left) or unparse_expr(node.left) != unparse_expr(node.right):
            continue
        yield Report(node.span, f"both sides of `{node.op.value}` are the same: this is {result}")


RULE = Rule(
    "identical-operands",
    Severity.WARNING,
    "An operator with the same expression on both sides.",
    """\
The result does not depend on the expression. Mostly one side was copied and not changed.

```stp
probe timer.s(1) { if (pid == pid) exit() pid = 1 }
```

Compare what was meant; often one side is a function that lacks its parentheses.

```stp
global pid = 1
probe timer.s(1) { if (pid == pid()) exit() }
```
""",
    outline=check,
)
