"""Type DIEs to `CType` values."""

from __future__ import annotations

from translator.debuginfo import ctype as ct
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import uleb
from translator.debuginfo.dwarf.unit import Die
from translator.debuginfo.units import VOID, TypeId

_MINUS_ONE = frozenset((-1, (1 << 32) - 1, (1 << 64) - 1))

# A dimension of an array beyond the first is an id of its own: the DIE's offset and its number.
DIMENSION_SHIFT = 48

_INDIRECTIONS = {
    dw.TAG_POINTER: ct.Indirection.POINTER,
    dw.TAG_REFERENCE: ct.Indirection.REFERENCE,
    dw.TAG_RVALUE_REFERENCE: ct.Indirection.RVALUE_REFERENCE,
}
RECORDS = {
    dw.TAG_STRUCTURE: ct.RecordKind.STRUCT,
    dw.TAG_CLASS: ct.RecordKind.CLASS,
    dw.TAG_INTERFACE: ct.RecordKind.CLASS,
    dw.TAG_UNION: ct.RecordKind.UNION,
}
_QUALIFIERS = {
    dw.TAG_CONST: ct.Qualifier.CONST,
    dw.TAG_VOLATILE: ct.Qualifier.VOLATILE,
    dw.TAG_RESTRICT: ct.Qualifier.RESTRICT,
    dw.TAG_ATOMIC: ct.Qualifier.ATOMIC,
}
_FLOATS = {dw.ATE_FLOAT: 1, dw.ATE_COMPLEX_FLOAT: 2, dw.ATE_IMAGINARY_FLOAT: 1}
_SIGNED = frozenset((dw.ATE_SIGNED, dw.ATE_SIGNED_CHAR))
_CHARACTERS = frozenset((dw.ATE_SIGNED_CHAR, dw.ATE_UNSIGNED_CHAR, dw.ATE_UTF))


def type_of(die: Die) -> TypeId:
    """What the DIE's DW_AT_type refers to; `VOID` if it has none."""
    target = die.reference(dw.AT_TYPE)
    return VOID if target is None else TypeId(target)


def read_type(die: Die, dimension: int = 0) -> ct.CType:
    """The type that a DIE describes; a declaration is an incomplete record."""
    tag = die.tag
    if tag == dw.TAG_BASE_TYPE:
        return _base_type(die)
    if tag in _INDIRECTIONS:
        size = die.number(dw.AT_BYTE_SIZE) or die.unit.address_size
        return ct.Pointer(type_of(die), size, _INDIRECTIONS[tag])
    if tag in _QUALIFIERS:
        return ct.Qualified(_QUALIFIERS[tag], type_of(die))
    if tag == dw.TAG_TYPEDEF:
        return ct.Typedef(die.text(dw.AT_NAME) or "", type_of(die))
    if tag in RECORDS:
        return _record(die)
    if tag == dw.TAG_ARRAY:
        return _array(die, dimension)
    if tag == dw.TAG_ENUMERATION:
        return _enumeration(die)
    if tag == dw.TAG_SUBROUTINE_TYPE:
        return _function(die)
    return ct.Opaque(die.text(dw.AT_NAME) or "<unknown type>", die.number(dw.AT_BYTE_SIZE) or 0)


def _base_type(die: Die) -> ct.CType:
    name = die.text(dw.AT_NAME) or ""
    size = die.number(dw.AT_BYTE_SIZE) or 0
    encoding = die.number(dw.AT_ENCODING)
    if encoding in _FLOATS:
        return ct.Float(name, size, _FLOATS[encoding])
    if encoding == dw.ATE_BOOLEAN:
        return ct.Integer(name, size, False, ct.Encoding.BOOLEAN)
    shown = ct.Encoding.CHARACTER if encoding in _CHARACTERS else ct.Encoding.NUMBER
    return ct.Integer(name, size, encoding in _SIGNED, shown)


