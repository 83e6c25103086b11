"""Strings in memory: putting them there, copying, comparing, and keys made of them.

A buffer holds a string padded with NULs to its end, which makes equality, order and hashing
a matter of whole words.
"""

from __future__ import annotations

import struct

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.ability import MEMORY_STRINGS, STACKS
from translator.runtimes.bpf.assembler import (
    R0,
    R1,
    R2,
    R3,
    R4,
    Alu,
    Jump,
    Label,
    Register,
)
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.layout import Field, FieldKind
from translator.runtimes.bpf.machine import CONTEXT, ROW, Base, Buffer, Machine
from translator.runtimes.bpf.memory import GLOBALS, OWNERS
from translator.runtimes.bpf.reading_code import read
from translator.runtimes.bpf.rewrite import type_of
from translator.runtimes.bpf.widths import COMMAND

USER_STACK = 1 << 8  # BPF_F_USER_STACK
_READ = {
    "__user_string": Helper.PROBE_READ_USER_STR,
    "__kernel_string": Helper.PROBE_READ_KERNEL_STR,
    "%user_buffer_quoted": Helper.PROBE_READ_USER,
    "%kernel_buffer_quoted": Helper.PROBE_READ_KERNEL,
}


def emit_text(m: Machine, expr: ir.Expr, to: Buffer) -> None:
    """Put ``expr`` into ``to``, cut to it and padded."""
    code = m.code
    match expr:
        case ir.Text(value):
            store_text(m, value, to)
        case ir.GetLocal(local):
            copy(m, m.place(local), to)
        case ir.GetGlobal(name):
            layout = m.globals[name]
            code.load_map_value(R1, GLOBALS, layout.value.offset)
            copy_from(m, R1, layout.value.size, to)
        case ir.GetElement(array, keys):
            _element(m, array, keys, to)
        case ir.Choose(condition, then, otherwise):
            no, end = code.label(), code.label()
            unless(m, condition, no)
            emit_text(m, then, to)
            code.jump(end)
            code.place(no)
            emit_text(m, otherwise, to)
            code.place(end)
        case ir.Ask("execname"):
            m.point(R1, to)
            code.set(R2, min(COMMAND, to.size))
            code.call(Helper.GET_CURRENT_COMM)
            zero(m, to, COMMAND)
        case ir.Ask("%hole", (ir.Integer(number), _)):
            offset, size = m.holes[number]
            code.copy(R1, ROW)
            code.alu_value(Alu.ADD, R1, offset)
            copy_from(m, R1, size, to)
        case ir.Ask(primitive) if primitive in STACKS:
            zero(m, to, 0)
            code.copy(R1, CONTEXT)
            m.point(R2, to)
            code.set(R3, to.size)
            code.set(R4, USER_STACK if primitive == "ubacktrace" else 0)
            code.call(Helper.GET_STACK)
            if primitive == "ubacktrace":
                _note_owner(m)
        case ir.Ask(primitive, (address, limit, *_)) if primitive in _READ:
            _memory(m, primitive, (address, limit), to)
        case _:
            raise AssertionError(expr)


def _note_owner(m: Machine) -> None:
    """Have user space read this process's maps while it lives."""
    code = m.code
    known = code.label()
    with m.frame.temporary(8) as key:
        code.call(Helper.GET_CURRENT_PID_TGID)
        code.alu_value(Alu.RSH, R0, 32)
        code.store(8, m.addressed(key, R2), key.offset, R0)
        lookup_at(m, OWNERS, key)
        code.jump_if_value(Jump.NE, R0, 0, known)
        m.point(R2, key)
        m.point(R3, key)
        code.load_map(R1, OWNERS)
        code.set(R4, 0)
        code.call(Helper.MAP_UPDATE_ELEM)
        code.place(known)


def _memory(m: Machine, primitive: str, arguments: tuple[ir.Expr, ir.Expr], to: Buffer) -> None:
    address, limit = arguments
    code = m.code
    ends = primitive in MEMORY_STRINGS
    most = to.size
    if isinstance(limit, ir.Integer) and limit.value >= 0:
        most = min(most, limit.value + ends)
    if to.base is not Base.RECORD:
        zero(m, to, 0)
    if isinstance(limit, ir.Integer):
        m.long(m, address)
        code.copy(R3, R0)
        code.set(R2, most)
    else:
        # A length of the moment: bounded, so that the verifier sees that it fits.
        fits = code.label()
        with m.held() as length:
            m.long(m, limit)
            length.keep(R0)
            m.long(m, address)
            code.copy(R3, R0)
            length.load(R2)
        code.jump_if_value(Jump.LE, R2, most, fits)
        code.set(R2, most)
        code.place(fits)
    read(m, _READ[primitive], to, most)


