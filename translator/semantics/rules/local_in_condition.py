from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "local-in-condition",
    Severity.ERROR,
    "A probe condition that looks at something else than globals.",
    """\
The `if` behind a probe point arms and disarms the probe from outside of its handler, where
the handler's own variables do not exist.

```stp
probe timer.s(1) if (ready) { println("tick") }
```

Declare the variable as a global, and let another probe set it.

```stp
global ready
probe begin { ready = 1 }
probe timer.s(1) if (ready) { println("tick") }
```
""",
)
