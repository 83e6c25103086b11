"""Values that a return probe takes from its function's entry.

They are kept in hidden arrays by thread and depth of calls; a probe at the entry fills them
(`EntryProbe`), the return handler takes them out before anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from translator.core import ir
from translator.core.types import Type
from translator.elaborate.expressions import ExprLowering, Targets
from translator.elaborate.unit import Body, type_of, zero
from translator.probes.attachment import Attachment
from translator.syntax import ast


@dataclass(slots=True)
class EntryProbe:
    """What a return probe wants kept at the function's entry."""

    body: Body
    targets: Targets
    attachment: Attachment
    prefix: str  # of the hidden arrays' names
    saved: list[tuple[ir.Local, Type]] = field(default_factory=list)
    arguments: dict[ir.Expr, ir.Local] = field(default_factory=dict)  # saved as they came

    @property
    def depth(self) -> str:
        return f"{self.prefix}:depth"

    def keep(self, expr: ast.Expr, lower: ExprLowering) -> ir.Expr:
        """The value that ``expr`` has at entry, for the return handler that ``lower`` writes."""
        inner = ExprLowering(self.body, lower.names, self.targets, lower.source, lower.offset)
        value = inner.value(expr)
        if isinstance(value, ir.Event | ir.Register):
            known = self.arguments.get(value)
            if known is not None:
                return ir.GetLocal(known)
        kind = type_of(value)
        key: tuple[ir.Expr, ...] = (
            _thread(),
            ir.GetElement(self.depth, (_thread(),), Type.LONG),
        )
        name = f"{self.prefix}:{len(self.saved)}"
        self.body.emit(ir.SetElement(name, key, value, lower.place(expr.span, "@entry")))
        local = lower.body.temporary(kind)
        self.saved.append((local, kind))
        if isinstance(value, ir.Event | ir.Register):
            self.arguments[value] = local
        return ir.GetLocal(local)

    def globals(self) -> tuple[ir.Global, ...]:
        kept = tuple(
            ir.Global(f"{self.prefix}:{at}", kind, (Type.LONG, Type.LONG), per_thread=True)
            for at, (_, kind) in enumerate(self.saved)
        )
        return (ir.Global(self.depth, Type.LONG, (Type.LONG,), per_thread=True), *kept)

    def prologue(self) -> ir.Block:
        """What the return handler starts with: take the kept values and forget them."""
        tid = _thread()
        depth = ir.GetElement(self.depth, (tid,), Type.LONG)
        take: list[ir.Stmt] = []
        for at, (local, kind) in enumerate(self.saved):
            name = f"{self.prefix}:{at}"
            take.append(ir.SetLocal(local, ir.GetElement(name, (tid, depth), kind)))
        take += [
            ir.DeleteElement(f"{self.prefix}:{at}", (tid, depth)) for at in range(len(self.saved))
        ]
        take.append(
            ir.If(
                ir.Compare(ir.Comparison.GREATER, depth, ir.Integer(1)),
                (ir.AddElement(self.depth, (tid,), ir.Integer(-1)),),
                (ir.DeleteElement(self.depth, (tid,)),),
            )
        )
        unset = tuple(ir.SetLocal(local, zero(kind)) for local, kind in self.saved)
        return (
            *unset,
            ir.If(ir.Compare(ir.Comparison.GREATER, depth, ir.Integer(0)), tuple(take)),
        )

    def probe(self, index: int, like: ir.Probe) -> ir.Probe:
        """The probe at entry."""
        body = (
            ir.AddElement(self.depth, (_thread(),), ir.Integer(1)),
            *self.body.statements,
        )
        return ir.Probe(
            index,
            like.name,
            like.point,
            self.attachment,
            tuple(self.body.locals.values()),
            body,
            like.function,
            like.place,
        )


def _thread() -> ir.Expr:
    return ir.Ask("tid", (), Type.LONG, ir.Purity.CONTEXT)
