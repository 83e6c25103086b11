"""Which part of a handler runs at the event and which is finished in user space.

A walk over the handler, calls already in place.  Integers are computed at the event.  A string
local is not a buffer but an expression, kept until someone needs it: printing captures only
its leaves, a key or a comparison puts it into memory, and if nobody asks, it is never made.
What an event cannot run at all (sorted walks, regular expressions, `system()` …) is left to
user space with all that follows it in the handler.

Strings that loops build stay unknown to such a walk; it is then started anew with a real
buffer for that local.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import expressions, operands, own_expressions, statements
from translator.runtimes.bpf import ability
from translator.runtimes.bpf.accesses import own_accesses
from translator.runtimes.bpf.completion import (
    CALL,
    ERROR,
    RECORD,
    CannotRun,
    Capture,
    Completions,
    finish,
)
from translator.runtimes.bpf.event import Kind
from translator.runtimes.bpf.inline import Inliner
from translator.runtimes.bpf.rewrite import map_block, map_operands, type_of, written_locals
from translator.runtimes.bpf.tidy import named_by_order, parts, without_dead_locals

_DEEPEST = 400  # nodes of a kept string expression
_ZERO, _EMPTY = ir.Integer(0), ir.Text("")


class _NeedsBuffer(Exception):
    def __init__(self, local: ir.Local) -> None:
        super().__init__(local.name)
        self.local = local


class _Later(Exception):
    """The statement, and so the rest of the handler, is for user space."""


@dataclass(frozen=True, slots=True)
class Staged:
    """The part for the event; `RECORD` and `ERROR` statements name completions by number."""

    body: ir.Block


@dataclass(frozen=True, slots=True)
class Stage:
    """Where handlers are staged: what their program has in common.

    ``distant`` are globals that only user space uses, because some handler needs them there:
    in one place all uses of a global have one order.
    """

    inliner: Inliner
    completions: Completions
    distant: frozenset[str] = frozenset()


def stage(probe: ir.Probe, kind: Kind, on: Stage) -> Staged:
    """Split ``probe``'s handler, adding what is left to ``on.completions``.

    Raises CannotRun if some form can run neither at the event nor later.
    """
    body, _ = on.inliner.handler(_with_constants(probe))
    buffers: set[ir.Local] = set()
    start = len(on.completions.all)
    while True:
        walk = _Walk(kind, on, buffers, body)
        try:
            return Staged(named_by_order(without_dead_locals(walk.run())))
        except _NeedsBuffer as need:
            buffers.add(need.local)
            on.completions.forget(start)


def _with_constants(probe: ir.Probe) -> ir.Probe:
    """What the probe knows about itself, as text."""
    known = {"pp": probe.name, "pn": probe.point, "probefunc": probe.function}

    def change(expr: ir.Expr) -> ir.Expr:
        if isinstance(expr, ir.Ask) and not expr.arguments and expr.primitive in known:
            return ir.Text(known[expr.primitive])
        return map_operands(expr, change)

    return replace(probe, body=map_block(probe.body, change))


_Env = dict[ir.Local, ir.Expr | None]  # None: assigned in a loop, not known


class _Walk:
    def __init__(self, kind: Kind, on: Stage, buffers: set[ir.Local], body: ir.Block) -> None:
        self._kind = kind
        self._inliner = on.inliner
        self._completions = on.completions
        self._distant = on.distant
        self._buffers = buffers
        self._body = body
        self._writes = Counter(written_locals(body))
        for stmt in statements(body):
            if isinstance(stmt, ir.Loop | ir.Foreach | ir.ForeachBucket):
                self._writes.update(written_locals((stmt,)))
        self._defined: set[ir.Local] = set()
        self._temporaries = 0
        self._in_loop = 0

    def run(self) -> ir.Block:
        out: list[ir.Stmt] = []
        self._block(self._body, {}, (), out)
        return tuple(out)

    # --- statements ------------------------------------------------------------------

    def _block(self, block: ir.Block, env: _Env, after: ir.Block, out: list[ir.Stmt]) -> bool:
        """Stage ``block``, appending to ``out``; whether its end can be reached.

        ``after`` is what follows in the handler.
        """
        index = 0
        while index < len(block):
            stmt = block[index]
            output = self._output_run(block[index:])
            mark = len(out), len(self._completions.all)
            try:
                if self._distant and self._uses_distant((*output, stmt)):
                    raise _Later
                if output:
                    self._record(output, env, out)
                    index += len(output)
                    continue
                if not self._statement(stmt, env, (*block[index + 1 :], *after), out):
                    return False
            except _Later:
                if self._in_loop:
                    raise
                del out[mark[0] :]
                self._completions.forget(mark[1])
                self._tail((*block[index:], *after), env, out)
                return False
            index += 1
        return True

    def _uses_distant(self, block: ir.Block) -> bool:
        """Whether these statements themselves use a global that is kept in user space."""
        return any(access.name in self._distant for stmt in block for access in own_accesses(stmt))

    def _output_run(self, block: ir.Block) -> ir.Block:
        """The statements at the start of ``block`` that only write: one record takes them."""
        count = 0
        for stmt in block:
            match stmt:
                case ir.Print():
                    count += 1
                case ir.Perform(primitive, result=None) if primitive in ability.OUTPUT:
                    count += 1
                case _:
                    break
        return block[:count]

    def _record(self, output: ir.Block, env: _Env, out: list[ir.Stmt]) -> None:
        capture = Capture(self._kind)
        try:
            body = map_block(output, lambda expr: capture.defer(self._deep(expr, env)))
        except CannotRun:
            raise _Later from None
        if any(_finishes(stmt) for stmt in output):
            body = (_in_process(capture), *body)
        number = self._completions.number(finish(capture, body))
        out.append(ir.Perform(RECORD, (ir.Integer(number), *capture.leaves)))

    def _statement(self, stmt: ir.Stmt, env: _Env, after: ir.Block, out: list[ir.Stmt]) -> bool:
        match stmt:
            case ir.Remark():
                out.append(stmt)
            case ir.SetLocal(local, value):
                known = self._deep if local.type is Type.STRING else self._known
                self._set(local, known(value, env), env, out)
            case ir.Invoke(result, function, arguments) if result is not None:
                if result.type is not Type.STRING or not self._inliner.pure(function):
                    raise _Later
                given = tuple(self._deep(item, env) for item in arguments)
                call = ir.Ask(CALL + function, given, Type.STRING, ir.Purity.PURE)
                self._set(result, call, env, out)
            case (
                ir.SetGlobal()
                | ir.AddGlobal()
                | ir.SetElement()
                | ir.AddElement()
                | ir.Accumulate()
                | ir.DeleteElement()
                | ir.Clear()
            ):
                self._update(stmt, env, out)
            case ir.Perform("exit"):
                out.append(stmt)
            case ir.Perform("abort"):
                out += [ir.Perform("exit", ()), ir.Next()]
                return False
            case ir.Perform("error", (message,), None, place):
                return self._statement(ir.Fail(message, place), env, after, out)
            case ir.Fail():
                self._fail(stmt, env, out)
                return False
            case ir.If(condition, then, otherwise):
                return self._if(self._known(condition, env), (then, otherwise), env, after, out)
            case ir.Loop():
                self._loop(stmt, env, out)
            case ir.Next() | ir.Return():
                out.append(ir.Next())
                return False
            case ir.Break() | ir.Continue():
                out.append(stmt)
                return False
            case _:
                raise _Later
        return True

    def _set(self, local: ir.Local, value: ir.Expr, env: _Env, out: list[ir.Stmt]) -> None:
        if local.type is not Type.STRING:
            if not ability.longs(self._kind, value):
                raise _Later
            out.append(ir.SetLocal(local, value))
            env.pop(local, None)
            meaning = self._deep(value, env)
            if self._steady(meaning) and _size(meaning) <= _DEEPEST:
                env[local] = meaning
        elif local in self._buffers:
            if not ability.texts(self._kind, value):
                raise _Later
            out.append(ir.SetLocal(local, value))
            env[local] = ir.GetLocal(local)
        else:
            env[local] = self._kept(value, out)
        self._defined.add(local)

    def _update(self, stmt: ir.Stmt, env: _Env, out: list[ir.Stmt]) -> None:
        (new,) = map_block((stmt,), lambda expr: self._known(expr, env))
        wild = isinstance(new, ir.DeleteElement) and None in new.keys
        able = all(ability.value(self._kind, part) for part in own_expressions(new))
        if wild or not able or (isinstance(new, ir.Clear)):
            raise _Later
        out.append(new)

    def _fail(self, stmt: ir.Fail, env: _Env, out: list[ir.Stmt]) -> None:
        capture = Capture(self._kind)
        try:
            message = capture.defer(self._deep(stmt.message, env))
        except CannotRun:
            raise _Later from None
        completion = finish(capture, (ir.Fail(message, stmt.place),))
        number = self._completions.number(completion)
        out.append(ir.Perform(ERROR, (ir.Integer(number), *capture.leaves)))

    def _if(
        self,
        condition: ir.Expr,
        ways: tuple[ir.Block, ir.Block],
        env: _Env,
        after: ir.Block,
        out: list[ir.Stmt],
    ) -> bool:
        if isinstance(condition, ir.Integer):
            return self._block(ways[0 if condition.value else 1], env, after, out)
        if not ability.longs(self._kind, condition):
            raise _Later
        outs: tuple[list[ir.Stmt], list[ir.Stmt]] = ([], [])
        envs = (dict(env), dict(env))
        defined = set(self._defined)
        surely: list[set[ir.Local]] = []
        goes_on = []
        for way, inner, inner_env in zip(ways, outs, envs, strict=True):
            self._defined = set(defined)
            goes_on.append(self._block(way, inner_env, after, inner))
            surely.append(self._defined)
        self._defined = surely[0] & surely[1] if all(goes_on) else surely[goes_on[1]]
        if all(goes_on):
            merged = self._merge(envs, outs)
        else:
            merged = envs[1 if goes_on[1] else 0]
        env.clear()
        env.update(merged)
        if outs[0] or outs[1]:
            out.append(ir.If(condition, tuple(outs[0]), tuple(outs[1])))
        return any(goes_on)

    def _merge(self, envs: tuple[_Env, _Env], outs: tuple[list[ir.Stmt], list[ir.Stmt]]) -> _Env:
        """What is known after both ways; where they differ a tag says which was taken."""
        merged: _Env = {}
        tag: ir.Local | None = None
        for local in {**envs[0], **envs[1]}:
            one, two = (env.get(local, self._unset(local)) for env in envs)
            if one == two:
                merged[local] = one
            elif local.type is not Type.STRING:
                continue
            else:
                if one is None or two is None or _size(one) + _size(two) > _DEEPEST:
                    raise _NeedsBuffer(local)
                if tag is None:
                    tag = self._temporary(Type.LONG)
                    outs[0].append(ir.SetLocal(tag, ir.Integer(1)))
                    outs[1].append(ir.SetLocal(tag, _ZERO))
                merged[local] = ir.Choose(ir.GetLocal(tag), one, two)
        return merged

    def _unset(self, local: ir.Local) -> ir.Expr:
        return _EMPTY if local.type is Type.STRING else ir.GetLocal(local)

    def _loop(self, stmt: ir.Loop, env: _Env, out: list[ir.Stmt]) -> None:
        for local in dict.fromkeys(written_locals((stmt,))):
            if local.type is not Type.STRING:
                env.pop(local, None)
            elif local in self._buffers:
                if env.get(local) != ir.GetLocal(local):
                    start = env.get(local, _EMPTY)
                    if start is None or not ability.texts(self._kind, start):
                        raise _Later
                    out.append(ir.SetLocal(local, start))
                env[local] = ir.GetLocal(local)
            else:
                env[local] = None
        self._in_loop += 1
        try:
            before, body, step = (list[ir.Stmt](), list[ir.Stmt](), list[ir.Stmt]())
            defined = set(self._defined)
            inner = dict(env)
            self._block(stmt.before, inner, (), before)
            condition = self._known(stmt.condition, inner)
            if not ability.longs(self._kind, condition):
                raise _Later
            if self._block(stmt.body, inner, (), body):
                self._block(stmt.step, inner, (), step)
            else:
                # Continue may still lead to the step: nothing of the body is known there.
                self._block(stmt.step, dict(env), (), step)
            self._defined = defined
        finally:
            self._in_loop -= 1
        out.append(ir.Loop(tuple(before), condition, tuple(body), tuple(step)))

    # --- expressions -----------------------------------------------------------------

    def _known(self, expr: ir.Expr, env: _Env) -> ir.Expr:
        """``expr`` for the event: string locals in their place, and constants."""
        if isinstance(expr, ir.GetLocal):
            found = self._meaning(expr, env)
            whole = expr.local.type is Type.STRING or isinstance(found, ir.Integer)
            return found if whole else expr
        return _folded(map_operands(expr, lambda part: self._known(part, env)))

    def _deep(self, expr: ir.Expr, env: _Env) -> ir.Expr:
        """``expr`` for later: integers too are what they were computed from, where that stays."""
        if isinstance(expr, ir.GetLocal):
            return self._meaning(expr, env)
        return _folded(map_operands(expr, lambda part: self._deep(part, env)))

    def _meaning(self, expr: ir.GetLocal, env: _Env) -> ir.Expr:
        local = expr.local
        if local in env:
            found = env[local]
            if found is None:
                raise _NeedsBuffer(local)
            return found
        return _EMPTY if local.type is Type.STRING else expr

    def _kept(self, expr: ir.Expr, out: list[ir.Stmt]) -> ir.Expr:
        """``expr`` such that evaluating it later in this handler gives what it is now."""
        if self._steady(expr):
            return expr
        if type_of(expr) is not Type.STRING and ability.longs(self._kind, expr):
            return self._snapshot(expr, out)
        match expr:
            case ir.GetLocal() | ir.GetGlobal() | ir.GetElement():
                if not ability.value(self._kind, expr):
                    raise _Later
                return self._snapshot(expr, out)
            case ir.Matches() | ir.Extract() | ir.Bucket() | ir.Contains():
                raise _Later
            case ir.Ask(primitive, _, _, ir.Purity.CONTEXT) if not (
                primitive in ability.STEADY
                or primitive in ability.FINISHED
                or primitive in ability.OF_SESSION
            ):
                raise _Later
            case _:
                return map_operands(expr, lambda part: self._kept(part, out))

    def _snapshot(self, expr: ir.Expr, out: list[ir.Stmt]) -> ir.Expr:
        local = self._temporary(type_of(expr))
        out.append(ir.SetLocal(local, expr))
        self._defined.add(local)
        return ir.GetLocal(local)

    def _steady(self, expr: ir.Expr) -> bool:
        match expr:
            case ir.Integer() | ir.Text() | ir.Register() | ir.Event():
                return True
            case ir.GetLocal(local):
                return self._writes[local] <= 1 and local in self._defined
            case ir.GetGlobal() | ir.GetElement() | ir.Contains() | ir.Extract() | ir.Bucket():
                return False
            case ir.Matches() | ir.Load():
                return False
            case ir.Ask(primitive, arguments, _, purity):
                steady = (
                    purity is ir.Purity.PURE
                    or primitive in ability.STEADY
                    or primitive in ability.FINISHED
                    or primitive in ability.OF_SESSION
                )
                return steady and all(map(self._steady, arguments))
            case _:
                return not ability.fails(expr) and all(map(self._steady, operands(expr)))

    def _temporary(self, type: Type) -> ir.Local:
        self._temporaries += 1
        return ir.Local(f"%t{self._temporaries}", type)

    # --- the rest in user space ---------------------------------------------------------

    def _tail(self, rest: ir.Block, env: _Env, out: list[ir.Stmt]) -> None:
        """Leave ``rest`` to user space, with all that it needs of the event."""
        self._check(rest)
        capture = Capture(self._kind)
        written = set(written_locals(rest))
        read = {expr.local for expr in expressions(rest) if isinstance(expr, ir.GetLocal)}
        start: list[ir.Stmt] = (
            [_in_process(capture)] if any(map(_finishes, statements(rest))) else []
        )
        for local in sorted(read, key=lambda item: item.name):
            value = env.get(local, self._unset(local))
            if value is None:
                raise _NeedsBuffer(local)
            if local.type is Type.STRING or local in self._defined or self._writes[local]:
                start.append(ir.SetLocal(local, capture.defer(value)))

        def change(expr: ir.Expr) -> ir.Expr:
            if not _of_event(expr):
                return map_operands(expr, change)
            if any(isinstance(p, ir.GetLocal) and p.local in written for p in parts(expr)):
                what = expr.primitive if isinstance(expr, ir.Ask) else "reading memory"
                raise CannotRun(f"{what} after a step that only user space can do")
            return capture.defer(_unfailing(self._deep(expr, env)))

        body = map_block(rest, change)
        completion = finish(capture, (*start, *body))
        number = self._completions.number(completion)
        out += [ir.Perform(RECORD, (ir.Integer(number), *capture.leaves)), ir.Next()]

    def _check(self, rest: ir.Block) -> None:
        for stmt in statements(rest):
            match stmt:
                case ir.EmbeddedC():
                    raise CannotRun("embedded C needs the kernel-module runtime")
                case ir.Store():
                    raise CannotRun("writing memory needs the kernel-module runtime")
                case ir.Invoke(function=function) if not self._inliner.timeless(function):
                    raise CannotRun(f"function '{function}' needs the event and cannot be inlined")
                case _:
                    pass


def _folded(expr: ir.Expr) -> ir.Expr:
    if isinstance(expr, ir.Choose) and isinstance(expr.condition, ir.Integer):
        return expr.then if expr.condition.value else expr.otherwise
    return expr


def _of_event(expr: ir.Expr) -> bool:
    match expr:
        case ir.Ask(primitive, _, _, ir.Purity.CONTEXT):
            return primitive not in ability.OF_SESSION and primitive not in ("matched", "ngroups")
        case ir.Load() | ir.Register() | ir.Event():
            return True
        case _:
            return False


def _unfailing(expr: ir.Expr) -> ir.Expr:
    """A memory read that gives 0 instead of a handler error: nobody may ever ask for it."""
    if not isinstance(expr, ir.Load):
        return expr
    name = "__user_load" if expr.space is ir.Space.USER else "__kernel_load"
    read: ir.Expr = ir.Ask(
        name, (expr.address, ir.Integer(expr.size)), Type.LONG, ir.Purity.CONTEXT
    )
    if expr.signed and expr.size < 8:
        shift = ir.Integer(64 - 8 * expr.size)
        read = ir.Binary(ir.Arithmetic.SHIFT_LEFT, read, shift)
        read = ir.Binary(ir.Arithmetic.SHIFT_RIGHT, read, shift)
    return read


def _finishes(stmt: ir.Stmt) -> bool:
    return isinstance(stmt, ir.Perform) and stmt.primitive in ("print_ustack",)


def _in_process(capture: Capture) -> ir.Stmt:
    """Tell what follows which process it is about."""
    process = capture.leaf(ir.Ask("pid", (), Type.LONG, ir.Purity.CONTEXT))
    return ir.Perform("_bpf_process", (process,))


def _size(expr: ir.Expr) -> int:
    return 1 + sum(map(_size, operands(expr)))
