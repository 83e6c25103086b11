from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "unknown-probe-point",
    Severity.ERROR,
    "No probe point has this name.",
    """\
A probe point is a built-in one such as `timer.s(1)` or `process("sh").begin`, or an alias that
the script or the library defines. This is neither, so there is nothing to attach to.

```stp
probe beginning { exit() }
```

Correct the name; `stap-lsp list` shows what there is. A probe point that may be missing on some
systems takes a `?` after it.

```stp
probe begin, beginning ? { exit() }
```
""",
)
