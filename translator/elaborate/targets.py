"""Target expressions of a handler: from ``$x->y[i]`` to typed reads of the probed context.

In a return probe a parameter means the value it had at entry: reading it asks for a probe
at the function's entry that keeps the value per thread and call depth (`EntryProbe`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from translator.base.text import Span
from translator.core import format as formats
from translator.core import ir
from translator.core.types import Type
from translator.debuginfo.model import (
    VOID,
    DebugInfo,
    DebugInfoError,
    Function,
    Variable,
    VariableKind,
)
from translator.debuginfo.units import LinkAddress, TypeId
from translator.elaborate.expressions import ExprLowering
from translator.elaborate.options import Options
from translator.elaborate.unit import Body, type_of, zero
from translator.probes.attachment import Edge, UserAddress, UserPlace
from translator.probes.pattern import nearest
from translator.probes.point import Environment
from translator.probes.targets import NoTargets, SyscallTargets, TargetContext, UserTargets
from translator.semantics import reads
from translator.semantics.facts import STRING_TARGETS, target_type
from translator.semantics.pretty import Pretty
from translator.semantics.reads import Frame, Reading, Unreadable
from translator.syntax import ast

_PROGRAM_COUNTER = 16  # DWARF's number of rip on x86-64
_HEX = formats.Directive(formats.Conversion.HEX, frozenset("#"))
_SYSCALL_ARGUMENTS = {f"$arg{number}": number - 1 for number in range(1, 7)}


@dataclass(slots=True)
class EntryProbe:
    """What a return probe wants kept at the function's entry."""

    body: Body
    targets: TargetReads
    place: UserPlace
    prefix: str  # of the hidden arrays' names
    saved: list[tuple[ir.Local, Type]] = field(default_factory=list)

    @property
    def depth(self) -> str:
        return f"{self.prefix}:depth"

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
            UserAddress(self.place),
            tuple(self.body.locals.values()),
            body,
            like.function,
            like.place,
        )


def _thread() -> ir.Expr:
    return ir.Ask("tid", (), Type.LONG, ir.Purity.CONTEXT)


@dataclass(slots=True)
class TargetReads:
    """Reads in one handler.  ``context`` None: in a function, which has no probe of its own."""

    context: TargetContext | None
    environment: Environment
    options: Options
    name: str = ""  # of the hidden arrays, unique in the program
    runs: bool = True  # False for `never`, whose handler may name anything
    entry: EntryProbe | None = None

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
            case ast.AtCall(op=op):
                found = Unreadable(f"{op.value} is not supported yet")
            case ast.Target() | ast.Arrow() | ast.Index() | ast.AddressOf():
                found = self._chain(expr, lower)
                kind = target_type(expr)
            case _:
                raise AssertionError(expr)
        if isinstance(found, Unreadable):
            self._report(expr, found, lower)
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

    # --- chains --------------------------------------------------------------------------

    def _is_defined(self, expr: ast.Expr, lower: ExprLowering) -> bool:
        outer = lower.body.begin()
        found = self._chain(expr, lower)
        lower.body.finish(outer)
        return not isinstance(found, Unreadable)

    def _chain(self, expr: ast.Expr, lower: ExprLowering) -> ir.Expr | Unreadable:
        if not self.runs:
            if isinstance(expr, ast.Target | ast.Arrow | ast.Index | ast.AddressOf):
                return zero(target_type(expr))
            return ir.Integer(0)
        match self.context:
            case None:
                return Unreadable("a function has no target variables: pass the value to it")
            case NoTargets():
                return Unreadable("this probe point has no target variables")
            case SyscallTargets():
                return _syscall_value(expr, self.context)
            case UserTargets():
                return self._user_value(expr, self.context, lower)
            case _:
                return Unreadable("target variables of this probe point are not read yet")

    def _user_value(
        self, expr: ast.Expr, context: UserTargets, lower: ExprLowering
    ) -> ir.Expr | Unreadable:
        root = _root(expr)
        at_return = context.edge is Edge.RETURN
        if at_return and isinstance(root, ast.Target) and root.name not in ("$return", "$$return"):
            return self._entry_value(expr, expr.span, lower)
        try:
            info = self.environment.debuginfo(context.path)
        except DebugInfoError as error:
            return Unreadable(str(error))
        reader = _UserReader(context, info, lower, self)
        return reader.value(expr)

    def _entry_value(self, expr: ast.Expr, span: Span, lower: ExprLowering) -> ir.Expr | Unreadable:
        context = self.context
        if isinstance(context, SyscallTargets):
            return _syscall_value(expr, context)
        if not isinstance(context, UserTargets) or context.edge is not Edge.RETURN:
            lower.report("entry-outside-return", span, "@entry is for return probes")
            return ir.Integer(0)
        entry = self._entry_probe(context, lower)
        if isinstance(entry, Unreadable):
            return entry
        inner = ExprLowering(entry.body, lower.names, entry.targets, lower.source, lower.offset)
        value = inner.value(expr)
        kind = type_of(value)
        key: tuple[ir.Expr, ...] = (
            _thread(),
            ir.GetElement(entry.depth, (_thread(),), Type.LONG),
        )
        name = f"{entry.prefix}:{len(entry.saved)}"
        entry.body.emit(ir.SetElement(name, key, value, lower.place(span, "@entry")))
        local = lower.body.temporary(kind)
        entry.saved.append((local, kind))
        return ir.GetLocal(local)

    def _entry_probe(self, context: UserTargets, lower: ExprLowering) -> EntryProbe | Unreadable:
        if self.entry is not None:
            return self.entry
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
        place = UserPlace(context.path, offset, address, context.function.name)
        targets = TargetReads(
            replace(context, address=address, edge=Edge.ENTRY), self.environment, self.options
        )
        body = Body(lower.body.unit, lower.body.solver, lower.body.findings)
        self.entry = EntryProbe(body, targets, place, f"entry:{self.name}")
        return self.entry

    def _report(self, expr: ast.Expr, found: Unreadable, lower: ExprLowering) -> None:
        root = _root(expr)
        message = f"cannot read {_spelled(root)}: {found.reason}"
        wanted = _last_name(expr)
        near = tuple(nearest(wanted, found.alternatives)) if found.alternatives else ()
        if near:
            message += f"; did you mean '{near[0]}'?"
        elif found.alternatives:
            message += f" (there are {', '.join(found.alternatives[:12])})"
        lower.report("unresolved-target", expr.span, message)


