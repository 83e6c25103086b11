from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.base.text import Span
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        if not isinstance(node, ast.Foreach) or not isinstance(node.array, ast.Name):
            continue
        array = node.array.name
        for inner in ast.walk(node.body):
            span = _changed(inner, array)
            if span is not None:
                yield Report(
                    span,
                    f"'{array}' changes while this foreach walks it, which SystemTap refuses",
                )


def _changed(node: ast.Node, array: str) -> Span | None:
    match node:
        case ast.Assign(target=target) | ast.Step(operand=target) | ast.Delete(target=target):
            pass
        case _:
            return None
    match target:
        case ast.Index(base=ast.Name(name=name)) | ast.Name(name=name):
            return target.span if name == array else None
        case _:
            return None


RULE = Rule(
    "modified-while-walking",
    Severity.WARNING,
    "An array that a `foreach` over it changes.",
    """\
Here `foreach` walks the array as it was at the start, so the change is safe. SystemTap itself
refuses such a script.

```stp
global seen
probe timer.s(1) { seen[pid()]++ }
probe end { foreach (k in seen) delete seen[k] }
```

Change the array after the loop; `delete seen` empties it at once.

```stp
global seen
probe timer.s(1) { seen[pid()]++ }
probe end { foreach (k in seen) println(k) delete seen }
```
""",
    outline=check,
)
