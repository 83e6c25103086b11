from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unknown-type",
    Severity.ERROR,
    "A type other than `long` and `string`.",
    """\
A parameter or a function's value is a `long` (64 bits, signed) or a `string`. Which one is
inferred where it is not written.

```stp
function twice:int (n:int) { return 2 * n }
probe begin { println(twice(3)) }
```

Write `long` or `string`, or leave the type out.

```stp
function twice:long (n:long) { return 2 * n }
probe begin { println(twice(3)) }
```
""",
)
