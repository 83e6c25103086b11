from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Related, Severity
from translator.base.text import Span
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast


def check(outline: Outline) -> Iterator[Report]:
    if not isinstance(outline.decl, ast.Function):
        return
    seen: dict[str, Span] = {}
    for parameter in outline.decl.parameters:
        name, span = parameter.name.text, parameter.name.span
        if name in seen:
            related = (Related(seen[name], "the first one"),)
            yield Report(span, f"two parameters are called '{name}'", related)
        seen.setdefault(name, span)


RULE = Rule(
    "duplicate-parameter",
    Severity.ERROR,
    "Two parameters of one name.",
    """\
Inside the function the name could mean either of them.

```stp
function larger (a, a) { return a > a ? a : a }
probe begin { println(larger(1, 2)) exit() }
```

Give each its own name.

```stp
function larger (a, b) { return a > b ? a : b }
probe begin { println(larger(1, 2)) exit() }
```
""",
    outline=check,
)
