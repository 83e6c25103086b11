from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unsupported-macro",
    Severity.ERROR,
    "A macro definition, which is not read yet.",
    """\
`@define` is part of the language but not understood yet.

```stp
@define most %( 10 %)
probe begin { exit() }
```

Until then, write what the macro stands for, or use a global variable.

```stp
global most = 10
probe begin { println(most) exit() }
```
""",
)
