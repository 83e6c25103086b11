from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-process",
    Severity.ERROR,
    "No such process, or no process was named.",
    """\
`process(PID)` needs a process that runs now. `process` without anything means the program of
`-c COMMAND` or `-x PID`, which some probe points need.

```stp
probe process(4194305).begin { exit() }
```

Name the program, or start the script with `-c` or `-x`.

```stp
probe process("/bin/sh").begin { exit() }
```
""",
)
