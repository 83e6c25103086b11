from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unexpected-character",
    Severity.ERROR,
    "A character that the language does not use.",
    """\
Outside strings and comments a script is written in ASCII letters, digits and operators. Text
copied from a web page or a word processor often brings typographic quotes and dashes along.

```stp
probe begin { println(§) }
```

Write the plain character, or put it in a string.

```stp
probe begin { println("§") }
```
""",
)
