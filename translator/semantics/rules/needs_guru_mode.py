from __future__ import annotations

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

RULE = Rule(
    "needs-guru-mode",
    Severity.ERROR,
    "C in a script that does not run in guru mode.",
    """\
`%{ … %}` is C code for the kernel: a mistake in it can take the machine down. A script may hold
some only in guru mode, with `-g` on the command line or in the script's first line.

```stp
function one:long() %{ STAP_RETURN(1); %}
probe begin { println(one()) exit() }
```

Write it in the script language, or start the script in guru mode.

```stp
function one:long() { return 1 }
probe begin { println(one()) exit() }
```
""",
)
