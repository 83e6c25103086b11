"""Types as a debugged program has them, and what one asks of them.

A type refers to others by `TypeId`, resolved through the `TypeSource` it came from (DWARF or
BTF), so that recursive types and big records cost only what is looked at.  Reading memory is
not its business: it gives offsets and widths, elaboration makes loads of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Protocol, TypeAlias, assert_never

from translator.base.value import dataclass
from translator.debuginfo.units import VOID, TypeId


class Encoding(Enum):
    """How an integer is meant to be shown."""

    NUMBER = "number"
    CHARACTER = "character"
    BOOLEAN = "boolean"


class Indirection(Enum):
    POINTER = "*"
    REFERENCE = "&"
    RVALUE_REFERENCE = "&&"


class RecordKind(Enum):
    STRUCT = "struct"
    UNION = "union"
    CLASS = "class"


class Qualifier(Enum):
    CONST = "const"
    VOLATILE = "volatile"
    RESTRICT = "restrict"
    ATOMIC = "_Atomic"


@dataclass(frozen=True, slots=True)
class Void:
    pass


@dataclass(frozen=True, slots=True)
class Integer:
    name: str
    size: int  # bytes
    signed: bool
    encoding: Encoding = Encoding.NUMBER


@dataclass(frozen=True, slots=True)
class Float:
    """A binary float; ``parts`` is 2 for a complex number, whose ``size`` covers both."""

    name: str
    size: int
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Pointer:
    target: TypeId
    size: int = 8
    indirection: Indirection = Indirection.POINTER


@dataclass(frozen=True, slots=True)
class Array:
    """``count`` None: unknown or set at run time.  Further dimensions are arrays as elements."""

    element: TypeId
    count: int | None


@dataclass(frozen=True, slots=True)
class BitField:
    """Load ``load_size`` bytes at the member's offset, shift right by ``shift``, keep ``width``."""

    shift: int
    width: int
    load_size: int


