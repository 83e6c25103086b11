"""Calls of the program's functions replaced by their bodies, where the kernel side needs it.

A call of a pure function that gives a string stays a call: such a value is finished in user
space, as a whole.  A recursive function, an overloaded one and one of too many statements
stay too, and what calls them runs in user space.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import blocks, expressions, statements
from translator.runtimes.bpf.ability import OF_SESSION
from translator.runtimes.bpf.rewrite import OnBlock, map_block, map_operands, map_statement

_LARGEST = 200  # statements of a function that is still put in place of a call
_ZERO, _ONE = ir.Integer(0), ir.Integer(1)


class Inliner:
    """Inlines calls in handlers of one program; asks each function's purity once."""

    def __init__(self, functions: Mapping[str, ir.Function]) -> None:
        self._functions = functions
        self._pure: dict[str, bool] = {}
        self._count = 0

    def handler(self, probe: ir.Probe) -> tuple[ir.Block, tuple[ir.Local, ...]]:
        """The probe's body with calls in place, and all its locals."""
        locals_ = dict.fromkeys(probe.locals)
        body = self._block(probe.body, locals_, ())
        return body, tuple(locals_)

    def pure(self, name: str) -> bool:
        """Whether the function reads and changes nothing but its arguments and locals."""
        known = self._pure.get(name)
        if known is None:
            self._pure[name] = True  # what a recursive call finds
            known = self._pure[name] = self._is_pure(self._functions[name])
        return known

    def _is_pure(self, function: ir.Function) -> bool:
        for stmt in statements(function.body):
            match stmt:
                case ir.Invoke(function=name):
                    if not self.pure(name):
                        return False
                case (
                    ir.SetLocal()
                    | ir.If()
                    | ir.Loop()
                    | ir.Try()
                    | ir.Break()
                    | ir.Continue()
                    | ir.Return()
                    | ir.Next()
                    | ir.Remark()
                ):
                    pass
                case _:
                    return False
        for expr in expressions(function.body):
            match expr:
                case ir.GetGlobal() | ir.GetElement() | ir.Contains() | ir.Extract() | ir.Bucket():
                    return False
                case ir.Load() | ir.Register() | ir.Event() | ir.Matches():
                    return False
                case ir.Ask(purity=ir.Purity.CONTEXT):
                    return False
                case _:
                    pass
        return all(map(self.pure, function.overloads))

    def reached(self, block: ir.Block) -> list[ir.Block]:
        """``block`` and the bodies of all functions that it calls, directly or not."""
        found = [block]
        seen: set[str] = set()
        for piece in found:
            for stmt in statements(piece):
                if isinstance(stmt, ir.Invoke) and stmt.function not in seen:
                    function = self._functions[stmt.function]
                    seen.update((stmt.function, *function.overloads))
                    found.append(function.body)
                    found += [self._functions[name].body for name in function.overloads]
        return found

    def timeless(self, name: str) -> bool:
        """Whether the function asks nothing of an event: it may run at any later time."""
        return not self._asks_event(name, set())

    def _asks_event(self, name: str, seen: set[str]) -> bool:
        if name in seen:
            return False
        seen.add(name)
        function = self._functions[name]
        for expr in expressions(function.body):
            match expr:
                case ir.Load() | ir.Register() | ir.Event():
                    return True
                case ir.Ask(primitive, purity=ir.Purity.CONTEXT) if primitive not in OF_SESSION:
                    return True
                case _:
                    pass
        called = [s.function for s in statements(function.body) if isinstance(s, ir.Invoke)]
        return any(self._asks_event(item, seen) for item in (*called, *function.overloads))

    def _stays(self, call: ir.Invoke, around: tuple[str, ...]) -> bool:
        function = self._functions[call.function]
        if function.overloads or call.function in around:
            return True
        if function.result is Type.STRING and self.pure(call.function):
            return True
        return sum(1 for _ in statements(function.body)) > _LARGEST

    def _block(
        self, block: ir.Block, locals_: dict[ir.Local, None], around: tuple[str, ...]
    ) -> ir.Block:
        out: list[ir.Stmt] = []
        for stmt in block:
            if isinstance(stmt, ir.Invoke) and not self._stays(stmt, around):
                out.extend(self._in_place(stmt, locals_, around))
            elif blocks(stmt):
                out.append(_with_blocks(stmt, lambda b: self._block(b, locals_, around)))
            else:
                out.append(stmt)
        return tuple(out)

    def _in_place(
        self, call: ir.Invoke, locals_: dict[ir.Local, None], around: tuple[str, ...]
    ) -> list[ir.Stmt]:
        function = self._functions[call.function]
        self._count += 1
        renamed: dict[ir.Local, ir.Local] = {}

        def local(item: ir.Local) -> ir.Local:
            new = renamed.get(item)
            if new is None:
                new = renamed[item] = ir.Local(f"{item.name}%{self._count}", item.type)
                locals_[new] = None
            return new

        def change(expr: ir.Expr) -> ir.Expr:
            if isinstance(expr, ir.GetLocal):
                return ir.GetLocal(local(expr.local))
            return map_operands(expr, change)

        out: list[ir.Stmt] = [
            ir.SetLocal(local(parameter), argument)
            for parameter, argument in zip(function.parameters, call.arguments, strict=True)
        ]
        written = {item for item in function.locals if item not in function.parameters}
        # A function's locals start empty at each call: the caller may loop.
        out += [
            ir.SetLocal(local(item), ir.Text("") if item.type is Type.STRING else _ZERO)
            for item in sorted(written, key=lambda item: item.name)
        ]
        result = call.result
        if result is not None and not _always(function.body):
            out.append(ir.SetLocal(result, ir.Text("") if result.type is Type.STRING else _ZERO))
        body = map_block(function.body, change, local)
        gone = ir.Local(f"%gone{self._count}", Type.LONG)
        returns = _Returns(result, gone)
        body = returns.block(body, _After.NOTHING)
        if returns.flagged:
            locals_[gone] = None
            out.append(ir.SetLocal(gone, _ZERO))
        out.extend(self._block(body, locals_, (*around, call.function)))
        return out


