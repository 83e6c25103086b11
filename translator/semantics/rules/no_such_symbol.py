from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-symbol",
    Severity.ERROR,
    "No variable of that name can be watched.",
    """\
`data("NAME")` watches a global variable, found among the symbols of the kernel or the program.

```stp
probe kernel.data("no_such_variable_anywhere").write { exit() }
```

Correct the name, or put a `?` after the probe point. Addresses of the kernel are shown to root only.

```stp
probe kernel.data("no_such_variable_anywhere").write ?, end { exit() }
```
""",
)