@dataclass(frozen=True, slots=True)
class Member:
    """``offset`` in bytes from the record's start; ``name`` "" for an anonymous member."""

    name: str
    type: TypeId
    offset: int
    bits: BitField | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A struct, union or class.

    ``complete`` is False where no definition was found for a declaration.
    """

    kind: RecordKind
    tag: str  # "" if it has none
    size: int
    members: tuple[Member, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Enumerator:
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Enumeration:
    tag: str
    size: int
    signed: bool
    enumerators: tuple[Enumerator, ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    result: TypeId
    parameters: tuple[TypeId, ...]
    variadic: bool = False
    prototyped: bool = True


@dataclass(frozen=True, slots=True)
class Typedef:
    name: str
    target: TypeId


@dataclass(frozen=True, slots=True)
class Qualified:
    qualifier: Qualifier
    target: TypeId


@dataclass(frozen=True, slots=True)
class Opaque:
    """A type that we know by name only (`nullptr_t`, a language's own)."""

    name: str
    size: int = 0


CType: TypeAlias = (
    Void
    | Integer
    | Float
    | Pointer
    | Array
    | Record
    | Enumeration
    | FunctionType
    | Typedef
    | Qualified
    | Opaque
)


class TypeKind(Enum):
    """What a name names: C keeps tags of each kind and ordinary names apart."""

    STRUCT = "struct"
    UNION = "union"
    ENUM = "enum"
    TYPEDEF = "typedef"
    BASE = "base"


class TypeSource(Protocol):
    """Where type ids have their meaning."""

    def type(self, type_id: TypeId) -> CType:
        """The type; declarations completed by name where a definition exists."""

    def find_type(self, kind: TypeKind, name: str) -> TypeId | None:
        """The definition of a named type, or None."""

    def enumerator(self, name: str) -> int | None:
        """The value of an enumerator of any enumeration, or None."""


_NESTING = 64  # deeper than any real type; ends loops in hostile input


def stripped(source: TypeSource, type_id: TypeId) -> CType:
    """The type behind typedefs and qualifiers."""
    for _ in range(_NESTING):
        found = source.type(type_id)
        if not isinstance(found, Typedef | Qualified):
            return found
        type_id = found.target
    return Opaque("<type too deep>")


def size_of(source: TypeSource, type_id: TypeId) -> int | None:
    """Bytes that a value takes; None where it is unknown or has none."""
    count = 1
    for _ in range(_NESTING):
        found = stripped(source, type_id)
        match found:
            case Array(element=element, count=dimension):
                if dimension is None:
                    return None
                count *= dimension
                type_id = element
            case Record(complete=False) | Void() | FunctionType():
                return None
            case Integer() | Float() | Pointer() | Record() | Enumeration() | Opaque():
                return found.size * count
            case Typedef() | Qualified():
                return None
            case _:
                assert_never(found)
    return None


def members(source: TypeSource, type_id: TypeId) -> tuple[Member, ...]:
    """Named members of a record, or of the record a pointer points at.

    Those of anonymous members are given in their place, offsets from the outer record.
    Empty for a type without members.
    """
    found = stripped(source, type_id)
    if isinstance(found, Pointer):
        found = stripped(source, found.target)
    return tuple(_flattened(source, found, 0, 0)) if isinstance(found, Record) else ()


def _flattened(source: TypeSource, record: Record, base: int, depth: int) -> Iterator[Member]:
    for member in record.members:
        if member.name:
            yield Member(member.name, member.type, base + member.offset, member.bits)
        elif depth < _NESTING and member.bits is None:
            inner = stripped(source, member.type)
            if isinstance(inner, Record):
                yield from _flattened(source, inner, base + member.offset, depth + 1)


def bit_field(position: int, width: int, storage: int) -> tuple[int, BitField]:
    """Byte offset and extraction of the bits at ``position`` (from the record's start, low first).

    Loads the declared type's aligned storage where the field lies in it, else just its bytes.
    """
    start = position // 8 // storage * storage if storage else position // 8
    if position + width > 8 * (start + storage):
        start = position // 8
        storage = (position + width + 7) // 8 - start
    return start, BitField(position - 8 * start, width, storage)


def find_member(source: TypeSource, type_id: TypeId, name: str) -> Member | None:
    """The member of that name, looked up as `members` lists them."""
    return next((each for each in members(source, type_id) if each.name == name), None)


@dataclass(frozen=True, slots=True)
class MemberStep:
    """``->name`` or ``.name``."""

    name: str


@dataclass(frozen=True, slots=True)
class IndexStep:
    """``[index]`` with a constant index."""

    index: int


Step: TypeAlias = MemberStep | IndexStep


@dataclass(frozen=True, slots=True)
class Hop:
    """Follow the pointer held at the place so far (unless first), then add ``offset``."""

    offset: int


@dataclass(frozen=True, slots=True)
class MemberPath:
    """Where a path of members ends.

    The first hop's offset is from the value's own address; every further hop first loads the
    8-byte pointer found there.  ``bits`` is set when the last step is a bit field.
    """

    hops: tuple[Hop, ...]
    type: TypeId
    bits: BitField | None = None


@dataclass(frozen=True, slots=True)
class PathError:
    """Step number ``step`` cannot be taken; ``alternatives`` are the names that could."""

    step: int
    message: str
    alternatives: tuple[str, ...] = ()


def resolve_path(
    source: TypeSource, type_id: TypeId, steps: tuple[Step, ...]
) -> MemberPath | PathError:
    """Offsets of ``steps`` taken from a value of type ``type_id``.

    As in SystemTap, ``->`` serves for ``.`` too, and a pointer may be indexed.
    """
    hops = [0]
    bits: BitField | None = None
    for number, step in enumerate(steps):
        if bits is not None:
            return PathError(number, "a bit field has no members")
        found = stripped(source, type_id)
        match step:
            case MemberStep(name=name):
                if isinstance(found, Pointer):
                    hops.append(0)
                    type_id = found.target
                    found = stripped(source, type_id)
                if not isinstance(found, Record):
                    return PathError(number, f"`{c_name(source, type_id)}` has no members")
                if not found.complete:
                    return PathError(
                        number, f"`{c_name(source, type_id)}` is only declared, nowhere defined"
                    )
                all_members = members(source, type_id)
                member = next((each for each in all_members if each.name == name), None)
                if member is None:
                    return PathError(
                        number,
                        f"`{c_name(source, type_id)}` has no member `{name}`",
                        tuple(each.name for each in all_members),
                    )
                hops[-1] += member.offset
                type_id, bits = member.type, member.bits
            case IndexStep(index=index):
                if isinstance(found, Pointer):
                    hops.append(0)
                    type_id = found.target
                elif isinstance(found, Array):
                    type_id = found.element
                else:
                    return PathError(number, f"`{c_name(source, type_id)}` cannot be indexed")
                width = size_of(source, type_id)
                if width is None:
                    return PathError(number, f"the size of `{c_name(source, type_id)}` is unknown")
                hops[-1] += index * width
            case _:
                assert_never(step)
    return MemberPath(tuple(Hop(offset) for offset in hops), type_id, bits)


def c_name(source: TypeSource, type_id: TypeId) -> str:
    """The type as SystemTap lists it: ``struct point*``, ``char const*``, ``int (*) (int)``."""
    return _spelled(source, type_id, _NESTING)


def _spelled(source: TypeSource, type_id: TypeId, depth: int) -> str:
    if depth == 0:
        return "..."
    if type_id == VOID:
        return "void"
    found = source.type(type_id)
    match found:
        case Void():
            return "void"
        case Integer(name=name) | Float(name=name) | Typedef(name=name) | Opaque(name=name):
            return name
        case Record(kind=kind, tag=tag):
            return f"{kind.value} {tag or '{...}'}"
        case Enumeration(tag=tag):
            return f"enum {tag or '{...}'}"
        case Pointer(target=target, indirection=indirection):
            return _derived(source, target, indirection.value, depth)
        case Array(element=element):
            return _derived(source, element, "[]", depth)
        case Qualified(qualifier=qualifier, target=target):
            return f"{_spelled(source, target, depth - 1)} {qualifier.value}"
        case FunctionType():
            return _function_name(source, found, "", depth)
        case _:
            assert_never(found)


def _derived(source: TypeSource, target: TypeId, mark: str, depth: int) -> str:
    """``target`` followed by pointer and array marks; inside out around a function type."""
    marks = mark
    for _ in range(depth):
        found = source.type(target) if target != VOID else Void()
        match found:
            case Pointer(target=inner, indirection=indirection):
                marks, target = indirection.value + marks, inner
            case Array(element=inner):
                # SystemTap shows one pair of brackets, whatever the dimensions.
                marks = marks if marks.startswith("[]") else "[]" + marks
                target = inner
            case FunctionType():
                return _function_name(source, found, f"({marks})", depth)
            case _:
                break
    return _spelled(source, target, depth - 1) + marks


def _function_name(source: TypeSource, function: FunctionType, marks: str, depth: int) -> str:
    parameters = [_spelled(source, each, depth - 1) for each in function.parameters]
    if function.variadic:
        parameters.append("...")
    if not parameters and function.prototyped:
        parameters.append("void")
    result = _spelled(source, function.result, depth - 1)
    return f"{result} {marks}{' ' if marks else ''}({', '.join(parameters)})"
