from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-sort",
    Severity.ERROR,
    "A `foreach` that sorts by a histogram.",
    """\
An array of aggregates can be sorted by a figure of each: `@count`, `@sum`, `@min`, `@max`,
`@avg` or `@variance`. A histogram is no single figure.

```stp
global s
probe begin { s[1] <<< 1 }
probe end { foreach (k in s @hist_log-) println(k) }
```

Sort by one of those figures.

```stp
global s
probe begin { s[1] <<< 1 }
probe end { foreach (k in s @sum-) println(k) }
```
""",
)
