from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unknown-macro",
    Severity.ERROR,
    "An `@` word that is neither an operator nor a macro.",
    """\
`@name` is an operator of the language (`@count`, `@cast`, `@defined` …) or a macro that the
script or the library defines. This is neither.

```stp
global s
probe begin { s <<< 1 println(@cuont(s)) }
```

Correct the name, or define the macro with `@define`.

```stp
global s
probe begin { s <<< 1 println(@count(s)) }
```
""",
)
