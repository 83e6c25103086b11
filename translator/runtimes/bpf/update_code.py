"""Globals changed: scalars, elements, aggregates.  Each statement is one atomic step.

An element that is not there yet is inserted with its first value; whoever loses that race
adds to the winner's.
"""

from __future__ import annotations

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.assembler import (
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    Alu,
    Atomic,
    Jump,
    Label,
    Register,
)
from translator.runtimes.bpf.count_code import emit_count
from translator.runtimes.bpf.counters import Counter
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.layout import Statistics
from translator.runtimes.bpf.long_code import failing
from translator.runtimes.bpf.machine import Buffer, Held, Machine
from translator.runtimes.bpf.maps import Update
from translator.runtimes.bpf.memory import GLOBALS, ZEROS
from translator.runtimes.bpf.text_code import lookup_at, put, put_keys

_EEXIST, _E2BIG, _ENOMEM = 17, 7, 12
_TRIES = 3  # of a compare-and-exchange that only a nested handler can disturb


def set_global(m: Machine, name: str, value: ir.Expr) -> None:
    code = m.code
    layout = m.globals[name]
    if layout.declared.type is Type.STRING:
        with m.frame.temporary(layout.value.size) as text:
            m.text(m, value, text)
            base = m.addressed(text, R2)
            code.load_map_value(R1, GLOBALS, layout.value.offset)
            for at in range(0, layout.value.size, 8):
                code.load(8, R3, base, text.offset + at)
                code.store(8, R1, at, R3)
        return
    m.long(m, value)
    code.load_map_value(R1, GLOBALS, layout.value.offset)
    code.store(8, R1, 0, R0)


def add_global(m: Machine, name: str, amount: ir.Expr) -> None:
    m.long(m, amount)
    m.code.load_map_value(R1, GLOBALS, m.globals[name].value.offset)
    m.code.atomic(Atomic.ADD, 8, R1, 0, R0)


def clear_global(m: Machine, name: str) -> None:
    """Make a scalar 0 or ""."""
    layout = m.globals[name]
    m.code.load_map_value(R1, GLOBALS, layout.value.offset)
    for at in range(0, layout.value.size, 8):
        m.code.store_value(8, R1, at, 0)


def set_element(m: Machine, stmt: ir.SetElement) -> None:
    code = m.code
    layout = m.globals[stmt.array]
    with (
        m.frame.temporary(layout.key_size) as key,
        m.frame.temporary(layout.value.size) as value,
    ):
        put(m, stmt.value, layout.value, value)
        put_keys(m, stmt.array, stmt.keys, key)
        _update(m, layout.map, key, value, Update.ANY)
    done = code.label()
    code.jump_if_value(Jump.EQ, R0, 0, done)
    _not_inserted(m, stmt.array, stmt.place)
    code.place(done)


def add_element(m: Machine, stmt: ir.AddElement) -> None:
    code = m.code
    layout = m.globals[stmt.array]
    with m.frame.temporary(layout.key_size) as key, m.frame.temporary(8) as amount:
        put(m, stmt.amount, layout.value, amount)
        put_keys(m, stmt.array, stmt.keys, key)
        there, raced, done = code.label(), code.label(), code.label()
        lookup_at(m, layout.map, key)
        code.jump_if_value(Jump.NE, R0, 0, there)
        _update(m, layout.map, key, amount, Update.NEW)
        code.jump_if_value(Jump.EQ, R0, 0, done)
        code.jump_if_value(Jump.EQ, R0, -_EEXIST, raced)
        _not_inserted(m, stmt.array, stmt.place)
        code.place(raced)
        lookup_at(m, layout.map, key)
        code.jump_if_value(Jump.EQ, R0, 0, done)
        code.place(there)
        base = m.addressed(amount, R2)
        code.load(8, R1, base, amount.offset)
        code.atomic(Atomic.ADD, 8, R0, 0, R1)
        code.place(done)


