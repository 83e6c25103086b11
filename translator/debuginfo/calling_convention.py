"""Where arguments are when a function is entered and its result when it has returned.

System V ABI for x86-64, 3.2.3.  Serves where no DWARF says it: results, and the kernel's
functions known by their prototypes only.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from translator.debuginfo import ctype as ct
from translator.debuginfo import location as loc
from translator.debuginfo.units import VOID, RegisterNumber, TypeId

RAX, RDX, RSP, XMM0, XMM1 = (RegisterNumber(number) for number in (0, 1, 7, 17, 18))
INTEGER_ARGUMENTS = tuple(RegisterNumber(number) for number in (5, 4, 1, 2, 8, 9))
_VECTOR_ARGUMENTS = tuple(RegisterNumber(17 + number) for number in range(8))
_LARGEST_IN_REGISTERS = 16


class _Class(Enum):
    """The ABI's classes of eight bytes, as far as we follow them."""

    INTEGER = "integer"
    VECTOR = "vector"
    MEMORY = "memory"


def return_location(source: ct.TypeSource, type_id: TypeId) -> loc.Location:
    """At the instruction after the call.  A `Refused` says why there is nothing to read."""
    if type_id == VOID:
        return loc.Refused("the function returns nothing")
    found = ct.stripped(source, type_id)
    match found:
        case ct.Integer(size=size) if size <= 8:
            return loc.InRegister(RAX)
        case ct.Pointer() | ct.Enumeration():
            return loc.InRegister(RAX)
        case ct.Float(size=size, parts=1) if size <= 8:
            return loc.InRegister(XMM0)
        case ct.Float(size=16, parts=1):
            return loc.Refused("the function returns its value in the x87 register st0")
        case ct.Record() | ct.Integer() | ct.Float():
            return _aggregate(source, type_id)
        case ct.Void():
            return loc.Refused("the function returns nothing")
        case ct.Array() | ct.FunctionType() | ct.Typedef() | ct.Qualified() | ct.Opaque():
            return loc.Refused(f"no rule for returning `{ct.c_name(source, type_id)}`")
        case _:
            assert_never(found)


def argument_locations(
    source: ct.TypeSource, types: tuple[TypeId, ...], result: TypeId
) -> tuple[loc.Location, ...]:
    """Of arguments of those types, at the function's first instruction."""
    integers, vectors = list(INTEGER_ARGUMENTS), list(_VECTOR_ARGUMENTS)
    if result != VOID and isinstance(return_location(source, result), loc.InMemory):
        integers.pop(0)  # the address of the result's place
    above = 8  # bytes from the stack pointer: the return address comes first
    found: list[loc.Location] = []
    for type_id in types:
        classes = _classes(source, type_id)
        wanted = [vectors if each is _Class.VECTOR else integers for each in classes]
        if classes and all(wanted.count(each) <= len(each) for each in (integers, vectors)):
            registers = [each.pop(0) for each in wanted]
            found.append(_in_registers(registers, ct.size_of(source, type_id) or 8))
            continue
        size = ct.size_of(source, type_id) or 8
        if _alignment(source, type_id, 0) > 8:
            above = (above - 8 + 15) // 16 * 16 + 8
        found.append(loc.InMemory((loc.PushRegister(RSP, above),)))
        above += (size + 7) // 8 * 8
    return tuple(found)


def _alignment(source: ct.TypeSource, type_id: TypeId, depth: int) -> int:
    """16 for what holds a sixteen-byte number, else 8: the stack knows no less."""
    found = ct.stripped(source, type_id)
    match found:
        case ct.Integer(size=size) | ct.Float(size=size, parts=1):
            return 16 if size == 16 else 8
        case ct.Record(members=members) if depth < 16:
            return max((_alignment(source, each.type, depth + 1) for each in members), default=8)
        case ct.Array(element=element) if depth < 16:
            return _alignment(source, element, depth + 1)
        case _:
            return 8


def _classes(source: ct.TypeSource, type_id: TypeId) -> list[_Class]:
    """Of each eight bytes of a value; empty if it is passed in memory."""
    size = ct.size_of(source, type_id) or 0
    if not 0 < size <= _LARGEST_IN_REGISTERS:
        return []
    classes: list[_Class | None] = [None] * ((size + 7) // 8)
    _classify(source, type_id, 0, classes, 0)
    return [] if _Class.MEMORY in classes else [each or _Class.INTEGER for each in classes]


def _in_registers(registers: list[RegisterNumber], size: int) -> loc.Location:
    if len(registers) == 1:
        return loc.InRegister(registers[0])
    return loc.InPieces(
        tuple(
            loc.Piece(min(8, size - 8 * index), loc.InRegister(register))
            for index, register in enumerate(registers)
        )
    )


def _aggregate(source: ct.TypeSource, type_id: TypeId) -> loc.Location:
    classes = _classes(source, type_id)
    if not classes:
        return loc.InMemory((loc.PushRegister(RAX),))
    integers, vectors = [RAX, RDX], [XMM0, XMM1]
    registers = [(vectors if each is _Class.VECTOR else integers).pop(0) for each in classes]
    return _in_registers(registers, ct.size_of(source, type_id) or 0)


def _classify(
    source: ct.TypeSource, type_id: TypeId, offset: int, classes: list[_Class | None], depth: int
) -> None:
    """Merge the class of each field into the eight bytes that it lies in."""
    found = ct.stripped(source, type_id)
    match found:
        case ct.Record(members=members, complete=complete):
            if not complete or depth > 16:
                classes[:] = [_Class.MEMORY] * len(classes)
            for member in members:
                _classify(source, member.type, offset + member.offset, classes, depth + 1)
        case ct.Array(element=element, count=count):
            size = ct.size_of(source, element) or 0
            for index in range(min(count or 0, 16)):
                _classify(source, element, offset + index * size, classes, depth + 1)
        case ct.Float(size=size, parts=parts):
            each = size // parts
            kind = _Class.VECTOR if each <= 8 else _Class.MEMORY
            for index in range(parts):
                _merge(classes, (offset + index * each) // 8, kind)
        case ct.Integer(size=size) | ct.Pointer(size=size) | ct.Enumeration(size=size):
            for index in range(offset // 8, (offset + max(size, 1) - 1) // 8 + 1):
                _merge(classes, index, _Class.INTEGER)
        case ct.Void() | ct.FunctionType() | ct.Typedef() | ct.Qualified() | ct.Opaque():
            _merge(classes, offset // 8, _Class.MEMORY)
        case _:
            assert_never(found)


def _merge(classes: list[_Class | None], index: int, kind: _Class) -> None:
    if index >= len(classes):
        return
    was = classes[index]
    if was is _Class.MEMORY or kind is _Class.MEMORY:
        classes[index] = _Class.MEMORY
    elif was is _Class.INTEGER or kind is _Class.INTEGER:
        classes[index] = _Class.INTEGER
    else:
        classes[index] = kind
