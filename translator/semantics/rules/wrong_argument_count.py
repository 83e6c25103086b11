from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "wrong-argument-count",
    Severity.ERROR,
    "An operator with too few or too many arguments.",
    """\
`@hist_linear` takes an aggregate, the lowest value, the highest and the width of a bucket.

```stp
global s
probe begin { s <<< 1 print(@hist_linear(s, 0, 10)) }
```

Give all of them.

```stp
global s
probe begin { s <<< 1 print(@hist_linear(s, 0, 10, 1)) }
```
""",
)