def delete_element(m: Machine, stmt: ir.DeleteElement) -> None:
    layout = m.globals[stmt.array]
    with m.frame.temporary(layout.key_size) as key:
        put_keys(m, stmt.array, tuple(k for k in stmt.keys if k is not None), key)
        m.point(R2, key)
        m.code.load_map(R1, layout.map)
        m.code.call(Helper.MAP_DELETE_ELEM)


def accumulate(m: Machine, stmt: ir.Accumulate) -> None:
    code = m.code
    layout = m.globals[stmt.stat.name]
    assert layout.statistics is not None, layout
    done = code.label()
    with m.held() as kept, m.frame.temporary(max(8, layout.key_size)) as key:
        m.long(m, stmt.value)
        kept.keep(R0)
        if layout.keys:
            put_keys(m, stmt.stat.name, stmt.stat.keys, key)
            _find_or_insert(m, stmt, key)
        else:
            base = m.addressed(key, R2)
            code.store_value(4, base, key.offset, 0)
            lookup_at(m, layout.map, key)
        code.jump_if_value(Jump.EQ, R0, 0, done)
        _add(m, layout.statistics, kept)
    code.place(done)


def _find_or_insert(m: Machine, stmt: ir.Accumulate, key: Buffer) -> None:
    code = m.code
    layout = m.globals[stmt.stat.name]
    there, inserted = code.label(), code.label()
    lookup_at(m, layout.map, key)
    code.jump_if_value(Jump.NE, R0, 0, there)
    m.point(R2, key)
    code.load_map(R1, layout.map)
    code.load_map_value(R3, ZEROS)
    code.set(R4, Update.NEW)
    code.call(Helper.MAP_UPDATE_ELEM)
    code.jump_if_value(Jump.EQ, R0, 0, inserted)
    code.jump_if_value(Jump.EQ, R0, -_EEXIST, inserted)
    _not_inserted(m, stmt.stat.name, stmt.place)
    code.place(inserted)
    lookup_at(m, layout.map, key)
    code.place(there)


def _update(m: Machine, name: str, key: Buffer, value: Buffer, when: Update) -> None:
    m.point(R2, key)
    m.point(R3, value)
    m.code.load_map(R1, name)
    m.code.set(R4, when)
    m.code.call(Helper.MAP_UPDATE_ELEM)


def _not_inserted(m: Machine, name: str, place: ir.Place | None) -> None:
    """Leave as r0 says: a full array and memory that is short are handler errors.

    Anything else is a lock of the map that was not to be had: the handler is skipped.
    """
    code = m.code
    assert m.word is not None
    short = m.fail(failing(m, f"no memory for array '{name}'", place))
    code.jump_if_value(Jump.EQ, R0, -_E2BIG, _full(m, name, place))
    code.jump_if_value(Jump.EQ, R0, -_ENOMEM, short)
    emit_count(code, Counter.SKIPPED_LOCK, m.word.offset)
    code.jump(m.leave)


def _full(m: Machine, name: str, place: ir.Place | None) -> Label:
    declared = m.globals[name].declared
    limit = m.globals[name].entries
    bound = "MAXMAPENTRIES" if declared.size is None else f"size limit ({limit})"
    return m.fail(failing(m, f"Array overflow, check {bound}", place))


def _add(m: Machine, layout: Statistics, value: Held) -> None:
    """Add the value to the aggregate at r0, which becomes r2; the value stands in r3."""
    code = m.code
    code.copy(R2, R0)
    value.load(R3)
    code.set(R1, 1)
    code.atomic(Atomic.ADD, 8, R2, 0, R1)
    if layout.total is not None:
        code.atomic(Atomic.ADD, 8, R2, layout.total, R3)
    if layout.least is not None or layout.greatest is not None:
        code.set(R4, -(1 << 63))
        code.alu(Alu.XOR, R4, R3)  # unsigned order, 0 the least
        if layout.greatest is not None:
            _raise(m, layout.greatest)
        if layout.least is not None:
            code.alu_value(Alu.XOR, R4, -1)
            _raise(m, layout.least)
    if layout.squares is not None:
        _squares(m, layout.squares)
    for offset, histogram in layout.histograms:
        match histogram:
            case ir.LogHistogram():
                _logarithmic(m)
            case ir.LinearHistogram():
                _linear(m, histogram)
        code.alu_value(Alu.LSH, R0, 3)
        code.alu(Alu.ADD, R0, R2)
        code.set(R1, 1)
        code.atomic(Atomic.ADD, 8, R0, offset, R1)


