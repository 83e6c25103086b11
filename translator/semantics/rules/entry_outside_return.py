from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "entry-outside-return",
    Severity.ERROR,
    "`@entry` in a probe that is no return probe.",
    """\
`@entry(expression)` is the expression's value when the function was entered, kept until it
returns. Only `.return` probes have both.

```stp
probe process("PROGRAM").function("main") { println(@entry(pid())) }
```

Use the expression itself, or probe `.return`.

```stp
probe process("PROGRAM").function("main").return { println(@entry(pid())) }
```
""",
)