def _element(m: Machine, array: str, keys: tuple[ir.Expr, ...], to: Buffer) -> None:
    code = m.code
    missing, end = code.label(), code.label()
    lookup(m, array, keys)
    code.jump_if_value(Jump.EQ, R0, 0, missing)
    code.copy(R1, R0)
    copy_from(m, R1, m.globals[array].value.size, to)
    code.jump(end)
    code.place(missing)
    zero(m, to, 0)
    code.place(end)


def store_text(m: Machine, value: str, to: Buffer) -> None:
    """A literal."""
    octets = value.encode("utf-8", "surrogateescape").split(b"\0")[0][: max(to.size - 1, 0)]
    octets = octets.ljust(to.size, b"\0")
    base = m.addressed(to, R2)
    for at, (word,) in enumerate(struct.iter_unpack("<q", octets)):
        if -(1 << 31) <= word < 1 << 31:
            m.code.store_value(8, base, to.offset + 8 * at, word)
        else:
            m.code.set(R1, word)
            m.code.store(8, base, to.offset + 8 * at, R1)


def zero(m: Machine, to: Buffer, start: int) -> None:
    """Clear ``to`` from byte ``start``."""
    if start >= to.size:
        return
    base = m.addressed(to, R2)
    for at in range(start, to.size, 8):
        m.code.store_value(8, base, to.offset + at, 0)


def copy(m: Machine, source: Buffer, to: Buffer) -> None:
    """Copy a padded string, cut or padded."""
    if source == to:
        return
    base = m.addressed(source, R1)
    _copy_words(m, base, source.offset, source.size, to)


def copy_from(m: Machine, source: Register, size: int, to: Buffer) -> None:
    """Copy a padded string of ``size`` bytes at address ``source``."""
    _copy_words(m, source, 0, size, to)


def _copy_words(m: Machine, source: Register, start: int, size: int, to: Buffer) -> None:
    base = m.addressed(to, R2)
    for at in range(0, to.size, 8):
        if at < size:
            m.code.load(8, R3, source, start + at)
            m.code.store(8, base, to.offset + at, R3)
        else:
            m.code.store_value(8, base, to.offset + at, 0)
    if size > to.size:
        m.code.store_value(1, base, to.offset + to.size - 1, 0)


# --- comparing --------------------------------------------------------------------------

_ORDER = {
    ir.Comparison.LESS: (Jump.LT, 0),
    ir.Comparison.LESS_EQUAL: (Jump.LT, 1),
    ir.Comparison.GREATER: (Jump.GT, 0),
    ir.Comparison.GREATER_EQUAL: (Jump.GT, 1),
}


def compare(m: Machine, expr: ir.Compare) -> None:
    """1 or 0 in r0."""
    code = m.code
    if isinstance(expr.left, ir.Text) and not isinstance(expr.right, ir.Text):
        expr = ir.Compare(_MIRRORED[expr.op], expr.right, expr.left)
    equality = expr.op in (ir.Comparison.EQUAL, ir.Comparison.NOT_EQUAL)
    size = max(8, m.widths.of(m.scope, expr.left).words)
    other = m.widths.of(m.scope, expr.right)
    if isinstance(expr.right, ir.Text) and equality:
        literal = expr.right.value.encode("utf-8", "surrogateescape")
        if len(literal) >= size:
            code.set(R0, int(expr.op is ir.Comparison.NOT_EQUAL))
            return
        with m.frame.temporary(size) as left:
            m.text(m, expr.left, left)
            _equals_literal(m, left, literal, expr.op is ir.Comparison.EQUAL)
        return
    size = max(size, other.words)
    with m.frame.temporary(size) as left, m.frame.temporary(size) as right:
        m.text(m, expr.left, left)
        m.text(m, expr.right, right)
        _compare_words(m, expr.op, left, right)


_MIRRORED = {
    ir.Comparison.EQUAL: ir.Comparison.EQUAL,
    ir.Comparison.NOT_EQUAL: ir.Comparison.NOT_EQUAL,
    ir.Comparison.LESS: ir.Comparison.GREATER,
    ir.Comparison.LESS_EQUAL: ir.Comparison.GREATER_EQUAL,
    ir.Comparison.GREATER: ir.Comparison.LESS,
    ir.Comparison.GREATER_EQUAL: ir.Comparison.LESS_EQUAL,
}


