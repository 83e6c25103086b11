"""How many bytes each string of a program can have: buffers and keys stay as small as they can.

A fixpoint over every assignment of the whole program, in the kernel and in user space, so
that a key of command names takes 16 bytes and not MAXSTRINGLEN.  A call stack is a string to
the script but keeps its addresses in binary wherever nothing else is stored.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from translator.core import ir
from translator.core.format import Conversion, Directive, Length
from translator.core.types import Type
from translator.core.visit import expressions, operands, statements
from translator.runtimes.bpf.completion import ERROR, RECORD, CannotRun, Completion
from translator.runtimes.bpf.rewrite import type_of

Scope: TypeAlias = Hashable

COMMAND = 16  # TASK_COMM_LEN


@dataclass(frozen=True, slots=True)
class Width:
    """Bytes that a string takes, its terminator included.

    ``stack``: it is the addresses of a call stack.  ``octets``: any bytes, NULs among them.
    """

    bytes: int
    stack: ir.Space | None = None
    octets: bool = False

    @property
    def words(self) -> int:
        """Bytes, rounded up to whole 64-bit words: what a buffer takes."""
        return (self.bytes + 7) & ~7


EMPTY = Width(1)


class Widths:
    """Widths of every string place of one program.

    ``scopes`` are the code of the program: a name and a block each, whose locals are its own.
    ``classes`` says which completions must have records of one layout, by a number each.
    """

    def __init__(
        self,
        program: ir.Program,
        scopes: Iterable[tuple[Scope, ir.Block]],
        completions: Iterable[Completion],
        classes: Mapping[int, int],
    ) -> None:
        limits = program.limits
        self._limit = limits.string
        self._stack = 8 * limits.backtrace
        self._known: dict[Hashable, Width] = {}
        self._completions = tuple(completions)
        self._classes = classes
        self._functions = {item.name: item for item in program.functions}
        for item in program.globals:
            if isinstance(item.initial, str):
                self._join(("value", item.name), self._cut(len(item.initial.encode()) + 1))
        everything = [
            *scopes,
            *_touching(("function", name, item.body) for name, item in self._functions.items()),
            *_touching(
                ("completion", str(at), item.body) for at, item in enumerate(self._completions)
            ),
        ]
        flows = [flow for scope, block in everything for flow in self._flows(scope, block)]
        changed = True
        while changed:
            changed = False
            for place, scope, expr in flows:
                changed |= self._join(place, self.of(scope, expr))
            flows = [flow for flow in flows if _varies(flow[2])]

    def key(self, array: str, index: int) -> Width:
        return self._known.get(("key", array, index), EMPTY)

    def value(self, name: str) -> Width:
        """Of a string global, or of an array's string elements."""
        return self._known.get(("value", name), EMPTY)

    def leaves(self, completion: int) -> tuple[Width | None, ...]:
        """Widths of a completion's leaves, as records hold them; None for integers."""
        return tuple(
            self._known.get(("leaf", self._classes[completion], index), EMPTY)
            if local.type is Type.STRING
            else None
            for index, local in enumerate(self._completions[completion].parameters)
        )

    def local(self, scope: Scope, local: ir.Local) -> Width:
        return self._known.get(("local", scope, local), EMPTY)

    def of(self, scope: Scope, expr: ir.Expr) -> Width:
        """The most that ``expr`` can give."""
        match expr:
            case ir.Text(value):
                return self._cut(len(value.encode("utf-8", "surrogateescape")) + 1)
            case ir.GetLocal(local):
                return self.local(scope, local)
            case ir.GetGlobal(name) | ir.GetElement(name):
                return self.value(name)
            case ir.Choose(_, then, otherwise):
                return _joined(self.of(scope, then), self.of(scope, otherwise))
            case ir.Concat(parts):
                return self._cut(1 + sum(self.of(scope, part).bytes - 1 for part in parts))
            case ir.FormatText():
                return self._format(scope, expr)
            case ir.Ask("execname"):
                return Width(COMMAND)
            case ir.Ask("backtrace"):
                return Width(self._stack, ir.Space.KERNEL)
            case ir.Ask("ubacktrace"):
                return Width(self._stack, ir.Space.USER)
            case ir.Ask("__user_string" | "__kernel_string", (_, ir.Integer(limit))) if limit >= 0:
                return self._cut(limit + 1)
            case ir.Ask("%user_buffer_quoted" | "%kernel_buffer_quoted", (_, _, ir.Integer(most))):
                return Width(most, octets=True)
            case ir.Ask("%hole", (_, ir.Integer(width)), type) if type is Type.STRING:
                return Width(width)
            case ir.Ask("%key", (ir.Text(array), ir.Integer(index))):
                return self.key(array, index)
            case ir.Ask("substr", (text, _, _)):
                return self.of(scope, text)
            case _:
                return Width(self._limit)

    def _cut(self, bytes_: int) -> Width:
        return Width(min(bytes_, self._limit))

    def _format(self, scope: Scope, expr: ir.FormatText) -> Width:
        total = 1
        arguments = iter(expr.arguments)
        for piece in expr.format.pieces:
            if not isinstance(piece, Directive):
                total += len(piece.encode("utf-8", "surrogateescape"))
                continue
            if Length.ARGUMENT in (piece.width, piece.precision):
                return Width(self._limit)
            argument = next(arguments)
            most = 24
            match piece.conversion:
                case Conversion.STRING:
                    most = self.of(scope, argument).bytes - 1
                case Conversion.MEMORY | Conversion.MEMORY_HEX:
                    return Width(self._limit)
                case _:
                    pass
            wide = piece.width if isinstance(piece.width, int) else 0
            fine = piece.precision + 3 if isinstance(piece.precision, int) else 0
            total += max(most, wide, fine)
        return self._cut(total)

    def _join(self, place: Hashable, width: Width) -> bool:
        old = self._known.get(place, EMPTY)
        new = _joined(old, width)
        if new == old:
            return False
        self._known[place] = new
        return True

    def _flows(self, scope: Scope, block: ir.Block) -> Iterable[tuple[Hashable, Scope, ir.Expr]]:
        for stmt in statements(block):
            match stmt:
                case ir.SetLocal(local, value) if local.type is Type.STRING:
                    yield ("local", scope, local), scope, value
                case ir.SetGlobal(name, value) if type_of(value) is Type.STRING:
                    yield ("value", name), scope, value
                case ir.SetElement(array, keys, value):
                    yield from self._keys(array, keys, scope)
                    if type_of(value) is Type.STRING:
                        yield ("value", array), scope, value
                case ir.AddElement(array, keys):
                    yield from self._keys(array, keys, scope)
                case ir.Accumulate(stat):
                    yield from self._keys(stat.name, stat.keys, scope)
                case ir.DeleteElement(array, wild):
                    yield from self._keys(array, wild, scope)
                case ir.Foreach(array, keys, value):
                    for index, local in enumerate(keys):
                        if local.type is Type.STRING:
                            yield ("local", scope, local), scope, _walked_key(array, index)
                    if value is not None and value.type is Type.STRING:
                        yield ("local", scope, value), scope, ir.GetElement(array, (), Type.STRING)
                case ir.Invoke(function=function, arguments=arguments, result=result):
                    callee = self._functions[function]
                    inside = ("function", function)
                    for local, given in zip(callee.parameters, arguments, strict=True):
                        if local.type is Type.STRING:
                            yield ("local", inside, local), scope, given
                    if result is not None and result.type is Type.STRING:
                        yield ("local", scope, result), scope, _ANYTHING
                case ir.Perform(name, (ir.Integer(number), *leaves)) if name in (RECORD, ERROR):
                    inside = ("completion", str(number))
                    group = self._classes[number]
                    parameters = self._completions[number].parameters
                    for index, leaf in enumerate(leaves):
                        if parameters[index].type is Type.STRING:
                            yield ("leaf", group, index), scope, leaf
                            yield ("local", inside, parameters[index]), scope, leaf
                case ir.Perform(_, _, result) if result is not None and result.type is Type.STRING:
                    yield ("local", scope, result), scope, _ANYTHING
                case ir.Try(_, message) if message is not None:
                    yield ("local", scope, message), scope, _ANYTHING
                case _:
                    pass
        for expr in expressions(block):
            match expr:
                case ir.GetElement(array, keys):
                    yield from self._keys(array, keys, scope)
                case ir.Contains(array, wild):
                    yield from self._keys(array, wild, scope)
                case _:
                    pass

    def _keys(
        self, array: str, keys: tuple[ir.Expr | None, ...], scope: Scope
    ) -> Iterable[tuple[Hashable, Scope, ir.Expr]]:
        for index, key in enumerate(keys):
            if key is not None and type_of(key) is Type.STRING:
                yield ("key", array, index), scope, key


