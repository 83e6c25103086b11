from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.locals import first_uses, own_bodies
from translator.semantics.rules.rule import Report, Rule, Script
from translator.syntax import ast


def check(script: Script) -> Iterator[Report]:
    aliases = {item.offset for item in script.declarations if isinstance(item.decl, ast.Alias)}
    required = {item.offset: each.mentions.required for item, each in script.placed_outlines}
    for piece, names in own_bodies(script):
        if piece.offset in aliases:
            continue  # its variables are for those who use it
        for use in first_uses(piece.facts):
            if not use.name or use.name in names.read or use.name not in names.written:
                continue
            if use.span.start not in required[piece.offset]:
                span = use.span.shifted(piece.offset)
                yield Report(span, f"'{use.name}' is assigned but never read")


RULE = Rule(
    "unused-variable",
    Severity.WARNING,
    "A local variable that is assigned and never read.",
    """\
A local variable ends with its handler or function; one that nobody reads is computed for
nothing, and SystemTap leaves it out. Often another name was meant where it should be read.

```stp
probe begin { started = gettimeofday_s() println("started") exit() }
```

Read it, remove it, or make it a `global` if another handler should see it.

```stp
global started
probe begin { started = gettimeofday_s() }
probe end { println("started at ", started) }
```
""",
    script=check,
)
