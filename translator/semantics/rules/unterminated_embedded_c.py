from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unterminated-embedded-c",
    Severity.ERROR,
    "Embedded C without `%}`.",
    """\
`%{` begins a piece of C, which is passed on unread until `%}`.

```stp
#!/usr/bin/stap -g
%{ #include <linux/sched.h>
probe begin { exit() }
```

Close it with `%}`, or leave it out where the script language can do the same.

```stp
probe begin { exit() }
```
""",
)
