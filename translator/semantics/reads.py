"""Typed reads: a variable's location and a path of members become core expressions.

Knows C types and locations, not the script's syntax.  What cannot be read is an `Unreadable`
with its reason, never an exception.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from translator.base.value import dataclass
from translator.core import ir
from translator.core.types import Type
from translator.debuginfo import ctype, location
from translator.debuginfo.ctype import TypeSource
from translator.debuginfo.units import LinkAddress, TypeId

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No value, and why."""

    reason: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InMemory:
    """A C object at ``address``."""

    address: ir.Expr
    type: TypeId
    bits: ctype.BitField | None = None


@dataclass(frozen=True, slots=True)
class InHand:
    """A C value that has no address: its bits, zero- or sign-extended or with rubbish above."""

    bits: ir.Expr
    type: TypeId


Reading = InMemory | InHand


@dataclass(frozen=True, slots=True)
class Frame:
    """What reads are made against: whose memory, and how link addresses become run-time ones.

    ``bias`` is the run-time address of link address 0, or None where it cannot be known.
    """

    types: TypeSource
    space: ir.Space
    bias: ir.Expr | None
    place: ir.Place | None = None


def add(left: ir.Expr, amount: int) -> ir.Expr:
    """``left + amount``, folded."""
    if not amount:
        return left
    match left:
        case ir.Integer(value=value):
            return ir.Integer(_signed(value + amount))
        case ir.Binary(op=ir.Arithmetic.ADD, left=inner, right=ir.Integer(value=value)):
            return add(inner, value + amount)
        case _:
            return ir.Binary(ir.Arithmetic.ADD, left, ir.Integer(amount))


def _signed(value: int) -> int:
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


# --- locations -------------------------------------------------------------------------


def located(where: location.Location, type_id: TypeId, frame: Frame) -> Reading | Unreadable:
    """The object at a DWARF location."""
    match where:
        case location.InRegister(register=register):
            return InHand(ir.Register(register, frame.space), type_id)
        case location.InMemory(address=expression):
            address = _run(expression, frame)
            return address if isinstance(address, Unreadable) else InMemory(address, type_id)
        case location.Computed(value=expression):
            value = _run(expression, frame)
            return value if isinstance(value, Unreadable) else InHand(value, type_id)
        case location.Constant(value=number):
            return InHand(ir.Integer(_signed(number)), type_id)
        case location.ConstantBytes(data=data):
            if len(data) > 8:
                return Unreadable("its value is a constant wider than 64 bits")
            return InHand(ir.Integer(_signed(int.from_bytes(data, "little"))), type_id)
        case location.InPieces(pieces=pieces):
            return _pieces(pieces, type_id, frame)
        case location.PointerTo():
            return Unreadable("the pointer itself was optimised away")
        case location.OptimisedOut(reason=reason, readable=readable):
            ranges = ", ".join(f"{item.start:#x}–{item.end:#x}" for item in readable[:4])
            return Unreadable(f"{reason}{f'; readable at {ranges}' if ranges else ''}")
        case location.Refused(reason=reason):
            return Unreadable(reason)
        case _:
            assert_never(where)


def _pieces(
    pieces: tuple[location.Piece, ...], type_id: TypeId, frame: Frame
) -> Reading | Unreadable:
    total: ir.Expr = ir.Integer(0)
    at = 0
    for piece in pieces:
        if piece.where is None or at + piece.size > 8:
            return Unreadable("its value is spread over several places")
        part = located(piece.where, type_id, frame)
        if isinstance(part, Unreadable):
            return part
        bits = (
            ir.Load(part.address, piece.size, False, frame.space, frame.place)
            if isinstance(part, InMemory)
            else _narrowed(part.bits, piece.size, signed=False)
        )
        shifted = ir.Binary(ir.Arithmetic.SHIFT_LEFT, bits, ir.Integer(8 * at)) if at else bits
        total = shifted if at == 0 else ir.Binary(ir.Arithmetic.OR, total, shifted)
        at += piece.size
    return InHand(total, type_id)


_OPERATORS = {
    location.Operator.ADD: ir.Arithmetic.ADD,
    location.Operator.SUBTRACT: ir.Arithmetic.SUBTRACT,
    location.Operator.MULTIPLY: ir.Arithmetic.MULTIPLY,
    location.Operator.DIVIDE: ir.Arithmetic.DIVIDE,
    location.Operator.MODULO: ir.Arithmetic.MODULO,
    location.Operator.AND: ir.Arithmetic.AND,
    location.Operator.OR: ir.Arithmetic.OR,
    location.Operator.XOR: ir.Arithmetic.XOR,
    location.Operator.SHIFT_LEFT: ir.Arithmetic.SHIFT_LEFT,
    location.Operator.SHIFT_RIGHT_ARITHMETIC: ir.Arithmetic.SHIFT_RIGHT,
}
_COMPARISONS = {
    location.Operator.EQUAL: ir.Comparison.EQUAL,
    location.Operator.NOT_EQUAL: ir.Comparison.NOT_EQUAL,
    location.Operator.LESS: ir.Comparison.LESS,
    location.Operator.LESS_EQUAL: ir.Comparison.LESS_EQUAL,
    location.Operator.GREATER: ir.Comparison.GREATER,
    location.Operator.GREATER_EQUAL: ir.Comparison.GREATER_EQUAL,
}


