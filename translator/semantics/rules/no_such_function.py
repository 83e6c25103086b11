from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-function",
    Severity.ERROR,
    "The program or the kernel has no such function.",
    """\
No function matches the pattern. A function that the compiler inlined everywhere or left out has
no code of its own; one of a shared library is found in the library, not in the program.

```stp
probe kernel.function("no_such_function_anywhere") { exit() }
```

Correct the name (the message names near ones), use a wildcard, or put a `?` after the probe point.

```stp
probe kernel.function("no_such_function_anywhere") ?, end { exit() }
```
""",
)
