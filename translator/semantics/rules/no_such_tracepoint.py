from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "no-such-tracepoint",
    Severity.ERROR,
    "The kernel has no such tracepoint.",
    """\
Tracepoints come and go between versions of the kernel and with its configuration; those of a
module exist while it is loaded.

```stp
probe kernel.trace("sched_swich") { exit() }
```

Correct the name, or put a `?` after the probe point.

```stp
probe kernel.trace("sched_switch") { exit() }
```
""",
)
