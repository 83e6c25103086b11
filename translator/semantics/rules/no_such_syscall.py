from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-syscall",
    Severity.ERROR,
    "This architecture has no such system call.",
    """\
The name is not in the table of system calls of the machine that the script is for.

```stp
probe __syscall("opne") { exit() }
```

Correct the name. Calls that only some architectures have take a `?`.

```stp
probe __syscall("openat") { exit() }
```
""",
)
