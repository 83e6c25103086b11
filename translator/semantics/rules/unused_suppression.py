from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unused-suppression",
    Severity.WARNING,
    "A comment that silences nothing.",
    """\
`# stap-lsp: ignore[RULE]` at the end of a line, or on a line of its own above it, silences that
rule there; several rules are separated by commas, and without brackets every rule is meant.
`# stap-lsp: ignore-file[RULE]` does so for the whole file. Errors cannot be silenced. This
comment has no warning to silence.

```stp
probe begin { println("hello") exit() } # stap-lsp: ignore[unused-variable]
```

Remove the comment, or correct the rule it names.

```stp
probe begin { count = 1 println("hello") exit() } # stap-lsp: ignore[unused-variable]
```
""",
)
