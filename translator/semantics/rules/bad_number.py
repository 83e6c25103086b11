from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-number",
    Severity.ERROR,
    "A number that cannot be read or does not fit in 64 bits.",
    """\
Numbers are decimal, hexadecimal (`0x1f`) or octal (`017`) and hold 64 bits. Digits must belong to
the base: a leading zero makes a number octal, so `08` is none.

```stp
probe begin { println(08) }
```

Drop the leading zero, or write the number in another base.

```stp
probe begin { println(8) }
```
""",
)
