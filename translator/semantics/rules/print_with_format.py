from __future__ import annotations

import re
from collections.abc import Iterator

from translator.base.diagnostics import Edit, Fix, Severity
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast

_DIRECTIVE = re.compile(r"%[-+# 0]*\d*(?:\.\d+)?(?:[bcdimMopsuxX])(?![A-Za-z])")


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        match node:
            case ast.Print(
                kind=ast.PrintKind.PRINT, function=word, arguments=(ast.String(value=text), _, *_)
            ) if _DIRECTIVE.search(text):
                fixes: tuple[Fix, ...] = ()
                wanted = "sprintf" if node.to_string else "printf"
                if not node.newline:
                    fixes = (Fix(f"Use {wanted}", (Edit(word.span, wanted),)),)
                yield Report(node.span, f"{word.text} takes no format: {wanted} does", fixes=fixes)
            case _:
                pass


RULE = Rule(
    "print-with-format",
    Severity.WARNING,
    "A format given to `print` or `println`.",
    """\
`print` and `println` write their arguments one after the other; a `%d` in them is text.

```stp
probe begin { print("pid %d", pid()) exit() }
```

Use `printf`.

```stp
probe begin { printf("pid %d", pid()) exit() }
```
""",
    outline=check,
)