def _raise(m: Machine, offset: int) -> None:
    """Make the word at r2 + ``offset`` at least r4, unsigned; keeps r2–r4."""
    code = m.code
    done = code.label()
    code.load(8, R0, R2, offset)
    for _ in range(_TRIES):
        code.jump_if(Jump.GE, R0, R4, done)
        code.copy(R5, R0)
        code.copy(R1, R4)
        code.atomic(Atomic.CMPXCHG, 8, R2, offset, R1)
        code.jump_if(Jump.EQ, R0, R5, done)
    code.place(done)


def _squares(m: Machine, offset: int) -> None:
    """Add the square of r3: halves of its magnitude multiplied, so that nothing overflows soon."""
    code = m.code
    _magnitude(m, R4)
    code.copy(R5, R4)
    code.alu_value(Alu.RSH, R5, 32)
    code.copy_unsigned32(R4, R4)
    for left, right, at in ((R5, R5, 0), (R5, R4, 8)):
        code.copy(R1, left)
        code.alu(Alu.MUL, R1, right)
        code.atomic(Atomic.ADD, 8, R2, offset + at, R1)
    code.alu(Alu.MUL, R4, R4)
    code.copy_unsigned32(R1, R4)
    code.atomic(Atomic.ADD, 8, R2, offset + 16, R1)
    code.alu_value(Alu.RSH, R4, 32)
    code.atomic(Atomic.ADD, 8, R2, offset + 24, R4)


def _magnitude(m: Machine, to: Register) -> None:
    """|r3| in ``to``, its sign as 0 or -1 in r5."""
    code = m.code
    code.copy(R5, R3)
    code.alu_value(Alu.ARSH, R5, 63)
    code.copy(to, R3)
    code.alu(Alu.XOR, to, R5)
    code.alu(Alu.SUB, to, R5)


def _logarithmic(m: Machine) -> None:
    """Bucket of r3 in r0: 64 and as many up or down as its magnitude has bits; keeps r2, r3.

    Without branches: the verifier would follow each of their ways.
    """
    code = m.code
    _magnitude(m, R4)
    code.set(R0, 0)
    for bits in (32, 16, 8, 4, 2, 1):
        # r1 = bits if r4 has more than that many, else 0
        code.copy(R1, R4)
        code.alu_value(Alu.RSH, R1, bits)
        _one_if_not_zero(m)
        code.alu_value(Alu.MUL, R1, bits)
        code.alu(Alu.ADD, R0, R1)
        code.alu(Alu.RSH, R4, R1)
    code.alu(Alu.ADD, R0, R4)
    code.alu(Alu.XOR, R0, R5)
    code.alu(Alu.SUB, R0, R5)
    code.alu_value(Alu.ADD, R0, 64)
    code.alu_value(Alu.AND, R0, 127)


def _one_if_not_zero(m: Machine) -> None:
    """r1 = 1 unless it is 0; r1 has at most 63 bits."""
    code = m.code
    code.negate(R1)
    code.alu_value(Alu.RSH, R1, 63)


def _linear(m: Machine, histogram: ir.LinearHistogram) -> None:
    """Bucket of r3 in r0: below first, above last; keeps r2, r3."""
    code = m.code
    last = (histogram.high - histogram.low) // histogram.step + 2
    below, done = code.label(), code.label()
    code.set(R1, histogram.low)
    code.set(R0, 0)
    code.jump_if(Jump.SLT, R3, R1, below)
    code.copy(R0, R3)
    code.alu(Alu.SUB, R0, R1)
    code.set(R1, histogram.step)
    code.alu(Alu.DIV, R0, R1)
    code.alu_value(Alu.ADD, R0, 1)
    code.jump_if_value(Jump.LE, R0, last, done)
    code.set(R0, last)
    code.place(below)
    code.place(done)