def _syscall_value(expr: ast.Expr, context: SyscallTargets) -> ir.Expr | Unreadable:
    names = (*_SYSCALL_ARGUMENTS, "$syscall")
    if context.edge is Edge.RETURN:
        names = (*names, "$return")
    match expr:
        case ast.Target(name="$return") if context.edge is Edge.RETURN:
            return ir.Event(ir.EventValue.SYSCALL_RESULT)
        case ast.Target(name="$syscall"):
            return ir.Event(ir.EventValue.SYSCALL_NUMBER)
        case ast.Target(name=name) if name in _SYSCALL_ARGUMENTS:
            return ir.Event(ir.EventValue.SYSCALL_ARGUMENT, _SYSCALL_ARGUMENTS[name])
        case ast.Target(name="$$vars" | "$$parms"):
            given = tuple(
                ir.Event(ir.EventValue.SYSCALL_ARGUMENT, index)
                for index in _SYSCALL_ARGUMENTS.values()
            )
            pieces: list[formats.Piece] = []
            for index, name in enumerate(_SYSCALL_ARGUMENTS):
                pieces += [f"{' ' if index else ''}{name[1:]}=", _HEX]
            return ir.FormatText(formats.Format(tuple(pieces)), given)
        case ast.Target(name=name):
            return Unreadable(f"a system call's probe has no '{name}'", names)
        case _:
            return Unreadable("a system call's arguments are plain numbers: use @cast or user_*()")