def _equals_literal(m: Machine, left: Buffer, literal: bytes, same: bool) -> None:
    code = m.code
    differs = code.label()
    padded = (literal + b"\0").ljust(-(-(len(literal) + 1) // 8) * 8, b"\0")
    base = m.addressed(left, R1)
    code.set(R0, int(not same))
    for at, (word,) in enumerate(struct.iter_unpack("<q", padded)):
        code.load(8, R3, base, left.offset + 8 * at)
        code.set(R4, word)
        code.jump_if(Jump.NE, R3, R4, differs)
    code.set(R0, int(same))
    code.place(differs)


def _compare_words(m: Machine, op: ir.Comparison, left: Buffer, right: Buffer) -> None:
    code = m.code
    end, differs = code.label(), code.label()
    first, second = m.addressed(left, R1), m.addressed(right, R2)
    for at in range(0, left.size, 8):
        code.load(8, R3, first, left.offset + at)
        code.load(8, R4, second, right.offset + at)
        code.jump_if(Jump.NE, R3, R4, differs)
    if op in (ir.Comparison.EQUAL, ir.Comparison.NOT_EQUAL):
        code.set(R0, int(op is ir.Comparison.EQUAL))
        code.jump(end)
        code.place(differs)
        code.set(R0, int(op is ir.Comparison.NOT_EQUAL))
    else:
        condition, equal = _ORDER[op]
        code.set(R0, equal)
        code.jump(end)
        code.place(differs)
        code.big_endian(R3, 8)
        code.big_endian(R4, 8)
        code.set(R0, 1)
        code.jump_if(condition, R3, R4, end)
        code.set(R0, 0)
    code.place(end)


# --- keys -------------------------------------------------------------------------------


def put(m: Machine, expr: ir.Expr, field: Field, to: Buffer) -> None:
    """Store ``expr`` at ``field`` of ``to``."""
    part = to.part(field.offset, field.size)
    if field.kind is not FieldKind.LONG:
        m.text(m, expr, part)
        return
    if isinstance(expr, ir.Integer) and -(1 << 31) <= expr.value < 1 << 31:
        base = m.addressed(part, R2)
        m.code.store_value(8, base, part.offset, expr.value)
        return
    m.long(m, expr)
    base = m.addressed(part, R2)
    m.code.store(8, base, part.offset, R0)


def put_keys(m: Machine, array: str, keys: tuple[ir.Expr, ...], to: Buffer) -> None:
    for expr, field in zip(keys, m.globals[array].keys, strict=True):
        put(m, expr, field, to)


def lookup(m: Machine, array: str, keys: tuple[ir.Expr, ...]) -> None:
    """The element's address, or 0, in r0."""
    layout = m.globals[array]
    with m.frame.temporary(layout.key_size) as key:
        put_keys(m, array, keys, key)
        lookup_at(m, layout.map, key)


def lookup_at(m: Machine, name: str, key: Buffer) -> None:
    """The element's address, or 0, in r0."""
    m.point(R2, key)
    m.code.load_map(R1, name)
    m.code.call(Helper.MAP_LOOKUP_ELEM)


# --- conditions -------------------------------------------------------------------------

_INVERSE = {
    ir.Comparison.EQUAL: Jump.NE,
    ir.Comparison.NOT_EQUAL: Jump.EQ,
    ir.Comparison.LESS: Jump.SGE,
    ir.Comparison.LESS_EQUAL: Jump.SGT,
    ir.Comparison.GREATER: Jump.SLE,
    ir.Comparison.GREATER_EQUAL: Jump.SLT,
}


def unless(m: Machine, condition: ir.Expr, label: Label) -> None:
    """Jump to ``label`` if ``condition`` is 0."""
    code = m.code
    match condition:
        case ir.Compare(op, left, right) if type_of(left) is Type.LONG:
            if isinstance(right, ir.Integer) and -(1 << 31) <= right.value < 1 << 31:
                m.long(m, left)
                code.jump_if_value(_INVERSE[op], R0, right.value, label)
                return
            with m.held() as kept:
                m.long(m, left)
                kept.keep(R0)
                m.long(m, right)
                kept.load(R1)
            code.jump_if(_INVERSE[op], R1, R0, label)
        case ir.AndThen(left, right):
            unless(m, left, label)
            unless(m, right, label)
        case ir.OrElse(left, right):
            more, yes = code.label(), code.label()
            unless(m, left, more)
            code.jump(yes)
            code.place(more)
            unless(m, right, label)
            code.place(yes)
        case ir.Unary(ir.UnaryOp.NOT, operand):
            no = code.label()
            unless(m, operand, no)
            code.jump(label)
            code.place(no)
        case _:
            m.long(m, condition)
            code.jump_if_value(Jump.EQ, R0, 0, label)
