from __future__ import annotations

from collections.abc import Iterator

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Outline, Report, Rule
from translator.syntax import ast

_LEAVES = {
    ast.Return: "return",
    ast.Next: "next",
    ast.Break: "break",
    ast.Continue: "continue",
}


def check(outline: Outline) -> Iterator[Report]:
    for node in outline.nodes:
        if not isinstance(node, ast.Block):
            continue
        for at, stmt in enumerate(node.body[:-1]):
            word = _leaves(stmt)
            if word is None:
                continue
            rest = [item for item in node.body[at + 1 :] if not isinstance(item, ast.Empty)]
            if rest:
                yield Report(
                    rest[0].span.to(rest[-1].span), f"this never runs: it stands after {word}"
                )
            break


def _leaves(stmt: ast.Stmt) -> str | None:
    """What ends the block at this statement, in words."""
    match stmt:
        case ast.ExprStmt(expr=ast.Call(function=ast.Word(text="error"))):
            return "`error(…)`"
        case ast.If(then=then, otherwise=otherwise) if otherwise is not None:
            both = _leaves(then) and _leaves(otherwise)
            return "an `if` that leaves either way" if both else None
        case ast.Block(body=body) if body:
            return _leaves(body[-1])
        case _:
            word = _LEAVES.get(type(stmt))
            return None if word is None else f"`{word}`"


RULE = Rule(
    "unreachable-code",
    Severity.WARNING,
    "Statements that never run.",
    """\
`return`, `next`, `break`, `continue` and `error(…)` leave their block; what follows them in it is
never reached. `exit()` does not: the handler goes on to its end.

```stp
probe timer.s(1) { next; println("a second") }
```

Remove the statements, or put what leaves under an `if`.

```stp
probe timer.s(1) { if (pid() == 0) next; println("a second") }
```
""",
    outline=check,
)
