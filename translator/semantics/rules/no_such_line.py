from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-line",
    Severity.ERROR,
    "No code stands at this line.",
    """\
`statement` probes attach to the code that a line of source became. Blank lines, comments and
declarations become none, and optimisation moves or drops others.

```stp
probe process("PROGRAM").statement("main@program.c:1") { exit() }
```

Take a line that the message names, or let the nearest one count with `.nearest`.

```stp
probe process("PROGRAM").function("main") { exit() }
```
""",
)
