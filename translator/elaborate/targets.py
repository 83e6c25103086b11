"""Target expressions of a handler: each goes to what knows the probed context.

In a return probe a parameter means the value it had at entry: reading it asks for a probe
at the function's entry (`entry_values`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from translator.base.diagnostics import replacement
from translator.base.text import Span
from translator.core import ir
from translator.core.types import Type
from translator.debuginfo.model import DebugInfoError
from translator.elaborate.at_operators import operator_value
from translator.elaborate.chains import ChainReader, Pointers, last_name, root, spelled
from translator.elaborate.entry_values import EntryProbe
from translator.elaborate.expressions import ExprLowering
from translator.elaborate.kernel_frame import kernel_types
from translator.elaborate.kernel_targets import KernelVariables
from translator.elaborate.options import Options
from translator.elaborate.syscall_targets import syscall_value
from translator.elaborate.unit import Body, zero
from translator.elaborate.user_targets import UserVariables
from translator.elaborate.variables import Variables
from translator.probes.attachment import (
    Attachment,
    Edge,
    KernelFunction,
    UserAddress,
    UserPlace,
)
from translator.probes.pattern import nearest
from translator.probes.point import Environment
from translator.probes.targets import (
    KernelTargets,
    NoTargets,
    SyscallTargets,
    TargetContext,
    TracepointTargets,
    UserTargets,
)
from translator.semantics.facts import target_type
from translator.semantics.reads import Unreadable
from translator.syntax import ast


@dataclass(slots=True)
class TargetReads:
    """Reads in one handler.  ``context`` None: in a function, which has no probe of its own."""

    context: TargetContext | None
    environment: Environment
    options: Options
    name: str = ""  # of the hidden arrays, unique in the program
    runs: bool = True  # False for `never`, whose handler may name anything
    entry: EntryProbe | None = None
    written: frozenset[str] = frozenset()  # variables that the probe's own handler assigns
    pointers: Pointers = field(default_factory=Pointers)

    # --- what `expressions` asks ---------------------------------------------------------

    def read(self, expr: ast.Expr, lower: ExprLowering) -> ir.Expr:
        found: ir.Expr | Unreadable
        kind = Type.LONG
        match expr:
            case ast.AtCall(op=ast.AtOp.DEFINED, arguments=arguments):
                return ir.Integer(int(bool(arguments) and self._is_defined(arguments[0], lower)))
            case ast.AtCall(op=ast.AtOp.ENTRY, arguments=arguments) if arguments:
                found = self._entry_value(arguments[0], expr.span, lower)
            case ast.AtCall(op=ast.AtOp.CAST | ast.AtOp.VAR):
                found = self._chain(expr, lower)
                kind = target_type(expr)
            case ast.AtCall(op=ast.AtOp.PROBE_WRITE, arguments=arguments):
                written = {spelled(root(each)) for each in arguments} & self.written
                return ir.Integer(int(bool(written)))
            case ast.AtCall(op=op):
                kind = Type.STRING if op is ast.AtOp.ENUM_NAME else Type.LONG
                place = lower.place(expr.span, op.value)
                reader = ChainReader(self._variables(), self.environment, lower, self.pointers)
                found = (
                    operator_value(expr, reader, self.context, place) if self.runs else zero(kind)
                )
            case ast.Target() | ast.Arrow() | ast.Index() | ast.AddressOf():
                found = self._chain(expr, lower)
                kind = target_type(expr)
            case _:
                raise AssertionError(expr)
        if isinstance(found, Unreadable):
            _report(expr, found, lower)
            return zero(kind)
        return found

    def write(self, expr: ast.Expr, value: ir.Expr, lower: ExprLowering) -> None:
        del value
        message = (
            "target variables are not written yet"
            if self.options.guru
            else "writing a target variable needs guru mode (-g)"
        )
        lower.report("target-write", expr.span, message)

    def assigned(self, name: str, value: ast.Expr) -> None:
        self.pointers.assign(name, value)

    # --- chains --------------------------------------------------------------------------

    def _is_defined(self, expr: ast.Expr, lower: ExprLowering) -> bool:
        outer = lower.body.begin()
        found = self._chain(expr, lower)
        lower.body.finish(outer)
        return not isinstance(found, Unreadable)

    def _chain(self, expr: ast.Expr, lower: ExprLowering) -> ir.Expr | Unreadable:
        if not self.runs:
            return zero(target_type(expr))
        start = root(expr)
        if isinstance(start, ast.Target):
            if isinstance(self.context, SyscallTargets):
                return syscall_value(expr, self.context)
            if self._at_return and start.name not in ("$return", "$$return"):
                return self._entry_value(expr, expr.span, lower)
        return ChainReader(self._variables(), self.environment, lower, self.pointers).value(expr)

    @property
    def _at_return(self) -> bool:
        context = self.context
        return isinstance(context, UserTargets | KernelTargets) and context.edge is Edge.RETURN

    def _variables(self) -> Variables | Unreadable:
        context = self.context
        match context:
            case None:
                return Unreadable("a function has no target variables: pass the value to it")
            case NoTargets():
                return Unreadable("this probe point has no target variables")
            case UserTargets():
                try:
                    return UserVariables(context, self.environment.debuginfo(context.path))
                except DebugInfoError as error:
                    return Unreadable(str(error))
            case KernelTargets() | TracepointTargets():
                module = context.module if isinstance(context, KernelTargets) else None
                types = kernel_types(self.environment, module)
                return types if isinstance(types, Unreadable) else KernelVariables(context, types)
            case _:
                return Unreadable("target variables of this probe point are not read yet")

    # --- values at entry -----------------------------------------------------------------

    def _entry_value(self, expr: ast.Expr, span: Span, lower: ExprLowering) -> ir.Expr | Unreadable:
        context = self.context
        if isinstance(context, SyscallTargets):
            return syscall_value(expr, context)
        if not self._at_return:
            lower.report("entry-outside-return", span, "@entry is for return probes")
            return ir.Integer(0)
        if self.entry is None:
            made = self._entry_probe(lower)
            if isinstance(made, Unreadable):
                return made
            self.entry = made
        value = self.entry.keep(expr, lower)
        targets = self.entry.targets
        assert isinstance(targets, TargetReads)
        pointee = targets.pointers.of(expr)
        if pointee is not None:
            self.pointers.noted[id(expr)] = pointee
        return value

    def _entry_probe(self, lower: ExprLowering) -> EntryProbe | Unreadable:
        context = self.context
        attachment: Attachment
        match context:
            case UserTargets():
                place = self._entry_place(context)
                if isinstance(place, Unreadable):
                    return place
                attachment = UserAddress(place)
                inside: TargetContext = replace(context, address=place.address, edge=Edge.ENTRY)
            case KernelTargets(symbol=symbol, module=module):
                attachment = KernelFunction(symbol, module)
                inside = replace(context, edge=Edge.ENTRY)
            case _:
                raise AssertionError(context)
        targets = TargetReads(inside, self.environment, self.options)
        body = Body(lower.body.unit, lower.body.solver, lower.body.findings)
        return EntryProbe(body, targets, attachment, f"entry:{self.name}")

    def _entry_place(self, context: UserTargets) -> UserPlace | Unreadable:
        if context.function is None:
            return Unreadable("the function's entry is unknown")
        try:
            info = self.environment.debuginfo(context.path)
            address = info.probe_address(context.function)
            offset = info.file_offset(address)
        except DebugInfoError as error:
            return Unreadable(str(error))
        if offset is None:
            return Unreadable("the function's entry is not in the file")
        return UserPlace(context.path, offset, address, context.function.name)


def _report(expr: ast.Expr, found: Unreadable, lower: ExprLowering) -> None:
    message = f"cannot read {spelled(root(expr))}: {found.reason}"
    wanted = last_name(expr)
    near = tuple(nearest(wanted, found.alternatives)) if found.alternatives else ()
    if near:
        message += f"; did you mean '{near[0]}'?"
    elif found.alternatives:
        message += f" (there are {', '.join(found.alternatives[:12])})"
    at = _name_span(expr)
    fixes = replacement(at, near) if at is not None else ()
    lower.report("unresolved-target", expr.span, message, fixes)


def _name_span(expr: ast.Expr) -> Span | None:
    """Where the name at a chain's end stands, if nothing else does there."""
    match expr:
        case ast.Arrow(member=member):
            return member.span
        case ast.Index(base=base) | ast.AddressOf(operand=base):
            return _name_span(base)
        case ast.Target(span=span, pretty=0):
            return span
        case _:
            return None
