from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "several-sort-orders",
    Severity.ERROR,
    "A `foreach` with more than one sort sign.",
    """\
`foreach` sorts by one thing: by one key, or by the array's value. The sign `+` or `-` stands
once.

```stp
global seen
probe begin { seen["a", 1] = 1 }
probe end { foreach ([a+, b-] in seen) println(a, b) }
```

Keep one of the signs.

```stp
global seen
probe begin { seen["a", 1] = 1 }
probe end { foreach ([a+, b] in seen) println(a, b) }
```
""",
)
