from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unterminated-string",
    Severity.ERROR,
    "A string without its closing quote.",
    """\
A string ends on the line where it begins. A quotation mark inside it is written `\\"`.

```stp
probe begin { println("hello) }
```

Close the string. A long text is written as several strings side by side, which become one.

```stp
probe begin { println("hel" "lo") }
```
""",
)
