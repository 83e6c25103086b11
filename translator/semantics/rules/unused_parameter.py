from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.locals import names
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    for name, piece in script.functions.items():
        place = script.scope.functions[name]
        function = place.function
        if piece.path != script.path or not isinstance(function.body, ast.Block):
            continue
        if place.next_overload or "#" in name:
            continue  # overloads share their parameters
        read = names(piece.facts).read
        for parameter in function.parameters:
            word = parameter.name
            if word.text and word.text not in read:
                yield Report(
                    word.span.shifted(piece.offset), f"the parameter '{word.text}' is never read"
                )


RULE = Rule(
    "unused-parameter",
    Severity.NOTE,
    "A parameter that its function never reads.",
    """\
Callers compute a value that nobody looks at.

```stp
function half (n, unit) { return n / 2 }
probe begin { println(half(4, "s")) exit() }
```

Remove the parameter, or use it.

```stp
function half (n, unit) { return sprint(n / 2, unit) }
probe begin { println(half(4, "s")) exit() }
```
""",
    script=check,
)
