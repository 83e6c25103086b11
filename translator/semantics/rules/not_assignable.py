from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "not-assignable",
    Severity.ERROR,
    "An assignment to something that is no variable.",
    """\
Only variables, elements of arrays and, in guru mode, target variables can be assigned to.

```stp
probe begin { pid() = 3 }
```

Assign to a variable; to compare, write `==`.

```stp
probe begin { if (pid() == 3) exit() }
```
""",
)
