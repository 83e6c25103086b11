from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unresolved-array",
    Severity.ERROR,
    "An index on something that is no global array.",
    """\
Only global variables can be arrays: they outlive the handlers that fill them. A local variable
holds one number or string.

```stp
probe begin { seen["a"] = 1 }
```

Declare the array with `global`.

```stp
global seen
probe begin { seen["a"] = 1 }
```
""",
)
