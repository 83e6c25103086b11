"""Integer expressions: the value ends in r0; r0–r5 do not survive."""

from __future__ import annotations

from translator.core import ir
from translator.core.format import parse_format
from translator.core.types import Type
from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, Alu, Jump, Register
from translator.runtimes.bpf.completion import Completion
from translator.runtimes.bpf.context_code import ask, event_value, register
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.machine import ROW, Buffer, Machine
from translator.runtimes.bpf.memory import GLOBALS
from translator.runtimes.bpf.reading_code import read
from translator.runtimes.bpf.rewrite import type_of
from translator.runtimes.bpf.text_code import compare, lookup, unless

_ALU = {
    ir.Arithmetic.ADD: Alu.ADD,
    ir.Arithmetic.SUBTRACT: Alu.SUB,
    ir.Arithmetic.MULTIPLY: Alu.MUL,
    ir.Arithmetic.AND: Alu.AND,
    ir.Arithmetic.OR: Alu.OR,
    ir.Arithmetic.XOR: Alu.XOR,
    ir.Arithmetic.SHIFT_LEFT: Alu.LSH,
    ir.Arithmetic.SHIFT_RIGHT: Alu.ARSH,
}
_SHIFTS = frozenset({ir.Arithmetic.SHIFT_LEFT, ir.Arithmetic.SHIFT_RIGHT})
_DIVISIONS = frozenset({ir.Arithmetic.DIVIDE, ir.Arithmetic.MODULO})


def emit_long(m: Machine, expr: ir.Expr) -> None:
    """Evaluate ``expr`` into r0."""
    code = m.code
    match expr:
        case ir.Integer(value):
            code.set(R0, value)
        case ir.GetLocal(local):
            _load(m, R0, m.place(local))
        case ir.GetGlobal(name):
            code.load_map_value(R1, GLOBALS, m.globals[name].value.offset)
            code.load(8, R0, R1, 0)
        case ir.GetElement(array, keys):
            missing = code.label()
            lookup(m, array, keys)
            code.jump_if_value(Jump.EQ, R0, 0, missing)
            code.load(8, R0, R0, 0)
            code.place(missing)
        case ir.Contains(array, keys):
            there = code.label()
            lookup(m, array, tuple(key for key in keys if key is not None))
            code.jump_if_value(Jump.EQ, R0, 0, there)
            code.set(R0, 1)
            code.place(there)
        case ir.Binary():
            _binary(m, expr)
        case ir.Compare() if Type.STRING in (type_of(expr.left), type_of(expr.right)):
            compare(m, expr)
        case ir.Compare() | ir.AndThen() | ir.OrElse() | ir.Unary(ir.UnaryOp.NOT):
            no, end = code.label(), code.label()
            unless(m, expr, no)
            code.set(R0, 1)
            code.jump(end)
            code.place(no)
            code.set(R0, 0)
            code.place(end)
        case ir.Unary(op, operand):
            emit_long(m, operand)
            if op is ir.UnaryOp.NEGATE:
                code.negate(R0)
            else:
                code.alu_value(Alu.XOR, R0, -1)
        case ir.Choose(condition, then, otherwise):
            no, end = code.label(), code.label()
            unless(m, condition, no)
            emit_long(m, then)
            code.jump(end)
            code.place(no)
            emit_long(m, otherwise)
            code.place(end)
        case ir.Ask("%hole", (ir.Integer(number), _)):
            code.load(8, R0, ROW, m.holes[number][0])
        case ir.Ask():
            ask(m, expr)
        case ir.Load():
            _memory(m, expr)
        case ir.Register(number):
            register(m, number)
        case ir.Event():
            event_value(m, expr)
        case _:
            raise AssertionError(expr)


def _load(m: Machine, to: Register, buffer: Buffer) -> None:
    base = m.addressed(buffer, R1)
    m.code.load(8, to, base, buffer.offset)


def _binary(m: Machine, expr: ir.Binary) -> None:
    code = m.code
    op, left, right = expr.op, expr.left, expr.right
    if op in _DIVISIONS:
        _divide(m, expr)
        return
    if isinstance(right, ir.Integer) and -(1 << 31) <= right.value < 1 << 31:
        emit_long(m, left)
        value = right.value & 63 if op in _SHIFTS else right.value
        code.alu_value(_ALU[op], R0, value)
        return
    _both(m, left, right)
    if op in _SHIFTS:
        code.alu_value(Alu.AND, R1, 63)
    code.alu(_ALU[op], R0, R1)


def _both(m: Machine, left: ir.Expr, right: ir.Expr) -> None:
    """``left`` in r0 and ``right`` in r1."""
    code = m.code
    match right:
        case ir.Integer(value):
            emit_long(m, left)
            code.set(R1, value)
        case ir.GetLocal(local):
            emit_long(m, left)
            _load(m, R1, m.place(local))
        case _:
            with m.held() as kept:
                emit_long(m, left)
                kept.keep(R0)
                emit_long(m, right)
                code.copy(R1, R0)
                kept.load(R0)


def _divide(m: Machine, expr: ir.Binary) -> None:
    """Truncates toward zero.  BPF divides unsigned in every kernel, signed only from v4 on."""
    code = m.code
    modulo = expr.op is ir.Arithmetic.MODULO
    _both(m, expr.left, expr.right)
    if not isinstance(expr.right, ir.Integer) or expr.right.value == 0:
        failure = failing(m, "division by 0", expr.place)
        code.jump_if_value(Jump.EQ, R1, 0, m.fail(failure))
    # r2: the result's sign as 0 or -1; then both operands made unsigned.
    code.copy(R2, R0)
    if not modulo:
        code.alu(Alu.XOR, R2, R1)
    code.alu_value(Alu.ARSH, R2, 63)
    for operand in (R0, R1):
        positive = code.label()
        code.jump_if_value(Jump.SGE, operand, 0, positive)
        code.negate(operand)
        code.place(positive)
    code.alu(Alu.MOD if modulo else Alu.DIV, R0, R1)
    code.alu(Alu.XOR, R0, R2)
    code.alu(Alu.SUB, R0, R2)


_READ = {ir.Space.USER: Helper.PROBE_READ_USER, ir.Space.KERNEL: Helper.PROBE_READ_KERNEL}


def _memory(m: Machine, expr: ir.Load) -> None:
    """A fault is a handler error that names the address."""
    code = m.code
    address = m.fault
    assert address is not None
    with m.frame.temporary(8) as to:
        emit_long(m, expr.address)
        code.store(8, FRAME, address.offset, R0)
        code.copy(R3, R0)
        code.set(R2, expr.size)
        read(m, _READ[expr.space], to, expr.size)
        fault = failing(m, "read fault at 0x%x", expr.place)
        code.jump_if_value(Jump.SLT, R0, 0, m.fail(fault, (address,)))
        code.load(expr.size, R0, m.addressed(to, R1), to.offset)
    if expr.signed and expr.size < 8:
        code.copy_signed(R0, R0, expr.size)


def failing(m: Machine, message: str, place: ir.Place | None) -> int:
    """The completion that fails with ``message``, whose conversions take the values recorded."""
    format, wrong = parse_format(message)
    assert wrong is None, wrong
    count = len(format.argument_types)
    parameters = tuple(ir.Local(f"%leaf{at}", Type.LONG) for at in range(count))
    text: ir.Expr = ir.Text(message)
    if parameters:
        text = ir.FormatText(format, tuple(map(ir.GetLocal, parameters)))
    return m.completions.number(Completion(parameters, (), (ir.Fail(text, place),)))
