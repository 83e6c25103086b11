from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Edit, Fix, Severity
from translator.base.text import Span
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        match node:
            case (
                ast.If(condition=ast.Assign(op=ast.AssignOp.SET) as assign)
                | ast.While(condition=ast.Assign(op=ast.AssignOp.SET) as assign)
                | ast.For(condition=ast.Assign(op=ast.AssignOp.SET) as assign)
                | ast.Conditional(condition=ast.Assign(op=ast.AssignOp.SET) as assign)
            ) if not _doubled(outline, assign.span):
                between = Span(assign.target.span.end, assign.value.span.start)
                at = between.start + outline.written(between).find("=")
                fix = Fix("Compare with `==`", (Edit(Span(at, at + 1), "=="),))
                yield Report(
                    assign.span,
                    "this assigns instead of comparing: write `==`, or parentheses around it",
                    fixes=(fix,),
                )
            case _:
                pass


def _doubled(outline: Outline, span: Span) -> bool:
    """Whether the assignment has parentheses besides those of its statement."""
    before = outline.written(Span(0, span.start)).rstrip()
    return before.endswith("(") and before[:-1].rstrip().endswith("(")


RULE = Rule(
    "assignment-in-condition",
    Severity.WARNING,
    "A condition that assigns.",
    """\
`=` assigns, `==` compares. An assignment as a whole condition is mostly a slip: it changes the
variable and holds whenever the new value is not 0.

```stp
probe timer.s(1) { n++ if (n = 10) exit() }
```

Write `==`. Where the assignment is meant, a second pair of parentheses says so.

```stp
global n
probe timer.s(1) { n++ if (n == 10) exit() }
```
""",
    outline=check,
)
