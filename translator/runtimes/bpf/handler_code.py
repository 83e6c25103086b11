"""One handler as one program: how it begins, its statements, how it ends.

A program first finds out whether it is to run at all (the session's state, the row of its
system call or place), then claims what it needs, runs, and gives everything back on the one
way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import expressions, operands, statements
from translator.runtimes.bpf import registers
from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    R7,
    R8,
    Alu,
    Assembler,
    Atomic,
    Jump,
    Label,
)
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.completion import ERROR, RECORD, Completions
from translator.runtimes.bpf.count_code import emit_count
from translator.runtimes.bpf.counters import Counter
from translator.runtimes.bpf.event import SYSCALLS, Kind
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.layout import Field, GlobalLayout
from translator.runtimes.bpf.long_code import emit_long, failing
from translator.runtimes.bpf.machine import (
    CONTEXT,
    ROW,
    Base,
    Buffer,
    Frame,
    Machine,
    NeedsScratch,
)
from translator.runtimes.bpf.memory import (
    FIRST_LOCK,
    LOCK_SPACING,
    RETURNS,
    ROWS,
    SCRATCH,
    SESSION,
    State,
    Word,
)
from translator.runtimes.bpf.memory import SYSCALLS as SYSCALL_PROGRAMS
from translator.runtimes.bpf.record_code import emit_error, emit_failure, emit_record
from translator.runtimes.bpf.text_code import copy, emit_text, lookup_at, unless, zero
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

SYSCALL_LIMIT = 512  # numbers that are dispatched; every architecture's are below
SLOTS = 4  # scratch slots a CPU: as deep as handlers can interrupt each other
SLOT_SIZE = 4096
SLOT_HEADER = 16  # bits of taken slots, a zero
_SPINS = 200


class Index(Enum):
    """How a program finds its row of literals."""

    NONE = "none"
    SYSCALL = "the system call's number"
    COOKIE = "the attachment's cookie"


@dataclass(frozen=True, slots=True)
class Entry:
    """How a program is entered.

    ``rows`` is where its rows start.  ``layer`` is its place among the probes of one system
    call; None if it is attached directly.
    """

    index: Index = Index.NONE
    rows: int = 0
    layer: int | None = None


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

    def generate(self) -> Generated:
        m, code = self._m, self._m.code
        m.leave = code.label()
        quit_ = code.label()
        self._permanent()
        code.copy(CONTEXT, R1)
        self._guard(quit_)
        if self._scratch:
            self._claim(quit_)
        self._empty_locals()
        self._block(self._handler.body)
        code.comment("end")
        code.place(m.leave)
        self._unlock()
        self._give_back()
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
        if m.kind in SYSCALLS:
            self._copied_registers()
        for expr in expressions(self._handler.body):
            if isinstance(expr, ir.GetLocal):
                m.place(expr.local)
        for stmt in statements(self._handler.body):
            if isinstance(stmt, ir.SetLocal):
                m.place(stmt.local)

    def _copied_registers(self) -> None:
        """Room for the part of struct pt_regs that the handler, and the guard, read."""
        names = registers.here().names
        offsets = [names[name] for name in self._registers_needed() if name in names]
        if not offsets:
            return
        low, high = min(offsets), max(offsets) + 8
        room = self._m.frame.take(high - low)
        self._m.registers = Buffer(Base.FRAME, room.offset - low, high)
        self._span = low, high

    def _registers_needed(self) -> set[str]:
        machine = registers.here()
        needed: set[str] = set()
        if machine.compatible:
            needed.add(machine.compatible[0])
        if self._m.kind is Kind.SYSCALL_RETURN:
            needed.add(machine.number)
        arguments = machine.syscall_arguments
        for expr in expressions(self._handler.body):
            match expr:
                case ir.Event(ir.EventValue.SYSCALL_ARGUMENT, index) if index < len(arguments):
                    needed.add(arguments[index])
                case ir.Ask("__argument", (ir.Integer(number),)):
                    if 0 < number <= len(arguments):
                        needed.add(arguments[number - 1])
                case ir.Ask("register" | "u_register", (ir.Text(name),)):
                    needed.add(machine.aliases.get(name, (name, 8))[0])
                case ir.Register(number) if number < len(machine.dwarf):
                    needed.add(machine.dwarf[number])
                case ir.Ask("uaddr"):
                    needed.add(machine.instruction)
                case _:
                    pass
        return needed

    def _guard(self, quit_: Label) -> None:
        """Leave unless the session runs and this event is the handler's."""
        m, code = self._m, self._m.code
        code.comment("only while the session runs")
        code.load_map_value(R1, SESSION, Word.STATE)
        code.load(8, R1, R1, 0)
        code.jump_if_value(Jump.NE, R1, State.RUNNING, quit_)
        if m.registers is not None:
            self._read_registers(quit_)
        if self._handler.entry.index is not Index.NONE:
            self._find_row(quit_)

    def _read_registers(self, quit_: Label) -> None:
        m, code = self._m, self._m.code
        low, high = self._span
        assert m.registers is not None
        code.comment("registers of the system call")
        code.load(8, R3, CONTEXT, 0)
        code.alu_value(Alu.ADD, R3, low)
        code.copy(R1, FRAME)
        code.alu_value(Alu.ADD, R1, m.registers.offset + low)
        code.set(R2, high - low)
        code.call(Helper.PROBE_READ_KERNEL)
        machine = registers.here()
        if machine.compatible:
            # A 32-bit task's numbers are another table's.
            name, value = machine.compatible
            code.load(8, R1, FRAME, m.registers.offset + machine.names[name])
            code.jump_if_value(Jump.EQ, R1, value, quit_)

    def _find_row(self, quit_: Label) -> None:
        m, code = self._m, self._m.code
        entry = self._handler.entry
        assert m.word is not None
        code.comment("row of literals")
        if entry.index is Index.SYSCALL:
            self._number()
            code.jump_if_value(Jump.GE, R0, SYSCALL_LIMIT, quit_)
        else:
            code.copy(R1, CONTEXT)
            code.call(Helper.GET_ATTACH_COOKIE)
        if entry.rows:
            code.alu_value(Alu.ADD, R0, entry.rows)
        code.store(8, FRAME, m.word.offset, R0)
        lookup_at(m, ROWS, m.word)
        code.jump_if_value(Jump.EQ, R0, 0, quit_)
        code.copy(ROW, R0)
        if entry.index is Index.SYSCALL:
            code.load(8, R1, ROW, 0)
            code.jump_if_value(Jump.EQ, R1, 0, quit_)

    def _number(self) -> None:
        """The system call's number in r0."""
        m = self._m
        if m.kind is Kind.SYSCALL:
            m.code.load(8, R0, CONTEXT, 8)
        else:
            assert m.registers is not None
            offset = registers.here().names[registers.here().number]
            m.code.load(8, R0, FRAME, m.registers.offset + offset)

    def _claim(self, quit_: Label) -> None:
        """Take a free scratch slot of this CPU; slots come back in any order."""
        m, code = self._m, self._m.code
        assert m.word is not None
        assert m.scratch is not None
        assert self._slot is not None
        claimed = code.label()
        code.comment("claim a scratch slot")
        code.store_value(4, FRAME, m.word.offset, 0)
        lookup_at(m, SCRATCH, m.word)
        code.jump_if_value(Jump.EQ, R0, 0, quit_)
        code.copy(R7, R0)
        for slot in range(SLOTS):
            code.set(R1, 1 << slot)
            code.atomic(Atomic.FETCH_OR, 8, R7, 0, R1)
            code.set(R8, slot)
            code.alu_value(Alu.AND, R1, 1 << slot)
            code.jump_if_value(Jump.EQ, R1, 0, claimed)
        emit_count(code, Counter.SKIPPED_SCRATCH, m.word.offset)
        code.jump(quit_)
        code.place(claimed)
        # To the verifier the slot becomes any number, so that it follows one way, not four.
        code.load(8, R1, R7, 8)
        code.alu(Alu.ADD, R8, R1)
        code.alu(Alu.SUB, R8, R1)
        code.alu_value(Alu.AND, R8, SLOTS - 1)
        code.store(8, FRAME, self._slot.offset, R8)
        code.alu_value(Alu.MUL, R8, SLOT_SIZE)
        code.alu(Alu.ADD, R7, R8)
        code.alu_value(Alu.ADD, R7, SLOT_HEADER)
        code.store(8, FRAME, m.scratch.offset, R7)

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

    def _lock(self) -> None:
        """Take the handler's lock, or count it as skipped."""
        m, code = self._m, self._m.code
        assert self._locked is not None
        assert m.word is not None
        lock = self._handler.lock
        assert lock is not None
        again, taken = code.label(), code.label()
        code.comment(f"lock {lock}")
        code.load_map_value(R2, SESSION, FIRST_LOCK + LOCK_SPACING * lock)
        code.set(R3, 0)
        code.place(again)
        code.set(R0, 0)
        code.set(R1, 1)
        code.atomic(Atomic.CMPXCHG, 8, R2, 0, R1)
        code.jump_if_value(Jump.EQ, R0, 0, taken)
        code.alu_value(Alu.ADD, R3, 1)
        code.jump_if_value(Jump.LT, R3, _SPINS, again)
        emit_count(code, Counter.SKIPPED_LOCK, m.word.offset)
        code.jump(m.leave)
        code.place(taken)
        code.store_value(8, FRAME, self._locked.offset, 1)

    def _unlock(self) -> None:
        code = self._m.code
        if self._locked is None:
            return
        lock = self._handler.lock
        assert lock is not None
        free = code.label()
        code.load(8, R1, FRAME, self._locked.offset)
        code.jump_if_value(Jump.EQ, R1, 0, free)
        code.load_map_value(R1, SESSION, FIRST_LOCK + LOCK_SPACING * lock)
        code.set(R2, 0)
        code.atomic(Atomic.XCHG, 8, R1, 0, R2)
        code.place(free)

    def _give_back(self) -> None:
        m, code = self._m, self._m.code
        if not self._scratch:
            return
        assert self._slot is not None
        assert m.word is not None
        lost = code.label()
        code.comment("give the scratch slot back")
        code.store_value(4, FRAME, m.word.offset, 0)
        lookup_at(m, SCRATCH, m.word)
        code.jump_if_value(Jump.EQ, R0, 0, lost)
        code.load(8, R2, FRAME, self._slot.offset)
        code.set(R1, 1)
        code.alu(Alu.LSH, R1, R2)
        code.alu_value(Alu.XOR, R1, -1)
        code.atomic(Atomic.AND, 8, R0, 0, R1)
        code.place(lost)

    def _next_layer(self) -> None:
        """Go on with the next probe of the same system call, if there is one."""
        layer = self._handler.entry.layer
        if layer is None:
            return
        code = self._m.code
        self._number()
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
                self._lock()
            case ir.Perform("exit"):
                code.load_map_value(R1, SESSION, Word.STATE)
                code.store_value(8, R1, 0, State.STOPPING)
            case ir.Perform(name, (number, *leaves)) if name in (RECORD, ERROR):
                code.comment("error" if name == ERROR else "record")
                emit_record(m, number, tuple(leaves), next(self._records))
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
