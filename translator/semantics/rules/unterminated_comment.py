from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unterminated-comment",
    Severity.ERROR,
    "A comment without `*/`.",
    """\
`/*` begins a comment that ends at the next `*/`, wherever that is; without one the rest of the
file would be comment. It is taken to end before the next declaration at the start of a line.

```stp
/* what this does
probe begin { exit() }
```

Close the comment, or begin each of its lines with `//` or `#`.

```stp
/* what this does */
probe begin { exit() }
```
""",
)
