from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unresolved-function",
    Severity.ERROR,
    "No function has this name and number of arguments.",
    """\
Neither the script nor the library has a function of this name that takes so many arguments.

```stp
probe begin { println(pidd()) exit() }
```

Correct the name or the arguments.

```stp
probe begin { println(pid()) exit() }
```
""",
)
