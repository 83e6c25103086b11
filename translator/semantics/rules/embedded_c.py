from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "embedded-c",
    Severity.ERROR,
    "Embedded C, which only a kernel module can run.",
    """\
`%{ … %}` is C code for the kernel. Where a script runs as BPF or in user space, there is nothing
that could run it.

```stp
probe begin { println(%{ 1 + 1 %}) exit() }
```

Write it in the script language, or use a function of the library.

```stp
probe begin { println(1 + 1) exit() }
```
""",
)
