from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    match outline.decl:
        case ast.Probe(body=ast.Block(body=body) as block, points=points) if all(
            isinstance(item, ast.Empty) for item in body
        ):
            if not all(_is_never(point) for point in points):
                yield Report(block.span, "this handler does nothing")
        case _:
            pass


def _is_never(point: ast.ProbePoint) -> bool:
    match point.components:
        case (ast.Component(name="never"),):
            return True
        case _:
            return False


RULE = Rule(
    "empty-handler",
    Severity.NOTE,
    "A probe without statements.",
    """\
The probe attaches and does nothing. SystemTap leaves such a probe out.

```stp
probe timer.s(1) { }
probe end { println("end") }
```

Say what is to happen, or remove the probe.

```stp
probe timer.s(1) { exit() }
probe end { println("end") }
```
""",
    outline=check,
)