@dataclass(slots=True)
class _UserReader:
    """Reads of one binary's variables at one address."""

    context: UserTargets
    info: DebugInfo
    lower: ExprLowering
    reads: TargetReads

    def value(self, expr: ast.Expr) -> ir.Expr | Unreadable:
        frame = self.frame(expr)
        match expr:
            case ast.Target(name=name) if name in STRING_TARGETS:
                return self.listing(name, expr.pretty, frame)
            case ast.AddressOf(operand=operand):
                reading = self.reading(operand, frame)
                return reading if isinstance(reading, Unreadable) else reads.address_of(reading)
            case ast.Target(pretty=pretty) | ast.Arrow(pretty=pretty) if pretty:
                reading = self.reading(expr, frame)
                if isinstance(reading, Unreadable):
                    return reading
                shown = Pretty(frame)
                shown.shown(reading, _depth(pretty))
                return shown.finished()
            case _:
                reading = self.reading(expr, frame)
                return reading if isinstance(reading, Unreadable) else reads.scalar(reading, frame)

    def frame(self, expr: ast.Expr) -> Frame:
        bias = None
        if self.context.edge is Edge.ENTRY:
            bias = reads.link_bias(
                LinkAddress(self.context.address), ir.Space.USER, _PROGRAM_COUNTER
            )
        place = self.lower.place(expr.span, _spelled(_root(expr)))
        return Frame(self.info, ir.Space.USER, bias, place)

    def reading(self, expr: ast.Expr, frame: Frame) -> Reading | Unreadable:
        """The object that a chain names."""
        match expr:
            case ast.Target(name=name):
                return self.variable(name, frame)
            case ast.AtCall(op=ast.AtOp.VAR, arguments=arguments):
                text = arguments[0].value if isinstance(arguments[0], ast.String) else ""
                name, _, file = text.partition("@")
                return self.global_variable(name, file or None, frame)
            case ast.AtCall(op=ast.AtOp.CAST, arguments=arguments):
                return self.cast(arguments)
            case ast.Arrow(base=base, member=member):
                inner = self.reading(base, frame)
                return (
                    inner
                    if isinstance(inner, Unreadable)
                    else reads.member(inner, member.text, frame)
                )
            case ast.Index(base=base, indexes=indexes):
                inner = self.reading(base, frame)
                for index in indexes:
                    if isinstance(inner, Unreadable):
                        return inner
                    inner = reads.element(inner, self.lower.value(index), frame)
                return inner
            case _:
                return Unreadable("it names no variable of the program")

    def cast(self, arguments: tuple[ast.Expr, ...]) -> Reading | Unreadable:
        from translator.semantics.casts import find_named_type

        if len(arguments) < 2 or not isinstance(arguments[1], ast.String):
            return Unreadable("@cast takes a value, a type's name and a module")
        if len(arguments) > 2:
            return Unreadable("@cast with a module is not supported yet")
        name = arguments[1].value
        found = find_named_type(self.info, name)
        if found is None:
            return Unreadable(f"{self.info.path} has no type '{name}'")
        address = self.lower.stable(self.lower.value(arguments[0]))
        return reads.InMemory(address, found)

    def variable(self, name: str, frame: Frame) -> Reading | Unreadable:
        function = self.context.function
        if name == "$return":
            return self.returned(function)
        if function is not None:
            if not self.info.has_types:
                return Unreadable(self.info.why_no_types or "there is no debug information")
            for variable in self.variables(function):
                if f"${variable.name}" == name:
                    return self.at(variable, frame)
        found = self.global_variable(name[1:], None, frame)
        if isinstance(found, Unreadable) and function is not None:
            names = tuple(f"${item.name}" for item in self.variables(function))
            return Unreadable(f"no variable '{name}' in '{function.name}'", names)
        return found

    def variables(self, function: Function) -> tuple[Variable, ...]:
        return self.info.variables(function, LinkAddress(self.context.address))

    def at(self, variable: Variable, frame: Frame) -> Reading | Unreadable:
        where = self.info.location(variable, self.context.address)
        return reads.located(where, variable.type, frame)

    def global_variable(self, name: str, file: str | None, frame: Frame) -> Reading | Unreadable:
        variable = self.info.global_variable(name, file)
        if variable is None:
            return Unreadable(f"no variable '{name}' in {self.info.path}")
        return self.at(variable, frame)

    def returned(self, function: Function | None) -> Reading | Unreadable:
        if self.context.edge is not Edge.RETURN or function is None:
            return Unreadable("'$return' is for return probes")
        kind: TypeId = self.info.return_type(function)
        if kind == VOID:
            return Unreadable(f"'{function.name}' returns nothing")
        frame = Frame(self.info, ir.Space.USER, None)
        return reads.located(self.info.return_location(function), kind, frame)

    def listing(self, name: str, pretty: int, frame: Frame) -> ir.Expr | Unreadable:
        """``$$vars`` and its kin."""
        function = self.context.function
        if function is None:
            return Unreadable("the probe is in no function")
        shown = Pretty(frame)
        depth = _depth(pretty) if pretty else 0
        wanted = {
            "$$parms": (VariableKind.PARAMETER,),
            "$$locals": (VariableKind.LOCAL,),
            "$$vars": (VariableKind.PARAMETER, VariableKind.LOCAL),
        }.get(name, ())
        for variable in self.variables(function):
            if variable.kind not in wanted:
                continue
            shown.listed(variable.name, self.at(variable, frame), depth)
        if name == "$$return":
            if self.context.edge is Edge.RETURN and self.info.return_type(function) != VOID:
                shown.listed("return", self.returned(function), depth)
        elif name in ("$$name", "$$provider"):
            return Unreadable(f"'{name}' is for static markers")
        return shown.finished()


def _depth(pretty: int) -> int:
    """How deep records are opened: ``$`` one level, ``$$`` all that fits."""
    return 1 if pretty == 1 else 8


def _root(expr: ast.Expr) -> ast.Expr:
    while True:
        match expr:
            case ast.Arrow(base=inner) | ast.Index(base=inner) | ast.AddressOf(operand=inner):
                expr = inner
            case _:
                return expr


def _spelled(root: ast.Expr) -> str:
    match root:
        case ast.Target(name=name):
            return name
        case ast.AtCall(op=op):
            return op.value
        case _:
            return "this"


def _last_name(expr: ast.Expr) -> str:
    match expr:
        case ast.Arrow(member=member):
            return member.text
        case ast.Index(base=base) | ast.AddressOf(operand=base):
            return _last_name(base)
        case ast.Target(name=name):
            return name
        case _:
            return ""