def _run(expression: location.Expression, frame: Frame) -> ir.Expr | Unreadable:
    """The top of the stack after the expression, as core."""
    stack: list[ir.Expr] = []
    for operation in expression:
        match operation:
            case location.PushConstant(value=value):
                stack.append(ir.Integer(_signed(value)))
            case location.PushAddress(address=address):
                if frame.bias is None:
                    return Unreadable("the address where the program is loaded is unknown here")
                stack.append(add(frame.bias, address))
            case location.PushRegister(register=register, offset=offset):
                stack.append(add(ir.Register(register, frame.space), offset))
            case location.Deref(size=size):
                stack.append(ir.Load(stack.pop(), size, False, frame.space, frame.place))
            case location.Arithmetic(operator=operator):
                right, left = stack.pop(), stack.pop()
                made = _operation(operator, left, right, frame)
                if isinstance(made, Unreadable):
                    return made
                stack.append(made)
            case location.Unary(operator=operator):
                operand = stack.pop()
                match operator:
                    case location.UnaryOperator.NEGATE:
                        stack.append(ir.Unary(ir.UnaryOp.NEGATE, operand))
                    case location.UnaryOperator.COMPLEMENT:
                        stack.append(ir.Unary(ir.UnaryOp.INVERT, operand))
                    case location.UnaryOperator.ABSOLUTE:
                        negative = ir.Compare(ir.Comparison.LESS, operand, ir.Integer(0))
                        minus = ir.Unary(ir.UnaryOp.NEGATE, operand)
                        stack.append(ir.Choose(negative, minus, operand))
            case location.Pick(depth=depth):
                stack.append(stack[-1 - depth])
            case location.Drop():
                stack.pop()
            case location.Swap():
                stack[-1], stack[-2] = stack[-2], stack[-1]
            case location.Rotate():
                stack[-3:] = [stack[-1], stack[-3], stack[-2]]
            case location.PushEntryRegister():
                return Unreadable("it is only known from the function's entry (DW_OP_entry_value)")
            case location.PushThreadLocal():
                return Unreadable("thread-local variables are not read yet")
            case location.Skip() | location.SkipIf():
                return Unreadable("its location depends on a condition")
            case _:
                assert_never(operation)
    assert stack, expression
    return stack[-1]


def _operation(
    operator: location.Operator, left: ir.Expr, right: ir.Expr, frame: Frame
) -> ir.Expr | Unreadable:
    if operator is location.Operator.ADD and isinstance(right, ir.Integer):
        return add(left, right.value)
    comparison = _COMPARISONS.get(operator)
    if comparison is not None:
        return ir.Compare(comparison, left, right)
    if operator is location.Operator.SHIFT_RIGHT:
        if not isinstance(right, ir.Integer):
            return Unreadable("its location shifts by a variable amount")
        amount = right.value & 63
        if not amount:
            return left
        shifted = ir.Binary(ir.Arithmetic.SHIFT_RIGHT, left, right, frame.place)
        return ir.Binary(ir.Arithmetic.AND, shifted, ir.Integer((1 << (64 - amount)) - 1))
    return ir.Binary(_OPERATORS[operator], left, right, frame.place)


# --- steps -----------------------------------------------------------------------------


def member(reading: Reading, name: str, frame: Frame) -> Reading | Unreadable:
    """``reading->name`` or ``reading.name``."""
    found = ctype.stripped(frame.types, reading.type)
    record_type = reading.type
    if isinstance(found, ctype.Pointer):
        address = scalar(reading, frame)
        if isinstance(address, Unreadable):
            return address
        record_type = found.target
        reading = InMemory(address, record_type)
        found = ctype.stripped(frame.types, record_type)
    if not isinstance(found, ctype.Record):
        return Unreadable(f"'{ctype.c_name(frame.types, record_type)}' has no members")
    if not found.complete:
        return Unreadable(
            f"'{ctype.c_name(frame.types, record_type)}' is only declared, nowhere defined"
        )
    wanted = ctype.find_member(frame.types, record_type, name)
    if wanted is None:
        names = tuple(item.name for item in ctype.members(frame.types, record_type))
        return Unreadable(
            f"'{ctype.c_name(frame.types, record_type)}' has no member '{name}'", names
        )
    if isinstance(reading, InHand):
        return _member_in_hand(reading, wanted)
    return InMemory(add(reading.address, wanted.offset), wanted.type, wanted.bits)


def _member_in_hand(reading: InHand, wanted: ctype.Member) -> Reading | Unreadable:
    """A member of a small record that is in a register."""
    if wanted.bits is not None or wanted.offset >= 8:
        return Unreadable("this member of a record held in registers cannot be read")
    amount = ir.Integer(8 * wanted.offset)
    bits = ir.Binary(ir.Arithmetic.SHIFT_RIGHT, reading.bits, amount) if wanted.offset else None
    return InHand(bits or reading.bits, wanted.type)


