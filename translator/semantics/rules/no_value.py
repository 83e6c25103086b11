from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-value",
    Severity.ERROR,
    "The value of a function that returns nothing.",
    """\
A function without `return VALUE` is called for its effects only.

```stp
function greet (name:string) { println("hello ", name) }
probe begin { text = greet("you") println(text) }
```

Let it return a value, or call it as a statement.

```stp
function greeting:string (name:string) { return "hello " . name }
probe begin { text = greeting("you") println(text) }
```
""",
)
