from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        match node:
            case (
                ast.If(condition=ast.Number() as number)
                | ast.Conditional(condition=ast.Number() as number)
            ) if _written(outline, number):
                way = "never holds" if number.value == 0 else "always holds"
                yield Report(number.span, f"this condition {way}")
            case ast.While(condition=ast.Number(value=0) as number) if _written(outline, number):
                yield Report(number.span, "this loop never runs")
            case _:
                pass


def _written(outline: Outline, number: ast.Number) -> bool:
    """False where an argument or a macro stands: it differs from run to run."""
    return outline.written(number.span)[:1].isdigit()


RULE = Rule(
    "constant-condition",
    Severity.WARNING,
    "A condition that is a literal.",
    """\
The condition is a number, so one of the two ways is never taken. `while (1)` is not meant:
a loop without end that `break` leaves is common.

```stp
probe begin { if (0) println("debugging") exit() }
```

Remove what cannot run, or make the choice one of the command line's: `%( $# > 0 %? … %)` or
`if ($1)`, or a global that `-G` sets.

```stp
global debugging = 0
probe begin { if (debugging) println("debugging") exit() }
```
""",
    outline=check,
)
