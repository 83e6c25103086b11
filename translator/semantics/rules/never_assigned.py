from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.probes.pattern import nearest
from translator.semantics.rules.locals import own_bodies
from translator.semantics.rules.rule import Report, Rule, Script


def check(script: Script) -> Iterator[Report]:
    for piece, names in own_bodies(script):
        seen: set[str] = set()
        for use in piece.facts.locals:
            if use.writes or not use.name or use.name in names.written or use.name in seen:
                continue
            seen.add(use.name)
            message = (
                f"'{use.name}' is read but never assigned{_hint(script, use.name, names.written)}"
            )
            yield Report(use.span.shifted(piece.offset), message)
    if not script.broken:
        yield from _globals(script)


def _hint(script: Script, name: str, written: frozenset[str]) -> str:
    if 0 in script.scope.arities(name):
        return f"; did you mean the function '{name}()'?"
    own = (place.label for place in script.scope.globals.values())
    near = nearest(name, (*written, *own))
    return f"; did you mean '{near[0]}'?" if near else ""


def _globals(script: Script) -> Iterator[Report]:
    assigned = script.assigned
    code = script.code
    for place in script.scope.globals.values():
        if place.source.path != script.path or place.variable.value is not None:
            continue
        uses = script.uses.get(place.name, [])
        if uses and place.label not in assigned and place.label not in code:
            span = place.variable.name.span.shifted(place.offset)
            yield Report(span, f"the global '{place.label}' is read but never assigned")


RULE = Rule(
    "never-assigned",
    Severity.WARNING,
    "A variable that is read and never assigned.",
    """\
Nothing gives the variable a value, so it is 0 or the empty string. Mostly its name, or that of
the variable it should be, is misspelt, or a function lacks its parentheses.

```stp
probe timer.s(1) { println(execname) exit() }
```

Correct the name. A global that is set from the command line (`-G`) takes a first value.

```stp
probe timer.s(1) { println(execname()) exit() }
```
""",
    script=check,
)
