from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    names = script.scope.names(script.path)
    for outline in script.outlines:
        for node in outline.nodes:
            match node:
                case ast.Foreach(value=ast.Name() as value, array=ast.Name(name=array)):
                    found = names.global_named(array)
                    if found and any(use.aggregate for _, use in script.uses.get(found, [])):
                        yield Report(
                            value.span.shifted(outline.offset),
                            f"'{array}' holds aggregates: read them with @count, @sum, …",
                        )
                case _:
                    pass


RULE = Rule(
    "aggregate-value",
    Severity.ERROR,
    "A `foreach` that takes an aggregate as a value.",
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
