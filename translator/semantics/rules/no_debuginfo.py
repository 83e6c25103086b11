from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-debuginfo",
    Severity.ERROR,
    "The debug information that this needs is missing.",
    """\
Lines, local variables and inlined functions are known only from debug information, which is
missing here, or cannot be read. The message says of what.

```stp
probe kernel.function("vfs_read").inline { exit() }
```

Install the debug symbols (on Debian the `-dbgsym` package, or let debuginfod fetch them), compile
with `-g`, or use a probe point that does without, such as a tracepoint or a system call.

```stp
probe kernel.function("vfs_read") { exit() }
```
""",
)
