from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "histogram-value",
    Severity.ERROR,
    "A histogram used as a number.",
    """\
`@hist_log` and `@hist_linear` draw a histogram when they are printed, give a bucket's count when
they are indexed, and their buckets when `foreach` walks them. They are no number.

```stp
global s
probe begin { s <<< 1 n = @hist_log(s) println(n) }
```

Print it, or take one bucket.

```stp
global s
probe begin { s <<< 1 n = @hist_log(s)[2] println(n) }
```
""",
)
