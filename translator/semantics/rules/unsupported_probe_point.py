from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unsupported-probe-point",
    Severity.ERROR,
    "A probe point of the language that is not supported yet, or not here.",
    """\
The probe point exists in SystemTap, but this translator, or this machine, cannot attach to it.

```stp
probe process("/bin/sh").plt("malloc") { exit() }
```

The message names what to write instead, where there is something.

```stp
probe process("/bin/sh").begin { exit() }
```
""",
)
