from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "not-constant",
    Severity.ERROR,
    "A value that must be written as a number.",
    """\
The limits of a histogram and the shift of `@variance` are fixed when the script is translated.

```stp
global s
probe begin { s <<< 1 n = 10 print(@hist_linear(s, 0, n, 1)) }
```

Write the number.

```stp
global s
probe begin { s <<< 1 print(@hist_linear(s, 0, 10, 1)) }
```
""",
)
