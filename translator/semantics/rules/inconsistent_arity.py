from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "inconsistent-arity",
    Severity.ERROR,
    "An array used with different numbers of indexes.",
    """\
An array has the same number of indexes everywhere, and a scalar has none.

```stp
global seen
probe begin { seen["a"] = 1 seen["a", 2] = 1 }
```

Use the same indexes everywhere, or a second array.

```stp
global seen
probe begin { seen["a", 1] = 1 seen["a", 2] = 1 }
```
""",
)
