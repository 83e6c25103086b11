"""Listings of BPF code, for `dump code` and for what the verifier complains about.

Prints what is there, in the verifier's own notation; it checks nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from translator.runtimes.bpf.assembler import Alu, Atomic, Jump
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.helper import Helper

_WIDTH = {0x00: "u32", 0x08: "u16", 0x10: "u8", 0x18: "u64"}
_ALU = {
    Alu.ADD: "+=", Alu.SUB: "-=", Alu.MUL: "*=", Alu.DIV: "/=", Alu.OR: "|=", Alu.AND: "&=",
    Alu.LSH: "<<=", Alu.RSH: ">>=", Alu.MOD: "%=", Alu.XOR: "^=", Alu.ARSH: "s>>=",
}  # fmt: skip
_JUMP = {
    Jump.EQ: "==", Jump.GT: ">", Jump.GE: ">=", Jump.SET: "&", Jump.NE: "!=", Jump.SGT: "s>",
    Jump.SGE: "s>=", Jump.LT: "<", Jump.LE: "<=", Jump.SLT: "s<", Jump.SLE: "s<=",
}  # fmt: skip
_MOV, _NEG, _END = 0xB0, 0x80, 0xD0
_JA, _CALL, _EXIT, _MAY = 0x00, 0x80, 0x90, 0xE0


def listing(code: Code) -> str:
    """One instruction a line, with its index, comments before, labels where jumps arrive."""
    return "\n".join(_lines(code)) + "\n"


def instruction_at(code: Code, index: int) -> str:
    """The instruction at ``index`` after the comment it stands under, for error messages."""
    if not 0 <= index < code.length:
        return ""
    about = [text for at, text in code.comments if at <= index]
    text = _instruction(code, index, {})
    return f"{text}  ; {about[-1]}" if about else text


def _lines(code: Code) -> Iterator[str]:
    labels = _labels(code)
    comments: dict[int, list[str]] = {}
    for index, text in code.comments:
        comments.setdefault(index, []).append(text)
    functions = dict(code.functions)
    index = 0
    while index < code.length:
        if index in functions:
            yield f"\n{functions[index]}:"
        for text in comments.get(index, ()):
            yield f"      ; {text}"
        if index in labels:
            yield f"  {labels[index]}:"
        yield f"{index:5}  {_instruction(code, index, labels)}"
        index += 2 if code.instructions[index * 8] == 0x18 else 1


def _labels(code: Code) -> dict[int, str]:
    targets: set[int] = set()
    skip = False
    for index, (opcode, _, offset, _) in enumerate(struct.iter_unpack("<BBhi", code.instructions)):
        if skip:
            skip = False
            continue
        skip = opcode == 0x18
        if opcode & 7 in (5, 6) and opcode & 0xF0 not in (_CALL, _EXIT):
            targets.add(index + 1 + offset)
    functions = dict(code.functions)
    return {at: functions.get(at, f"L{n}") for n, at in enumerate(sorted(targets), 1)}


@dataclass(frozen=True, slots=True)
class _Fields:
    """One instruction word, taken apart."""

    index: int
    opcode: int
    to: int
    source: int
    offset: int
    value: int


def _fields(code: Code, index: int) -> _Fields:
    opcode, registers, offset, value = struct.unpack_from("<BBhi", code.instructions, index * 8)
    return _Fields(index, opcode, registers & 15, registers >> 4, offset, value)


def _instruction(code: Code, index: int, labels: dict[int, str]) -> str:
    fields = _fields(code, index)
    opcode, to, source = fields.opcode, fields.to, fields.source
    offset, value = fields.offset, fields.value
    kind = opcode & 7
    if opcode == 0x18:
        return f"r{to} = {_wide(code, fields)}"
    if kind in (4, 7):
        return _arithmetic(fields)
    if kind in (5, 6):
        return _control(code, fields, labels)
    width = _WIDTH[opcode & 0x18]
    if kind == 1:
        sign = "s" if opcode & 0xE0 == 0x80 else "u"
        return f"r{to} = *({sign}{width[1:]} *)(r{source} {offset:+d})"
    place = f"*({width} *)(r{to} {offset:+d})"
    if kind == 2:
        return f"{place} = {value}"
    if opcode & 0xE0 == 0xC0:
        return f"{_atomic(value)} {place}, r{source}"
    return f"{place} = r{source}"


def _atomic(value: int) -> str:
    try:
        return f"lock {Atomic(value).name.lower()}"
    except ValueError:
        return f"lock {value:#x}"


def _wide(code: Code, fields: _Fields) -> str:
    index, source, value = fields.index, fields.source, fields.value
    (high,) = struct.unpack_from("<I", code.instructions, index * 8 + 12)
    name = next((r.map for r in code.relocations if r.at == index), None)
    if source == 1:
        return f"map[{name or value}]"
    if source == 2:
        return f"map[{name or value}] value + {high}"
    if source == 4:
        target = index + 1 + value
        return f"function {dict(code.functions).get(target, target)}"
    return f"{high << 32 | value & 0xFFFFFFFF:#x} ll"


def _arithmetic(fields: _Fields) -> str:
    opcode, to, offset, value = fields.opcode, fields.to, fields.offset, fields.value
    operation = opcode & 0xF0
    name = "w" if opcode & 7 == 4 else "r"
    right = f"{name}{fields.source}" if opcode & 8 else str(value)
    if operation == _MOV:
        return f"{name}{to} = (s{offset}){right}" if offset else f"{name}{to} = {right}"
    if operation == _NEG:
        return f"{name}{to} = -{name}{to}"
    if operation == _END:
        way = "bswap" if opcode & 7 == 7 else "be" if opcode & 8 else "le"
        return f"r{to} = {way}{value} r{to}"
    signed = "s" if offset == 1 else ""
    return f"{name}{to} {signed}{_ALU[Alu(operation)]} {right}"


def _control(code: Code, fields: _Fields, labels: dict[int, str]) -> str:
    opcode, to, value = fields.opcode, fields.to, fields.value
    operation = opcode & 0xF0
    if operation == _CALL:
        return f"call {_callee(code, fields)}"
    if operation == _EXIT:
        return "exit"
    if opcode == 0x06:
        return f"gotol {value:+d}"
    target = fields.index + 1 + fields.offset
    goto = f"goto {labels.get(target, target)}"
    if operation == _JA:
        return goto
    if operation == _MAY:
        return f"may_{goto}"
    name = "w" if opcode & 7 == 6 else "r"
    right = f"{name}{fields.source}" if opcode & 8 else str(value)
    return f"if {name}{to} {_JUMP[Jump(operation)]} {right} {goto}"


def _callee(code: Code, fields: _Fields) -> str:
    source, value = fields.source, fields.value
    if source == 1:
        target = fields.index + 1 + value
        return dict(code.functions).get(target, f"function at {target}")
    if source == 2:
        return f"kernel function {value}"
    try:
        return f"{Helper(value).name.lower()}#{value}"
    except ValueError:
        return f"helper#{value}"
