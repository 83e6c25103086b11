from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.effects import has_effect
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast
from translator.syntax.unparse import unparse_expr


def check(outline: Outline) -> Iterator[Report]:
    # `for (i = i; …)` says that the loop goes on from where the variable stands.
    starts = {id(node.start) for node in outline.nodes if isinstance(node, ast.For)}
    for node in outline.nodes:
        match node:
            case ast.Assign(op=ast.AssignOp.SET, target=target, value=value) if (
                type(target) is type(value)
                and id(node) not in starts
                and not isinstance(target, ast.Target)
                and not has_effect(target)
                and unparse_expr(target) == unparse_expr(value)
            ):
                what = outline.written(target.span)
                yield Report(node.span, f"`{what}` is assigned to itself")
            case _:
                pass


RULE = Rule(
    "self-assignment",
    Severity.WARNING,
    "A variable assigned to itself.",
    """\
The assignment changes nothing. Mostly another name was meant on one of the sides.

```stp
global last
probe timer.s(1) { last = last println(last) exit() }
```

Assign what was meant.

```stp
global last
probe timer.s(1) { println(last) last = gettimeofday_s() exit() }
```
""",
    outline=check,
)
