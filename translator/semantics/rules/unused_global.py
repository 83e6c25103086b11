from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Report, Rule, Script


def check(script: Script) -> Iterator[Report]:
    if script.broken or not script.has_probes:
        return
    own = [place for place in script.scope.globals.values() if place.source.path == script.path]
    if not own:
        return
    named, code = script.variables, script.code
    for place in own:
        if place.label and place.label not in named and place.label not in code:
            span = place.variable.name.span.shifted(place.offset)
            yield Report(span, f"the global '{place.label}' is never used")


RULE = Rule(
    "unused-global",
    Severity.WARNING,
    "A global variable that nothing uses.",
    """\
The variable is declared and no handler or function mentions it. One that is written and never
read is used: its value is printed when the session ends.

```stp
global seen, count
probe begin { count++ exit() }
```

Remove it.

```stp
global count
probe begin { count++ exit() }
```
""",
    script=check,
)
