from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "target-write",
    Severity.ERROR,
    "An assignment to a `$` variable.",
    """\
Changing the memory of the probed program or of the kernel can crash it. It is allowed in guru
mode only, and not supported yet.

```stp
probe process("PROGRAM").function("main") { $argc = 1 }
```

Use a variable of the script.

```stp
probe process("PROGRAM").function("main") { count = $argc println(count) }
```
""",
)
