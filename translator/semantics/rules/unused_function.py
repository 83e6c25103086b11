from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    if script.broken or not script.has_probes:
        return
    called, code = script.calls, script.code
    for item in script.declarations:
        decl = item.decl
        if not isinstance(decl, ast.Function) or not decl.name.text:
            continue
        name = decl.name.text
        if (name, len(decl.parameters)) not in called and name not in code:
            yield Report(decl.name.span.shifted(item.offset), f"nothing calls '{name}'")


RULE = Rule(
    "unused-function",
    Severity.WARNING,
    "A function that nothing calls.",
    """\
No handler and no other function calls it with this number of arguments.

```stp
function half (n) { return n / 2 }
probe begin { println("started") exit() }
```

Call it or remove it. Functions for several scripts belong in a directory of their own, which `-I`
names; there they are not reported.

```stp
function half (n) { return n / 2 }
probe begin { println(half(4)) exit() }
```
""",
    script=check,
)
