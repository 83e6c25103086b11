from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-file",
    Severity.ERROR,
    "No such program.",
    """\
`process("NAME")` names a program by its path, or by a name that is searched for in `PATH`.

```stp
probe process("/no/such/program").begin { exit() }
```

Correct the path. Without one, `process` means the program that `-c` or `-x` names.

```stp
probe process("/bin/sh").begin { exit() }
```
""",
)
