"""One handler as one program: how it begins, its statements, how it ends.

A program first finds out whether it is to run at all (the session's state, the row of its
system call or place), then claims what it needs, runs, and gives everything back on the one
way out.
"""

from __future__ import annotations

from dataclasses import dataclass

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import expressions, operands, statements
from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    Alu,
    Assembler,
    Jump,
    Label,
)
from translator.runtimes.bpf.claim_code import claim, give_back, release_lock, take_lock
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.completion import ERROR, RECORD, Completions
from translator.runtimes.bpf.entry_code import (
    SYSCALL_LIMIT,
    Entry,
    Index,
    find_row,
    number,
    read_registers,
    refuse_compatible,
    registers_span,
)
from translator.runtimes.bpf.event import SYSCALLS, Kind
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.layout import Field, GlobalLayout
from translator.runtimes.bpf.long_code import emit_long, failing
from translator.runtimes.bpf.machine import (
    CONTEXT,
    Buffer,
    Frame,
    Machine,
    NeedsScratch,
)
from translator.runtimes.bpf.memory import (
    RETURNS,
    SESSION,
    State,
    Word,
)
from translator.runtimes.bpf.memory import SYSCALLS as SYSCALL_PROGRAMS
from translator.runtimes.bpf.reading_code import rereads
from translator.runtimes.bpf.record_code import emit_error, emit_failure, emit_record
from translator.runtimes.bpf.text_code import copy, emit_text, unless, zero
from translator.runtimes.bpf.update_code import (
    accumulate,
    add_element,
    add_global,
    clear_global,
    delete_element,
    set_element,
    set_global,
)
from translator.runtimes.bpf.widths import Scope, Widths


@dataclass(frozen=True, slots=True)
class Handler:
    """What `generate` needs of one handler."""

    kind: Kind
    scope: Scope
    body: ir.Block
    entry: Entry
    holes: dict[int, tuple[int, int]]
    lock: int | None
    actions: int
    typed: bool  # its program stands on a tracepoint by its type
    records: tuple[tuple[Field, ...], ...]  # leaves' places, in order of the record statements


@dataclass(frozen=True, slots=True)
class Generated:
    """A program and the bytes of scratch memory that it uses."""

    code: Code
    scratch: int


def generate(
    handler: Handler, widths: Widths, globals_: dict[str, GlobalLayout], completions: Completions
) -> Generated:
    """The program of ``handler``.  Handler errors add completions."""
    for scratch in (False, True):
        machine = Machine(
            Assembler(),
            handler.kind,
            handler.scope,
            Frame(scratch),
            widths,
            globals_,
            completions,
            emit_long,
            emit_text,
            Label(-1),
            typed=handler.typed,
            holes=handler.holes,
        )
        try:
            return _Program(machine, handler, scratch).generate()
        except NeedsScratch:
            continue
    raise AssertionError("scratch memory is not bounded")


