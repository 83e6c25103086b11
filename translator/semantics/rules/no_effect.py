from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Edit, Fix, Severity
from translator.base.text import Span
from translator.semantics.rules.effects import has_effect
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        if not isinstance(node, ast.ExprStmt):
            continue
        expr = node.expr
        match expr:
            case ast.Binary(op=ast.BinaryOp.EQUAL, left=ast.Name() | ast.Index() as left):
                between = Span(left.span.end, expr.right.span.start)
                at = between.start + outline.written(between).find("==")
                fix = Fix("Assign with `=`", (Edit(Span(at, at + 2), "="),))
                yield Report(
                    expr.span, "this compares and drops the result: `=` assigns", fixes=(fix,)
                )
            case _ if has_effect(expr):
                pass
            case ast.Print(function=word):
                printing = word.text.removeprefix("s")
                message = f"the text that {word.text} makes is dropped: use {printing}"
                yield Report(expr.span, message)
            case _:
                yield Report(expr.span, "this has no effect: its value is dropped")


RULE = Rule(
    "no-effect",
    Severity.WARNING,
    "A statement that only computes a value.",
    """\
The statement is an expression that changes nothing, and nobody takes its value. It is left out
of the program.

```stp
global last
probe timer.s(1) { last == gettimeofday_s() println(last) exit() }
```

Assign or print the value, or remove the statement.

```stp
global last
probe timer.s(1) { last = gettimeofday_s() println(last) exit() }
```
""",
    outline=check,
)