def _with_blocks(stmt: ir.Stmt, inside: OnBlock) -> ir.Stmt:
    return map_statement(stmt, lambda expr: expr, inside)


class _After(Enum):
    """What comes after a block of the function when it ends by itself."""

    NOTHING = "nothing"
    MORE = "more of the function"
    LOOP = "another turn of a loop"


class _Returns:
    """Turns ``return`` into structure: what follows one is not reached.

    Where both ways go on, the local ``gone`` says whether the function is done.
    """

    def __init__(self, result: ir.Local | None, gone: ir.Local) -> None:
        self._result = result
        self._gone = gone
        self.flagged = False

    def block(self, block: ir.Block, after: _After) -> ir.Block:
        out: list[ir.Stmt] = []
        for index, stmt in enumerate(block):
            if isinstance(stmt, ir.Return):
                if self._result is not None and stmt.value is not None:
                    out.append(ir.SetLocal(self._result, stmt.value))
                if after is not _After.NOTHING:
                    self.flagged = True
                    out.append(ir.SetLocal(self._gone, _ONE))
                if after is _After.LOOP:
                    out.append(ir.Break())
                break
            if _returns(stmt):
                out.extend(self._around(stmt, block[index + 1 :], after))
                break
            out.append(stmt)
        return tuple(out)

    def _around(self, stmt: ir.Stmt, rest: ir.Block, after: _After) -> list[ir.Stmt]:
        """``stmt``, which may return, and the ``rest`` that then must not run."""
        match stmt:
            case ir.If(condition, then, otherwise) if after is _After.NOTHING and _always(then):
                other = self.block((*otherwise, *rest), after)
                return [ir.If(condition, self.block(then, after), other)]
            case ir.If(condition, then, otherwise) if after is _After.NOTHING and _always(
                otherwise
            ):
                other = self.block((*then, *rest), after)
                return [ir.If(condition, other, self.block(otherwise, after))]
            case ir.Loop() | ir.Foreach() | ir.ForeachBucket():
                loop = _with_blocks(stmt, lambda inner: self.block(inner, _After.LOOP))
                if after is _After.LOOP:
                    leave = ir.If(ir.GetLocal(self._gone), (ir.Break(),))
                    return [loop, leave, *self.block(rest, after)]
                return [loop, *self._unless_gone(rest, after)]
            case _:
                inner = _After.MORE if after is _After.NOTHING and rest else after
                changed = _with_blocks(stmt, lambda block: self.block(block, inner))
                if after is _After.LOOP:  # a return has left the loop
                    return [changed, *self.block(rest, after)]
                return [changed, *self._unless_gone(rest, after)]

    def _unless_gone(self, rest: ir.Block, after: _After) -> list[ir.Stmt]:
        return [ir.If(ir.GetLocal(self._gone), (), self.block(rest, after))] if rest else []


def _returns(stmt: ir.Stmt) -> bool:
    return any(isinstance(item, ir.Return) for block in blocks(stmt) for item in statements(block))


def _always(block: ir.Block) -> bool:
    """Whether the block surely ends in a return."""
    for stmt in block:
        if isinstance(stmt, ir.Return):
            return True
        if isinstance(stmt, ir.If) and _always(stmt.then) and _always(stmt.otherwise):
            return True
    return False
