from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "not-an-aggregate",
    Severity.ERROR,
    "`<<<`, `@count` and the like on something that is no global variable.",
    """\
An aggregate collects values of many handlers, so it is a global variable or an element of one.

```stp
probe begin { sizes <<< 3 }
```

Declare it with `global`.

```stp
global sizes
probe begin { sizes <<< 3 }
```
""",
)
