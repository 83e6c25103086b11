"""Records: what a handler sends to user space, and how a handler error ends it."""

from __future__ import annotations

from translator.core import ir
from translator.core.types import Type
from translator.core.visit import operands
from translator.runtimes.bpf.ability import fails
from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    Atomic,
    Jump,
)
from translator.runtimes.bpf.count_code import emit_count
from translator.runtimes.bpf.counters import Counter
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.layout import Field
from translator.runtimes.bpf.machine import ROW, Base, Buffer, Failure, Machine
from translator.runtimes.bpf.memory import RECORD_HEADER, RING, SESSION, State, Word
from translator.runtimes.bpf.rewrite import map_operands, type_of
from translator.runtimes.bpf.ring import NO_WAKEUP
from translator.runtimes.bpf.text_code import put


def emit_record(
    m: Machine, number: ir.Expr, leaves: tuple[ir.Expr, ...], places: tuple[Field, ...]
) -> None:
    """Send a record with each leaf at its place; if the ring is full, count it and go on."""
    code = m.code
    size = RECORD_HEADER + sum(field.size for field in places)
    # While a record is open the handler must not end: numbers that can fail come before.
    early: list[tuple[ir.Local, ir.Expr]] = []
    leaves = tuple(_settled(leaf, early) for leaf in leaves)
    with m.frame.temporary(8 * max(1, len(early))) as kept:
        for at, (local, number_first) in enumerate(early):
            m.long(m, number_first)
            slot = kept.part(8 * at, 8)
            code.store(8, m.addressed(slot, R1), slot.offset, R0)
            m.locals[local] = slot
        done = code.label()
        _reserve(m, size)
        full = code.label()
        code.jump_if_value(Jump.EQ, R0, 0, full)
        _header(m, number)
        record = Buffer(Base.RECORD, 0, size)
        for leaf, field in zip(leaves, places, strict=True):
            put(m, leaf, field, record)
        _submit(m)
        code.jump(done)
        code.place(full)
        _count_drop(m)
        code.place(done)
        for local, _ in early:
            del m.locals[local]


def emit_failure(m: Machine, failure: Failure) -> None:
    """The out-of-line end of a failed handler."""
    code = m.code
    code.comment(f"handler error {failure.completion}")
    code.place(failure.label)
    full = code.label()
    counted = code.label()
    _reserve(m, RECORD_HEADER + 8 * len(failure.values))
    code.jump_if_value(Jump.EQ, R0, 0, full)
    _header(m, ir.Integer(failure.completion))
    for at, value in enumerate(failure.values):
        base = m.addressed(value, R1)
        code.load(8, R3, base, value.offset)
        assert m.record is not None
        code.load(8, R2, FRAME, m.record.offset)
        code.store(8, R2, RECORD_HEADER + 8 * at, R3)
    _submit(m)
    code.jump(counted)
    code.place(full)
    _count_drop(m)
    code.place(counted)
    emit_error(m)


def emit_error(m: Machine) -> None:
    """Count a handler error, end the session if it is one too many, and leave."""
    code = m.code
    code.load_map_value(R1, SESSION, 0)
    code.set(R2, 1)
    code.atomic(Atomic.FETCH_ADD, 8, R1, Word.ERRORS, R2)
    code.load(8, R3, R1, Word.MAX_ERRORS)
    code.jump_if(Jump.LT, R2, R3, m.leave)
    code.store_value(8, R1, Word.STATE, State.STOPPING)
    code.jump(m.leave)


def _reserve(m: Machine, size: int) -> None:
    code = m.code
    assert m.record is not None
    code.load_map(R1, RING)
    code.set(R2, size)
    code.set(R3, 0)
    code.call(Helper.RINGBUF_RESERVE)
    code.store(8, FRAME, m.record.offset, R0)


def _header(m: Machine, number: ir.Expr) -> None:
    """The number, at the record that r0 points to."""
    match number:
        case ir.Integer(value):
            m.code.store_value(8, R0, 0, value)
        case ir.Ask("%hole", (ir.Integer(hole), _)):
            m.code.load(8, R1, ROW, m.holes[hole][0])
            m.code.store(8, R0, 0, R1)
        case _:
            raise AssertionError(number)


def _submit(m: Machine) -> None:
    assert m.record is not None
    m.code.load(8, R1, FRAME, m.record.offset)
    m.code.set(R2, NO_WAKEUP)
    m.code.call(Helper.RINGBUF_SUBMIT)


def _count_drop(m: Machine) -> None:
    assert m.word is not None
    emit_count(m.code, Counter.DROPPED, m.word.offset)


def _settled(expr: ir.Expr, early: list[tuple[ir.Local, ir.Expr]]) -> ir.Expr:
    """``expr`` with every number in it that can fail replaced by a local, listed in ``early``."""
    if not _risky(expr):
        return expr
    if type_of(expr) is Type.LONG:
        local = ir.Local(f"%early{len(early)}", Type.LONG)
        early.append((local, expr))
        return ir.GetLocal(local)
    assert not fails(expr), expr
    return map_operands(expr, lambda part: _settled(part, early))


def _risky(expr: ir.Expr) -> bool:
    return fails(expr) or any(map(_risky, operands(expr)))
