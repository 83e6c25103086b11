from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-delete",
    Severity.ERROR,
    "`delete` of something that is no variable.",
    """\
`delete` removes an array's element, empties an array or an aggregate, or sets a scalar to 0 or
the empty string.

```stp
probe begin { delete pid() }
```

Name the variable or the element.

```stp
global seen
probe begin { seen[pid()] = 1 delete seen[pid()] }
```
""",
)
