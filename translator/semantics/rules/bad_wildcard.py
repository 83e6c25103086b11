from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "bad-wildcard",
    Severity.ERROR,
    "A `*` as the index of an element.",
    """\
`*` stands for any key where several elements may be meant: in `in`, `delete` and the slice of
a `foreach`. Reading or assigning needs one element.

```stp
global opens
probe begin { opens["ls", 1] = 2 println(opens["ls", *]) }
```

Walk the elements instead.

```stp
global opens
probe begin { opens["ls", 1] = 2 foreach ([name, id] in opens["ls", *]) println(opens[name, id]) }
```
""",
)
