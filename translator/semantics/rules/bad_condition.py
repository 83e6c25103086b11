from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-condition",
    Severity.ERROR,
    "A `%( … %? … %)` whose condition cannot be read.",
    """\
What stands between `%(` and `%?` compares one of `kernel_v`, `kernel_vr`, `systemtap_v`, `arch`,
`runtime`, `guru_mode`, `systemtap_privilege`, a `CONFIG_` name or a literal with a literal.
Comparisons are joined by `&&` and `||`; there are no parentheses.

```stp
%( kernel == "6.1" %? probe begin { exit() } %)
```

Name what is compared as the list above does.

```stp
%( kernel_v >= "6.1" %? probe begin { exit() } %: probe end { exit() } %)
```
""",
)
