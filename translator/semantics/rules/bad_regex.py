from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-regex",
    Severity.ERROR,
    "A regular expression that cannot be read.",
    """\
Patterns of `=~` and `!~` are POSIX extended regular expressions without back-references.

```stp
probe begin { if (execname() =~ "^(ba|z") println("a shell") }
```

Close what was opened; put two backslashes before a character that is to stand for itself.

```stp
probe begin { if (execname() =~ "^(ba|z)?sh$") println("a shell") }
```
""",
)