def _record(die: Die) -> ct.Record:
    name = die.text(dw.AT_NAME) or ""
    kind = RECORDS[die.tag]
    if die.has(dw.AT_DECLARATION):
        return ct.Record(kind, name, 0, (), complete=False)
    members = tuple(
        _member(child)
        for child in die.children()
        if child.tag in (dw.TAG_MEMBER, dw.TAG_INHERITANCE)
        and not child.has(dw.AT_EXTERNAL)
        and not child.has(dw.AT_DECLARATION)
    )
    return ct.Record(kind, name, die.number(dw.AT_BYTE_SIZE) or 0, members)


def _member(die: Die) -> ct.Member:
    # A base class is looked through like an anonymous member.
    name = "" if die.tag == dw.TAG_INHERITANCE else die.text(dw.AT_NAME) or ""
    offset = _member_offset(die)
    width = die.number(dw.AT_BIT_SIZE)
    if width is None:
        return ct.Member(name, type_of(die), offset)
    storage = die.number(dw.AT_BYTE_SIZE) or _storage_size(die)
    position = die.number(dw.AT_DATA_BIT_OFFSET)
    if position is None:  # DWARF 3: counted from the storage's most significant bit
        from_top = die.number(dw.AT_BIT_OFFSET) or 0
        if from_top >= 1 << 63:  # a field that straddles its storage (packed): negative
            from_top -= 1 << 64
        position = 8 * offset + 8 * storage - from_top - width
    else:
        position += 8 * offset
    start, bits = ct.bit_field(position, width, storage)
    return ct.Member(name, type_of(die), start, bits)


def _storage_size(die: Die) -> int:
    """Size of a bit field's declared type."""
    for _ in range(16):
        target = die.reference(dw.AT_TYPE)
        if target is None:
            return 0
        die = die.unit.referred(target)
        size = die.number(dw.AT_BYTE_SIZE)
        if size is not None:
            return size
    return 0


def _member_offset(die: Die) -> int:
    found = die.value(dw.AT_DATA_MEMBER_LOCATION)
    if isinstance(found, bytes):  # DWARF 2: an expression, in practice plus_uconst
        return uleb(found, 1)[0] if found[:1] == b"\x23" else 0
    return found if isinstance(found, int) else 0


def _array(die: Die, dimension: int) -> ct.Array:
    counts = [_count(child) for child in die.children() if child.tag == dw.TAG_SUBRANGE]
    count = counts[dimension] if dimension < len(counts) else None
    if dimension + 1 < len(counts):
        return ct.Array(TypeId(die.offset | (dimension + 1) << DIMENSION_SHIFT), count)
    return ct.Array(type_of(die), count)


def _count(die: Die) -> int | None:
    for attribute, extra in ((dw.AT_COUNT, 0), (dw.AT_UPPER_BOUND, 1)):
        bound = die.number(attribute)
        if bound is not None and die.reference(attribute) is None:
            # An empty array's bound is -1, written in the form's full width.
            return 0 if bound in _MINUS_ONE else max(bound + extra, 0)
    return None


def _enumeration(die: Die) -> ct.Enumeration:
    enumerators = tuple(
        ct.Enumerator(child.text(dw.AT_NAME) or "", child.number(dw.AT_CONST_VALUE) or 0)
        for child in die.children()
        if child.tag == dw.TAG_ENUMERATOR
    )
    signed = any(each.value < 0 for each in enumerators)
    size = die.number(dw.AT_BYTE_SIZE) or 4
    if not signed and die.has(dw.AT_ENCODING):
        signed = die.number(dw.AT_ENCODING) in _SIGNED
    return ct.Enumeration(die.text(dw.AT_NAME) or "", size, signed, enumerators)


def _function(die: Die) -> ct.FunctionType:
    parameters = []
    variadic = False
    for child in die.children():
        if child.tag == dw.TAG_FORMAL_PARAMETER:
            parameters.append(type_of(child))
        elif child.tag == dw.TAG_UNSPECIFIED_PARAMETERS:
            variadic = True
    return ct.FunctionType(type_of(die), tuple(parameters), variadic, die.has(dw.AT_PROTOTYPED))
