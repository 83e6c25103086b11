"""What is lowered at a time: a derived probe's handler or a function, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence

from translator.base.diagnostics import Diagnostic, Fix, Severity
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.core import ir
from translator.core.types import Type
from translator.semantics.problems import Finding
from translator.semantics.solver import Solver
from translator.syntax import ast


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a handler: a prologue, the user's body, an epilogue, or a function's body.

    ``source`` is the file it stands in and ``offset`` where its declaration starts there.
    """

    source: SourceText
    offset: int
    block: ast.Block

    @property
    def path(self) -> str:
        return self.source.path


@dataclass(frozen=True, slots=True)
class Condition:
    """An ``if (…)`` of a probe point, in the file and declaration where it stands."""

    source: SourceText
    offset: int
    expr: ast.Expr


class Body:
    """A block of core being written, with the locals it needs."""

    def __init__(self, unit: int, solver: Solver, findings: list[Finding]) -> None:
        self.unit = unit
        self.solver = solver
        self.findings = findings
        self.locals: dict[str, ir.Local] = {}
        self.statements: list[ir.Stmt] = []
        self._temporaries = 0

    def local(self, name: str) -> ir.Local:
        """The script's variable ``name``; unresolved types count as long."""
        found = self.locals.get(name)
        if found is None:
            known = self.solver.local(self.unit, name)
            kind = Type.STRING if known is Type.STRING else Type.LONG
            found = self.locals[name] = ir.Local(name, kind)
        return found

    def temporary(self, kind: Type) -> ir.Local:
        self._temporaries += 1
        name = f"%{self._temporaries}"
        found = self.locals[name] = ir.Local(name, kind)
        return found

    def emit(self, statement: ir.Stmt) -> None:
        self.statements.append(statement)

    def begin(self) -> list[ir.Stmt]:
        """Start a nested block; `finish` takes what this returned and gives the block."""
        outer, self.statements = self.statements, []
        return outer

    def finish(self, outer: list[ir.Stmt]) -> ir.Block:
        inner, self.statements = self.statements, outer
        return tuple(inner)

    def report(
        self,
        path: str,
        offset: int,
        rule: str,
        span: Span,
        message: str,
        *,
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        diagnostic = Diagnostic(rule, Severity.ERROR, span, message, fixes=fixes).shifted(offset)
        self.findings.append(Finding(path, diagnostic))


def is_constant(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Integer | ir.Text)


def type_of(expr: ir.Expr) -> Type:
    """The type of a core expression."""
    match expr:
        case ir.Text() | ir.Concat() | ir.FormatText():
            return Type.STRING
        case ir.GetLocal(local=local):
            return local.type
        case ir.GetGlobal(type=kind) | ir.GetElement(type=kind) | ir.Ask(type=kind):
            return kind
        case ir.Choose(then=then):
            return type_of(then)
        case _:
            return Type.LONG


def zero(kind: Type) -> ir.Expr:
    return ir.Text("") if kind is Type.STRING else ir.Integer(0)


def joined(parts: Sequence[ir.Expr]) -> ir.Expr:
    """A concatenation, flattened and with literals merged."""
    flat: list[ir.Expr] = []
    for part in parts:
        for item in part.parts if isinstance(part, ir.Concat) else (part,):
            if isinstance(item, ir.Text) and flat and isinstance(flat[-1], ir.Text):
                flat[-1] = ir.Text(flat[-1].value + item.value)
            else:
                flat.append(item)
    return flat[0] if len(flat) == 1 else ir.Concat(tuple(flat))
