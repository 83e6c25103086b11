"""How a program finds out what it was called for: its registers, its row of literals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from translator.core import ir
from translator.core.visit import expressions
from translator.runtimes.bpf import registers
from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, Alu, Jump, Label
from translator.runtimes.bpf.context_code import load_register
from translator.runtimes.bpf.event import Kind
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.machine import CONTEXT, ROW, Base, Buffer, Machine
from translator.runtimes.bpf.memory import ROWS
from translator.runtimes.bpf.text_code import lookup_at

SYSCALL_LIMIT = 512  # numbers that are dispatched; every architecture's are below


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


def registers_span(m: Machine, body: ir.Block) -> tuple[int, int] | None:
    """Takes room for the part of struct pt_regs that the handler and its guard read.

    Returns the first byte and the one after the last; None if nothing is read.
    """
    names = registers.here().names
    offsets = [names[name] for name in _registers_needed(m, body) if name in names]
    if not offsets:
        return None
    low, high = min(offsets), max(offsets) + 8
    room = m.frame.take(high - low)
    m.registers = Buffer(Base.FRAME, room.offset - low, high)
    return low, high


def _registers_needed(m: Machine, body: ir.Block) -> set[str]:
    machine = registers.here()
    needed: set[str] = set()
    if machine.compatible:
        needed.add(machine.compatible[0])
    if m.kind is Kind.SYSCALL_RETURN:
        needed.add(machine.number)
    arguments = machine.syscall_arguments
    for expr in expressions(body):
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


def refuse_compatible(m: Machine, quit_: Label) -> None:
    """Leave if a 32-bit task made the system call: its numbers are another table's."""
    machine = registers.here()
    if machine.compatible is not None:
        name, value = machine.compatible
        load_register(m, name)
        m.code.jump_if_value(Jump.EQ, R0, value, quit_)


def read_registers(m: Machine, span: tuple[int, int], quit_: Label) -> None:
    """Copy the registers of the system call; leave if a 32-bit task made it."""
    code = m.code
    low, high = span
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


def find_row(m: Machine, entry: Entry, quit_: Label) -> None:
    """Load the row of literals; leave if there is none: the event is not the handler's."""
    code = m.code
    assert m.word is not None
    code.comment("row of literals")
    if entry.index is Index.SYSCALL:
        number(m)
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


def number(m: Machine) -> None:
    """The system call's number in r0."""
    if m.kind is Kind.SYSCALL:
        m.code.load(8, R0, CONTEXT, 8)
    elif m.typed:
        load_register(m, registers.here().number)
    else:
        assert m.registers is not None
        offset = registers.here().names[registers.here().number]
        m.code.load(8, R0, FRAME, m.registers.offset + offset)
