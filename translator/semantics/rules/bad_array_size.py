from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-array-size",
    Severity.ERROR,
    "An array size that no array can have.",
    """\
The number in brackets is how many elements the array may hold.

```stp
global last[0]
probe begin { last["x"] = 1 println(last["x"]) }
```

Give it room for one at least.

```stp
global last[10]
probe begin { last["x"] = 1 println(last["x"]) }
```
""",
)
