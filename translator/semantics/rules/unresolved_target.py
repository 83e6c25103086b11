from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unresolved-target",
    Severity.ERROR,
    "A `$` variable that cannot be read here.",
    """\
`$name` is a variable of the probed code at this place: a parameter, a local variable, a member.
Here there is none of that name, or where its value is kept is not known.

```stp
probe begin { println($count) exit() }
```

Take a name that is there (`$$vars` prints all, `stap-lsp list -L` shows them), or test it with
`@defined($name)`.

```stp
probe begin { if (@defined($count)) println($count) exit() }
```
""",
)
