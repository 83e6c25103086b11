from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-argument",
    Severity.ERROR,
    "An argument that a probe point's component does not take.",
    """\
Components take a number or a string, and within limits: no timer fires every 0 seconds, and a
function pattern has the form `NAME@FILE:LINE`.

```stp
probe timer.s(0) { exit() }
```

Give a value that the message allows.

```stp
probe timer.s(1) { exit() }
```
""",
)