class _Program:
    def __init__(self, m: Machine, handler: Handler, scratch: bool) -> None:
        self._m = m
        self._handler = handler
        self._scratch = scratch
        self._records = iter(handler.records)
        self._actions: Buffer | None = None
        self._locked: Buffer | None = None
        self._slot: Buffer | None = None
        self._span: tuple[int, int] | None = None

    def generate(self) -> Generated:
        m, code = self._m, self._m.code
        m.leave = code.label()
        quit_ = code.label()
        self._permanent()
        code.copy(CONTEXT, R1)
        self._guard(quit_)
        if self._slot is not None:
            claim(m, self._slot, quit_)
        self._empty_locals()
        self._block(self._handler.body)
        code.comment("end")
        code.place(m.leave)
        lock = self._handler.lock
        if self._locked is not None and lock is not None:
            release_lock(m, lock, self._locked)
        if self._slot is not None:
            give_back(m, self._slot)
        code.place(quit_)
        self._next_layer()
        code.set(R0, 0)
        code.leave()
        for failure in m.failures:
            emit_failure(m, failure)
        return Generated(code.finish(), m.frame.scratch_size)

    # --- the beginning ------------------------------------------------------------------

    def _permanent(self) -> None:
        """Stack words that live as long as the handler."""
        m = self._m
        frame = m.frame
        m.word = frame.take(8)
        m.record = frame.take(8)
        if self._scratch:
            m.scratch = frame.take(8)
            self._slot = frame.take(8)
        if self._handler.lock is not None:
            self._locked = frame.take(8)
        if any(isinstance(item, ir.Loop) for item in statements(self._handler.body)):
            self._actions = frame.take(8)
        if any(isinstance(item, ir.Load) for item in expressions(self._handler.body)):
            m.fault = frame.take(8)
        rereads(m, self._handler.body)
        if m.kind in SYSCALLS and not m.typed:
            self._span = registers_span(m, self._handler.body)
        for expr in expressions(self._handler.body):
            if isinstance(expr, ir.GetLocal):
                m.place(expr.local)
        for stmt in statements(self._handler.body):
            if isinstance(stmt, ir.SetLocal):
                m.place(stmt.local)

    def _guard(self, quit_: Label) -> None:
        """Leave unless the session runs and this event is the handler's."""
        m, code = self._m, self._m.code
        code.comment("only while the session runs")
        code.load_map_value(R1, SESSION, Word.STATE)
        code.load(8, R1, R1, 0)
        code.jump_if_value(Jump.NE, R1, State.RUNNING, quit_)
        if self._span is not None:
            read_registers(m, self._span, quit_)
        elif m.kind in SYSCALLS:
            refuse_compatible(m, quit_)
        if self._handler.entry.index is not Index.NONE:
            find_row(m, self._handler.entry, quit_)

    def _empty_locals(self) -> None:
        """Locals that may be read before they are set start as 0 or ""."""
        m = self._m
        surely: set[ir.Local] = set()
        empty: set[ir.Local] = set()
        for stmt in self._handler.body:
            read = {e.local for e in expressions((stmt,)) if isinstance(e, ir.GetLocal)}
            empty |= read - surely
            if isinstance(stmt, ir.SetLocal):
                surely.add(stmt.local)
        for local in sorted(empty, key=lambda item: item.name):
            zero(m, m.place(local), 0)
        if self._actions is not None:
            m.code.store_value(8, FRAME, self._actions.offset, self._handler.actions)
        if self._locked is not None:
            m.code.store_value(8, FRAME, self._locked.offset, 0)

    # --- the end ------------------------------------------------------------------------

    def _next_layer(self) -> None:
        """Go on with the next probe of the same system call, if there is one."""
        layer = self._handler.entry.layer
        if layer is None:
            return
        code = self._m.code
        number(self._m)
        code.copy(R3, R0)
        code.alu_value(Alu.ADD, R3, (layer + 1) * SYSCALL_LIMIT)
        code.copy(R1, CONTEXT)
        returning = self._m.kind is Kind.SYSCALL_RETURN
        code.load_map(R2, RETURNS if returning else SYSCALL_PROGRAMS)
        code.call(Helper.TAIL_CALL)

    # --- statements ---------------------------------------------------------------------

    def _block(self, block: ir.Block) -> None:
        for stmt in block:
            self._statement(stmt)

    def _statement(self, stmt: ir.Stmt) -> None:
        m, code = self._m, self._m.code
        match stmt:
            case ir.Remark(text):
                code.comment(text)
            case ir.SetLocal(local, value):
                self._set_local(local, value)
            case ir.SetGlobal(name, value):
                set_global(m, name, value)
            case ir.AddGlobal(name, amount):
                add_global(m, name, amount)
            case ir.Clear(name):
                clear_global(m, name)
            case ir.SetElement():
                set_element(m, stmt)
            case ir.AddElement():
                add_element(m, stmt)
            case ir.DeleteElement():
                delete_element(m, stmt)
            case ir.Accumulate():
                accumulate(m, stmt)
            case ir.Perform("%lock"):
                assert self._locked is not None
                assert self._handler.lock is not None
                take_lock(m, self._handler.lock, self._locked)
            case ir.Perform("exit"):
                code.load_map_value(R1, SESSION, Word.STATE)
                code.store_value(8, R1, 0, State.STOPPING)
            case ir.Perform(name, (which, *leaves)) if name in (RECORD, ERROR):
                code.comment("error" if name == ERROR else "record")
                emit_record(m, which, tuple(leaves), next(self._records))
                if name == ERROR:
                    emit_error(m)
            case ir.If(condition, then, otherwise):
                self._if(condition, then, otherwise)
            case ir.Loop():
                self._loop(stmt)
            case ir.Break():
                code.jump(m.loops[-1][1])
            case ir.Continue():
                code.jump(m.loops[-1][0])
            case ir.Next():
                code.jump(m.leave)
            case _:
                raise AssertionError(stmt)

    def _set_local(self, local: ir.Local, value: ir.Expr) -> None:
        m, code = self._m, self._m.code
        to = m.place(local)
        if local.type is Type.STRING:
            if _reads(value, local):
                with m.frame.temporary(to.size) as between:
                    m.text(m, value, between)
                    copy(m, between, to)
            else:
                m.text(m, value, to)
        elif isinstance(value, ir.Integer) and -(1 << 31) <= value.value < 1 << 31:
            code.store_value(8, m.addressed(to, R2), to.offset, value.value)
        else:
            m.long(m, value)
            code.store(8, m.addressed(to, R2), to.offset, R0)

    def _if(self, condition: ir.Expr, then: ir.Block, otherwise: ir.Block) -> None:
        m, code = self._m, self._m.code
        no, end = code.label(), code.label()
        unless(m, condition, no)
        self._block(then)
        if otherwise:
            code.jump(end)
        code.place(no)
        self._block(otherwise)
        code.place(end)

    def _loop(self, stmt: ir.Loop) -> None:
        """Every turn takes one of MAXACTION, so every loop ends, and the verifier sees it."""
        m, code = self._m, self._m.code
        assert self._actions is not None
        again, step, end = code.label(), code.label(), code.label()
        exceeded = m.fail(failing(m, "MAXACTION exceeded", None))
        code.place(again)
        code.load(8, R1, FRAME, self._actions.offset)
        code.jump_if_value(Jump.EQ, R1, 0, exceeded)
        code.alu_value(Alu.ADD, R1, -1)
        code.store(8, FRAME, self._actions.offset, R1)
        m.loops.append((step, end))
        self._block(stmt.before)
        unless(m, stmt.condition, end)
        self._block(stmt.body)
        code.place(step)
        self._block(stmt.step)
        m.loops.pop()
        code.jump(again)
        code.place(end)


def _reads(expr: ir.Expr, local: ir.Local) -> bool:
    own = isinstance(expr, ir.GetLocal) and expr.local == local
    return own or any(_reads(part, local) for part in operands(expr))
