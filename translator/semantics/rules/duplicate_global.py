from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Related, Severity
from translator.base.text import Span
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    seen: dict[str, Span] = {}
    for item in script.declarations:
        if not isinstance(item.decl, ast.Global):
            continue
        for variable in item.decl.variables:
            name, span = variable.name.text, variable.name.span.shifted(item.offset)
            if not name:
                continue
            if name in seen:
                related = (Related(seen[name], "the first declaration", script.path),)
                yield Report(span, f"the global '{name}' is declared twice", related)
            seen.setdefault(name, span)


RULE = Rule(
    "duplicate-global",
    Severity.ERROR,
    "A global variable declared twice.",
    """\
A global has one declaration in its file. With two it is not clear which size or first value
counts.

```stp
global seen, seen
probe begin { seen[1] = 1 println(seen[1]) exit() }
```

Remove one of them, or give it another name.

```stp
global seen
probe begin { seen[1] = 1 println(seen[1]) exit() }
```
""",
    script=check,
)
