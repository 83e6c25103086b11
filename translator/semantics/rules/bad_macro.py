from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-macro",
    Severity.ERROR,
    "A macro that is defined or used wrongly.",
    """\
`@define NAME %( … %)` names a piece of text, which `@NAME` then stands for. With parameters it
is `@define NAME(a, b) %( … @a … %)`, used with as many arguments. A macro is defined once in a
file, and does not use itself.

```stp
@define twice(n) %( (2 * @n) %)
probe begin { println(@twice(1, 2)) exit() }
```

Give each parameter its argument; for a second definition take another name.

```stp
@define twice(n) %( (2 * @n) %)
probe begin { println(@twice(1)) exit() }
```
""",
)
