from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "missing-argument",
    Severity.ERROR,
    "A command-line argument that was not given.",
    """\
`$1` and `@1` stand for the first argument after the script on the command line, as a number or
name and as a string. The script was started with fewer arguments than it uses.

```stp
probe begin { println($1) exit() }
```

Give the argument, or test how many there are: `%( $# > 0 %? $1 %: 10 %)`.

```stp
probe begin { println(%( $# > 0 %? $1 %: 10 %)) exit() }
```
""",
)
