from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-histogram",
    Severity.ERROR,
    "Limits of a histogram that leave no buckets.",
    """\
`@hist_linear(s, low, high, step)` has buckets of the width `step` from `low` to `high`.

```stp
global s
probe begin { s <<< 1 print(@hist_linear(s, 10, 0, 1)) }
```

Give the lower limit first, and a width above 0.

```stp
global s
probe begin { s <<< 1 print(@hist_linear(s, 0, 10, 1)) }
```
""",
)
