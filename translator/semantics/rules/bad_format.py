from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-format",
    Severity.ERROR,
    "A format that does not fit its arguments.",
    """\
The format of `printf` and `sprintf` is a literal string. It says how many arguments there are
and which are numbers and which strings.

```stp
probe begin { printf("%s is %d\\n", "pid") exit() }
```

Give one argument for each `%` directive; a percent sign is written `%%`.

```stp
probe begin { printf("%s is %d\\n", "pid", pid()) exit() }
```
""",
)
