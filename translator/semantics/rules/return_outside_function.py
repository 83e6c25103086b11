from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "return-outside-function",
    Severity.ERROR,
    "`return` in a probe handler.",
    """\
A handler has nobody to return to.

```stp
probe begin { if (pid() == 1) return; exit() }
```

`next` ends a handler.

```stp
probe begin { if (pid() == 1) next; exit() }
```
""",
)
