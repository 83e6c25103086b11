from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Report, Rule, Script


def check(script: Script) -> Iterator[Report]:
    names = script.scope.names(script.path)
    for placed, outline in script.placed_outlines:
        for array, span in outline.mentions.values:
            found = names.global_named(array)
            if found and any(use.aggregate for _, use in script.uses.get(found, [])):
                yield Report(
                    span.shifted(placed.offset),
                    f"'{array}' holds aggregates: read them with @count, @sum, …",
                )


RULE = Rule(
    "aggregate-value",
    Severity.ERROR,
    "An aggregate used as if it were a value.",
    """\
The elements of this array are aggregates, which have figures but no value of their own.

```stp
global s
probe begin { s[1] <<< 1 }
probe end { foreach (v = k in s) println(k, v) }
```

Take the key, and ask for a figure.

```stp
global s
probe begin { s[1] <<< 1 }
probe end { foreach (k in s) println(k, @sum(s[k])) }
```
""",
    script=check,
)
