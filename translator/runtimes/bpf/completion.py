"""What a handler leaves for user space to finish, and the leaves it takes there.

A `Completion` is core: parameters that the event gave, and statements over them.  The handler
emits one record a completion; the host runtime runs its body, in the order of the records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import operands
from translator.runtimes.bpf.ability import (
    BUFFERS,
    FINISHED,
    MEMORY_STRINGS,
    OF_SESSION,
    STACKS,
    fails,
    longs,
    texts,
)
from translator.runtimes.bpf.event import Kind
from translator.runtimes.bpf.rewrite import map_block, map_operands, type_of, written_locals

# Statements that staging adds to core's: Perform(RECORD, (number, *leaves)) captures and goes
# on; ERROR captures, counts a handler error and ends the handler.
RECORD = "%record"
ERROR = "%error"
# Ask(CALL + name, arguments): a pure function's value, computed where the record is finished.
CALL = "%call "

_BUFFER = 256  # most bytes of a quoted buffer
_READABLE = {
    "user_buffer_quoted": "__user_readable",
    "kernel_buffer_quoted": "__kernel_readable",
}


class CannotRun(Exception):
    """A form that neither the event nor user space can run; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Work for user space: ``body`` over ``parameters``, one a leaf, in order."""

    parameters: tuple[ir.Local, ...]
    locals: tuple[ir.Local, ...]
    body: ir.Block


class Completions:
    """All completions of a program; equal ones are one."""

    def __init__(self) -> None:
        self._numbers: dict[Completion, int] = {}

    def number(self, completion: Completion) -> int:
        return self._numbers.setdefault(completion, len(self._numbers))

    @property
    def all(self) -> tuple[Completion, ...]:
        """In order of their numbers."""
        return tuple(self._numbers)

    def forget(self, count: int) -> None:
        """Drop all but the first ``count``: a staging that was started anew."""
        while len(self._numbers) > count:
            self._numbers.popitem()


class Capture:
    """Collects the leaves of one record."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._leaves: dict[ir.Expr, ir.Local] = {}
        self._read: dict[ir.Expr, tuple[ir.Expr, ...]] = {}  # memory: the guards it is read under

    @property
    def leaves(self) -> tuple[ir.Expr, ...]:
        return tuple(self._leaves)

    @property
    def parameters(self) -> tuple[ir.Local, ...]:
        return tuple(self._leaves.values())

    def leaf(self, expr: ir.Expr) -> ir.Expr:
        """Have ``expr`` evaluated at the event; what stands for it afterwards."""
        known = self._leaves.get(expr)
        if known is None:
            known = ir.Local(f"%leaf{len(self._leaves)}", type_of(expr))
            self._leaves[expr] = known
        return ir.GetLocal(known)

    def defer(self, expr: ir.Expr, guards: tuple[ir.Expr, ...] = ()) -> ir.Expr:
        """``expr`` in terms of leaves.  Memory is read only where ``guards`` hold."""
        if type_of(expr) is Type.STRING:
            return self._text(expr, guards)
        return self._long(expr, guards)

    def _long(self, expr: ir.Expr, guards: tuple[ir.Expr, ...]) -> ir.Expr:
        match expr:
            case ir.Integer():
                return expr
            case ir.Ask(primitive) if primitive in OF_SESSION:
                return expr
            case ir.Ask(purity=ir.Purity.PURE):
                return map_operands(expr, lambda part: self.defer(part, guards))
            case _:
                pass
        if _is_root(expr) or _any(fails, expr) or len(_roots(expr)) > 1:
            if longs(self._kind, expr):
                return self.leaf(expr)
            if _is_root(expr):
                raise _cannot(expr)
        return map_operands(expr, lambda part: self.defer(part, guards))

    def _text(self, expr: ir.Expr, guards: tuple[ir.Expr, ...]) -> ir.Expr:
        match expr:
            case ir.Text():
                return expr
            case ir.Ask(primitive) if primitive in OF_SESSION:
                return expr
            case ir.Ask(primitive, arguments) if primitive in FINISHED:
                process = self.leaf(ir.Ask("pid", (), Type.LONG, ir.Purity.CONTEXT))
                rest = tuple(self.defer(part, guards) for part in arguments)
                return ir.Ask(f"_bpf_{primitive}", (process, *rest), Type.STRING, ir.Purity.PURE)
            case ir.Ask(primitive, (address, given, shown)) if primitive in BUFFERS:
                return self._buffer(primitive, (address, given, shown), guards)
            case ir.Choose(condition, then, otherwise):
                no = ir.Unary(ir.UnaryOp.NOT, condition)
                return ir.Choose(
                    self._long(condition, guards),
                    self._text(then, (*guards, condition)),
                    self._text(otherwise, (*guards, no)),
                )
            case _:
                pass
        if texts(self._kind, expr):
            return self._text_leaf(expr, guards)
        if _is_root(expr):
            raise _cannot(expr)
        return map_operands(expr, lambda part: self.defer(part, guards))

    def _buffer(
        self,
        primitive: str,
        arguments: tuple[ir.Expr, ir.Expr, ir.Expr],
        guards: tuple[ir.Expr, ...],
    ) -> ir.Expr:
        """Bytes captured, one more than can be shown, and quoted later."""
        address, given, shown = arguments
        if not longs(self._kind, address) or not longs(self._kind, given):
            raise _cannot(ir.Ask(primitive, arguments, Type.STRING, ir.Purity.CONTEXT))
        most = _BUFFER
        if isinstance(shown, ir.Integer) and 0 < shown.value < _BUFFER:
            most = shown.value + 1
        captured = (address, given, ir.Integer(most))
        octets = ir.Ask(f"%{primitive}", captured, Type.STRING, ir.Purity.CONTEXT)
        readable = ir.Ask(_READABLE[primitive], (address,), Type.LONG, ir.Purity.CONTEXT)
        numbers = (self._long(part, guards) for part in (readable, address, given, shown))
        whole = (self.leaf(octets), *numbers)
        return ir.Ask("_bpf_quoted", whole, Type.STRING, ir.Purity.PURE)

    def _text_leaf(self, expr: ir.Expr, guards: tuple[ir.Expr, ...]) -> ir.Expr:
        """One leaf for one string, read where any of its uses needs it."""
        if not isinstance(expr, ir.Ask) or expr.primitive not in MEMORY_STRINGS | STACKS:
            return self.leaf(expr)
        usable = tuple(guard for guard in guards if longs(self._kind, guard))
        before = self._read.get(expr)
        if before is None:
            self._read[expr] = usable
            return self.leaf(_guarded(expr, usable))
        both = self._read[expr] = tuple(guard for guard in before if guard in usable)
        old, new = _guarded(expr, before), _guarded(expr, both)
        self._leaves = {new if key == old else key: local for key, local in self._leaves.items()}
        return self.leaf(new)


