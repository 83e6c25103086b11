"""Where a function's result is when it has returned (System V ABI for x86-64, 3.2.3)."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from translator.debuginfo import ctype as ct
from translator.debuginfo import location as loc
from translator.debuginfo.units import VOID, RegisterNumber, TypeId

RAX, RDX, XMM0, XMM1 = (RegisterNumber(number) for number in (0, 1, 17, 18))
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
        case ct.Record(size=size) | ct.Integer(size=size) | ct.Float(size=size):
            return _aggregate(source, type_id, size)
        case ct.Void():
            return loc.Refused("the function returns nothing")
        case ct.Array() | ct.FunctionType() | ct.Typedef() | ct.Qualified() | ct.Opaque():
            return loc.Refused(f"no rule for returning `{ct.c_name(source, type_id)}`")
        case _:
            assert_never(found)


def _aggregate(source: ct.TypeSource, type_id: TypeId, size: int) -> loc.Location:
    in_memory = loc.InMemory((loc.PushRegister(RAX),))
    if size > _LARGEST_IN_REGISTERS:
        return in_memory
    classes: list[_Class | None] = [None] * ((size + 7) // 8)
    _classify(source, type_id, 0, classes, 0)
    if _Class.MEMORY in classes or not classes:
        return in_memory
    integers, vectors = [RAX, RDX], [XMM0, XMM1]
    pieces = []
    for index, each in enumerate(classes):
        registers = vectors if each is _Class.VECTOR else integers
        pieces.append(loc.Piece(min(8, size - 8 * index), loc.InRegister(registers.pop(0))))
    return loc.InPieces(tuple(pieces)) if len(pieces) > 1 else loc.InRegister(_only(pieces))


def _only(pieces: list[loc.Piece]) -> RegisterNumber:
    where = pieces[0].where
    assert isinstance(where, loc.InRegister), where
    return where.register


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
