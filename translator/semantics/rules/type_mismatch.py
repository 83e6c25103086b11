from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "type-mismatch",
    Severity.ERROR,
    "A number where a string is needed, or the other way round.",
    """\
Each variable, array and function has one type, inferred from all of its uses. Two of them
disagree; the second place shown is the one that was seen first.

```stp
probe begin { name = "a" name = 3 println(name) }
```

Convert with `strtol(text, 10)` or `sprint(number)`, or use two variables.

```stp
probe begin { name = "a" name = sprint(3) println(name) }
```
""",
)