def _guarded(expr: ir.Expr, guards: tuple[ir.Expr, ...]) -> ir.Expr:
    for guard in guards:
        expr = ir.Choose(guard, expr, ir.Text(""))
    return expr


def _is_root(expr: ir.Expr) -> bool:
    match expr:
        case ir.Ask(purity=purity):
            return purity is ir.Purity.CONTEXT
        case (
            ir.GetLocal()
            | ir.GetGlobal()
            | ir.GetElement()
            | ir.Contains()
            | ir.Extract()
            | ir.Bucket()
            | ir.Load()
            | ir.Register()
            | ir.Event()
            | ir.Matches()
        ):
            return True
        case _:
            return False


def _roots(expr: ir.Expr) -> set[ir.Expr]:
    if _is_root(expr):
        return {expr}
    return {root for part in operands(expr) for root in _roots(part)}


def _any(test: Callable[[ir.Expr], bool], expr: ir.Expr) -> bool:
    return test(expr) or any(_any(test, part) for part in operands(expr))


def _cannot(expr: ir.Expr) -> CannotRun:
    what = expr.primitive + "()" if isinstance(expr, ir.Ask) else type(expr).__name__
    where = getattr(expr, "place", None)
    return CannotRun(f"{what} needs the event it is asked at{f', at {where}' if where else ''}")


def finish(capture: Capture, body: ir.Block, more: tuple[ir.Local, ...] = ()) -> Completion:
    """The completion that runs ``body``, which is already in terms of ``capture``'s leaves."""
    calls: list[ir.Local] = []
    out: list[ir.Stmt] = []
    for stmt in body:
        before: list[ir.Stmt] = []

        def change(expr: ir.Expr, before: list[ir.Stmt] = before) -> ir.Expr:
            expr = map_operands(expr, lambda part: change(part, before))
            if isinstance(expr, ir.Ask) and expr.primitive.startswith(CALL):
                result = ir.Local(f"%call{len(calls)}", expr.type)
                calls.append(result)
                before.append(ir.Invoke(result, expr.primitive[len(CALL) :], expr.arguments))
                return ir.GetLocal(result)
            return expr

        (new,) = map_block((stmt,), change)
        out += [*before, new]
    block = tuple(out)
    locals_ = dict.fromkeys((*more, *calls, *written_locals(block)))
    for parameter in capture.parameters:
        locals_.pop(parameter, None)
    return Completion(capture.parameters, tuple(locals_), block)
