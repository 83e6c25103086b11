from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Related, Severity
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    own = {
        place.label: place
        for place in script.scope.globals.values()
        if place.source.path == script.path
    }
    if not own:
        return
    for item in script.declarations:
        if not isinstance(item.decl, ast.Function):
            continue
        for parameter in item.decl.parameters:
            place = own.get(parameter.name.text)
            if place is None:
                continue
            first = place.variable.name.span.shifted(place.offset)
            yield Report(
                parameter.name.span.shifted(item.offset),
                f"the parameter '{parameter.name.text}' hides the global of that name",
                (Related(first, "the global", script.path),),
            )


RULE = Rule(
    "shadowed-global",
    Severity.WARNING,
    "A parameter with the name of a global variable.",
    """\
Inside the function the name means the parameter, so the global cannot be reached there.

```stp
global count
function twice (count) { return 2 * count }
probe begin { count = 3 println(twice(count)) exit() }
```

Give the parameter another name.

```stp
global count
function twice (n) { return 2 * n }
probe begin { count = 3 println(twice(count)) exit() }
```
""",
    script=check,
)