def element(reading: Reading, index: ir.Expr, frame: Frame) -> Reading | Unreadable:
    """``reading[index]``."""
    found = ctype.stripped(frame.types, reading.type)
    match found:
        case ctype.Pointer(target=inner):
            start = scalar(reading, frame)
        case ctype.Array(element=inner):
            if not isinstance(reading, InMemory):
                return Unreadable("an array in registers cannot be indexed")
            start = reading.address
        case _:
            return Unreadable(f"'{ctype.c_name(frame.types, reading.type)}' cannot be indexed")
    if isinstance(start, Unreadable):
        return start
    return element_at(start, inner, index, frame)


def element_at(
    start: ir.Expr, inner: TypeId, index: ir.Expr, frame: Frame
) -> InMemory | Unreadable:
    """Object number ``index`` of those that stand in a row from ``start`` on."""
    width = ctype.size_of(frame.types, inner)
    if width is None:
        return Unreadable(f"the size of '{ctype.c_name(frame.types, inner)}' is unknown")
    if isinstance(index, ir.Integer):
        return InMemory(add(start, index.value * width), inner)
    offset = ir.Binary(ir.Arithmetic.MULTIPLY, index, ir.Integer(width)) if width > 1 else index
    return InMemory(ir.Binary(ir.Arithmetic.ADD, start, offset), inner)


def address_of(reading: Reading) -> ir.Expr | Unreadable:
    if isinstance(reading, InHand):
        return Unreadable("it is in a register and has no address")
    if reading.bits is not None:
        return Unreadable("a bit field has no address")
    return reading.address


# --- values ----------------------------------------------------------------------------


def scalar(reading: Reading, frame: Frame) -> ir.Expr | Unreadable:
    """The value as a script number; an array is its address."""
    found = ctype.stripped(frame.types, reading.type)
    match found:
        case ctype.Integer(size=size, signed=signed) | ctype.Enumeration(size=size, signed=signed):
            return _number(reading, size, signed, frame)
        case ctype.Pointer(size=size):
            return _number(reading, size, False, frame)
        case ctype.Float(size=size) | ctype.Opaque(size=size) if size in (1, 2, 4, 8):
            return _number(reading, size, False, frame)
        case ctype.Array():
            return address_of(reading)
        case _:
            name = ctype.c_name(frame.types, reading.type)
            return Unreadable(f"'{name}' is not a number: name a member, or print it with '$'")


def _number(reading: Reading, size: int, signed: bool, frame: Frame) -> ir.Expr | Unreadable:
    if size > 8:
        return Unreadable("it is wider than 64 bits")
    if isinstance(reading, InHand):
        return _narrowed(reading.bits, size, signed=signed)
    if reading.bits is None:
        return ir.Load(reading.address, size, signed and size < 8, frame.space, frame.place)
    bits = reading.bits
    whole = ir.Load(reading.address, bits.load_size, False, frame.space, frame.place)
    left = 64 - bits.shift - bits.width
    if signed:
        raised = ir.Binary(ir.Arithmetic.SHIFT_LEFT, whole, ir.Integer(left)) if left else whole
        return ir.Binary(ir.Arithmetic.SHIFT_RIGHT, raised, ir.Integer(64 - bits.width))
    lowered = (
        ir.Binary(ir.Arithmetic.SHIFT_RIGHT, whole, ir.Integer(bits.shift)) if bits.shift else whole
    )
    return ir.Binary(ir.Arithmetic.AND, lowered, ir.Integer((1 << bits.width) - 1))


def _narrowed(value: ir.Expr, size: int, *, signed: bool) -> ir.Expr:
    """The low ``size`` bytes, extended."""
    if size >= 8:
        return value
    width = 8 * size
    if isinstance(value, ir.Integer):
        low = value.value & ((1 << width) - 1)
        return ir.Integer(low - (1 << width) if signed and low >> (width - 1) else low)
    if not signed:
        return ir.Binary(ir.Arithmetic.AND, value, ir.Integer((1 << width) - 1))
    amount = ir.Integer(64 - width)
    raised = ir.Binary(ir.Arithmetic.SHIFT_LEFT, value, amount)
    return ir.Binary(ir.Arithmetic.SHIFT_RIGHT, raised, amount)


def string_at(address: ir.Expr, frame: Frame, limit: int) -> ir.Expr:
    """The C string at ``address``, at most ``limit`` bytes (below 0: as a string holds)."""
    name = "__user_string" if frame.space is ir.Space.USER else "__kernel_string"
    return ir.Ask(
        name,
        (address, ir.Integer(limit)),
        Type.STRING,
        ir.Purity.CONTEXT,
        frame.place,
    )


def link_bias(here: LinkAddress, space: ir.Space, pc: int) -> ir.Expr:
    """The run-time address of link address 0, at a probe on ``here``; ``pc`` is DWARF's number."""
    return add(ir.Register(pc, space), -here)


def at_place(frame: Frame, place: ir.Place) -> Frame:
    return replace(frame, place=place)
