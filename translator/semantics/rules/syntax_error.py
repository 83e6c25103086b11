from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "syntax-error",
    Severity.ERROR,
    "The text does not follow the language's grammar.",
    """\
A word or a sign stands where the language allows no such thing, or one is missing. The message
names what was expected; what follows is read as well as it can be, so that one slip gives one
report.

```stp
probe begin { println("hello" }
```

Complete or remove what the message points at. Here a parenthesis is missing.

```stp
probe begin { println("hello") exit() }
```
""",
)
