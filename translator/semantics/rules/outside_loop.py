from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "outside-loop",
    Severity.ERROR,
    "`break` or `continue` outside a loop.",
    """\
They leave or go on with the innermost `while`, `for` or `foreach`; here there is none.

```stp
probe begin { if (pid() == 1) break; exit() }
```

`next` ends a handler, `return` a function.

```stp
probe begin { if (pid() == 1) next; exit() }
```
""",
)