def _touching(
    pieces: Iterable[tuple[str, str, ir.Block]],
) -> Iterable[tuple[Scope, ir.Block]]:
    """The pieces of user space that can say something about globals; most cannot."""
    for kind, name, block in pieces:
        if any(isinstance(stmt, _WRITES) for stmt in statements(block)):
            yield (kind, name), block


_WRITES = (
    ir.SetGlobal,
    ir.SetElement,
    ir.AddElement,
    ir.Accumulate,
    ir.DeleteElement,
)


def _varies(expr: ir.Expr) -> bool:
    """Whether what ``expr`` can give depends on another place."""
    match expr:
        case ir.GetLocal() | ir.GetGlobal() | ir.GetElement() | ir.Ask("%key"):
            return True
        case _:
            return any(map(_varies, operands(expr)))


# An expression without a form of its own: anything a string can hold.
_ANYTHING = ir.Ask("%limit", (), Type.STRING, ir.Purity.PURE)


def _walked_key(array: str, index: int) -> ir.Expr:
    """The key that a walk over ``array`` gives."""
    arguments = (ir.Text(array), ir.Integer(index))
    return ir.Ask("%key", arguments, Type.STRING, ir.Purity.PURE)


def _joined(one: Width, two: Width) -> Width:
    if one == EMPTY:
        return two
    if two in (EMPTY, one):
        return one
    if one.stack != two.stack or one.octets != two.octets:
        raise CannotRun("a variable holds call stacks and other strings; use two variables")
    return Width(max(one.bytes, two.bytes), one.stack, one.octets)
