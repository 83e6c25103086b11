"""DWARF location expressions to our own operations, the frame resolved on the way (DWARF 5, 2.5).

Backward branches, typed conversions, calls between DIEs and bit pieces are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from translator.debuginfo import location as loc
from translator.debuginfo.dwarf.forms import Malformed, signed, sleb, uleb, unsigned
from translator.debuginfo.dwarf.unit import Unit
from translator.debuginfo.units import LinkAddress, RegisterNumber

_CONSTANTS = {
    **{0x08 + 2 * power: (1 << power, unsigned) for power in range(4)},
    **{0x09 + 2 * power: (1 << power, signed) for power in range(4)},
}
_BINARY = {
    0x1A: loc.Operator.AND,
    0x1B: loc.Operator.DIVIDE,
    0x1C: loc.Operator.SUBTRACT,
    0x1D: loc.Operator.MODULO,
    0x1E: loc.Operator.MULTIPLY,
    0x21: loc.Operator.OR,
    0x22: loc.Operator.ADD,
    0x24: loc.Operator.SHIFT_LEFT,
    0x25: loc.Operator.SHIFT_RIGHT,
    0x26: loc.Operator.SHIFT_RIGHT_ARITHMETIC,
    0x27: loc.Operator.XOR,
    0x29: loc.Operator.EQUAL,
    0x2A: loc.Operator.GREATER_EQUAL,
    0x2B: loc.Operator.GREATER,
    0x2C: loc.Operator.LESS_EQUAL,
    0x2D: loc.Operator.LESS,
    0x2E: loc.Operator.NOT_EQUAL,
}
_SIMPLE: dict[int, loc.Operation] = {
    0x06: loc.Deref(8),
    0x12: loc.Pick(0),
    0x13: loc.Drop(),
    0x14: loc.Pick(1),
    0x16: loc.Swap(),
    0x17: loc.Rotate(),
    0x19: loc.Unary(loc.UnaryOperator.ABSOLUTE),
    0x1F: loc.Unary(loc.UnaryOperator.NEGATE),
    0x20: loc.Unary(loc.UnaryOperator.COMPLEMENT),
    **{code: loc.Arithmetic(operator) for code, operator in _BINARY.items()},
    **{0x30 + value: loc.PushConstant(value) for value in range(32)},
}
_REFUSED = {
    0x18: "xderef",
    0x95: "xderef_size",
    0x97: "push_object_address",
    0x98: "call2",
    0x99: "call4",
    0x9A: "call_ref",
    0x9D: "bit_piece",
    0xA4: "const_type",
    0xA5: "regval_type",
    0xA6: "deref_type",
    0xA8: "convert",
    0xA9: "reinterpret",
    0xF4: "const_type",
    0xF5: "regval_type",
    0xF6: "deref_type",
    0xF7: "convert",
    0xF9: "reinterpret",
    0xFD: "variable_value",
}
_NOP = 0x96
_MOST_OPERATIONS = 4096


class _Refusal(Exception):
    """The expression uses what we do not read; the text says what."""


@dataclass(frozen=True, slots=True)
class FrameContext:
    """What an expression may need of its surroundings, computed only if it does.

    ``frame_base`` and ``cfa`` give the expression of an address; ``target`` the location of the
    variable whose DIE is at an offset; ``at_entry``: registers still hold the arguments.
    """

    frame_base: Callable[[], loc.Expression]
    cfa: Callable[[], loc.Expression]
    target: Callable[[int], loc.Location]
    at_entry: bool


def evaluate(data: bytes, unit: Unit, frame: FrameContext) -> loc.Location:
    """The location that an expression describes."""
    if not data:
        return loc.OptimisedOut("the compiler kept no value here")
    decoder = _Decoder(data, unit, frame)
    try:
        return decoder.location()
    except _Refusal as refusal:
        return loc.Refused(str(refusal))
    except IndexError as error:
        raise Malformed("a location expression is cut off") from error


def address_expression(data: bytes, unit: Unit, frame: FrameContext) -> loc.Expression:
    """An expression used for the address (or, in a register, the value) it gives: frame bases."""
    match evaluate(data, unit, frame):
        case loc.InRegister(register=register):
            return (loc.PushRegister(register),)
        case loc.InMemory(address=operations) | loc.Computed(value=operations):
            return operations
        case loc.Refused(reason=reason):
            raise FrameRefused(reason)
        case _:
            raise FrameRefused("the frame base has no address")


class FrameRefused(Exception):
    """The frame cannot be resolved; the text says why."""


@dataclass(slots=True)
class _Decoder:
    data: bytes
    unit: Unit
    frame: FrameContext
    at: int = 0
    operations: list[loc.Operation] = field(default_factory=list)
    # byte position of an operation → its index; and branches still to be given their counts
    starts: dict[int, int] = field(default_factory=dict)
    branches: list[tuple[int, int]] = field(default_factory=list)

    def location(self) -> loc.Location:
        pieces: list[loc.Piece] = []
        found: loc.Location | None = None
        while self.at < len(self.data):
            if len(self.operations) > _MOST_OPERATIONS:
                raise _Refusal("the location expression is too long")
            self.starts[self.at] = len(self.operations)
            code = self.data[self.at]
            self.at += 1
            if code == 0x93:  # piece
                size = self._uleb()
                pieces.append(loc.Piece(size, self._piece(found)))
                found = None
                self.operations, self.starts = [], {}
            elif (final := self._final(code)) is not None:
                found = final
            else:
                self._operation(code)
        if pieces:
            return loc.InPieces(tuple(pieces))
        if found is not None:
            return found
        return loc.InMemory(self._finished())

    def _piece(
        self, found: loc.Location | None
    ) -> loc.InRegister | loc.InMemory | loc.Computed | loc.Constant | loc.ConstantBytes | None:
        match found:
            case None:
                return loc.InMemory(self._finished()) if self.operations else None
            case (
                loc.InRegister()
                | loc.InMemory()
                | loc.Computed()
                | loc.Constant()
                | loc.ConstantBytes()
            ):
                return found
            case _:
                raise _Refusal("a piece of the value is a pointer that was optimised away")

    def _finished(self) -> loc.Expression:
        self.starts[len(self.data)] = len(self.operations)
        for index, target in self.branches:
            destination = self.starts.get(target)
            if destination is None or destination <= index:
                raise _Refusal("the location expression has a backward branch")
            count = destination - index - 1
            was = self.operations[index]
            self.operations[index] = (
                loc.Skip(count) if isinstance(was, loc.Skip) else loc.SkipIf(count)
            )
        self.branches = []
        return tuple(self.operations)

    def _final(self, code: int) -> loc.Location | None:
        """What ends an expression, or None if ``code`` is an operation on the stack."""
        if 0x50 <= code <= 0x6F:
            return loc.InRegister(RegisterNumber(code - 0x50))
        if code == 0x90:
            return loc.InRegister(RegisterNumber(self._uleb()))
        if code == 0x9F:  # stack_value
            operations = self._finished()
            match operations:
                case (loc.PushConstant(value=value),):
                    return loc.Constant(value)
                case _:
                    return loc.Computed(operations)
        if code == 0x9E:  # implicit_value
            return loc.ConstantBytes(self._block())
        if code in (0xA0, 0xF2):  # implicit_pointer
            width = self.unit.offset_size
            target = self._fixed(width)
            offset, self.at = sleb(self.data, self.at)
            return loc.PointerTo(self.frame.target(target), offset)
        return None

    def _operation(self, code: int) -> None:
        add = self.operations.append
        simple = _SIMPLE.get(code)
        if simple is not None:
            add(simple)
        elif code in _CONSTANTS:
            size, read = _CONSTANTS[code]
            add(loc.PushConstant(read(self.data, self.at, size)))
            self.at += size
        elif 0x70 <= code <= 0x8F:
            add(loc.PushRegister(RegisterNumber(code - 0x70), self._sleb()))
        elif code == 0x92:
            register = self._uleb()
            add(loc.PushRegister(RegisterNumber(register), self._sleb()))
        elif code == 0x91:  # fbreg
            self.operations += with_offset(self._resolved(self.frame.frame_base), self._sleb())
        elif code == 0x9C:
            self.operations += self._resolved(self.frame.cfa)
        elif code == 0x03:
            add(loc.PushAddress(LinkAddress(self._fixed(self.unit.address_size))))
        elif code in (0xA1, 0xFB):
            add(loc.PushAddress(LinkAddress(self.unit.indexed_address(self._uleb()))))
        elif code in (0xA2, 0xFC):
            add(loc.PushConstant(self.unit.indexed_address(self._uleb())))
        elif code == 0x10:
            add(loc.PushConstant(self._uleb()))
        elif code == 0x11:
            add(loc.PushConstant(self._sleb()))
        elif code == 0x15:
            add(loc.Pick(self._fixed(1)))
        elif code == 0x23:  # plus_uconst
            self.operations += with_offset((), self._uleb())
        elif code in (0x28, 0x2F):
            offset = signed(self.data, self.at, 2)
            self.at += 2
            self.branches.append((len(self.operations), self.at + offset))
            add(loc.SkipIf(0) if code == 0x28 else loc.Skip(0))
        elif code == 0x94:
            add(loc.Deref(self._fixed(1)))
        elif code in (0x9B, 0xE0):
            self._thread_local()
        elif code in (0xA3, 0xF3):
            self._entry_value(self._block())
        elif code == 0xFA:
            raise _Refusal("the value is known only to the caller (parameter reference)")
        elif code in _REFUSED:
            raise _Refusal(f"the location uses DW_OP_{_REFUSED[code]}, which is not supported")
        elif code != _NOP:
            raise _Refusal(f"the location uses the unknown operation {code:#x}")

    def _resolved(self, resolve: Callable[[], loc.Expression]) -> loc.Expression:
        try:
            return resolve()
        except FrameRefused as error:
            raise _Refusal(str(error)) from error

    def _thread_local(self) -> None:
        offset = self.operations.pop() if self.operations else None
        match offset:
            case loc.PushConstant(value=value):
                self.operations.append(loc.PushThreadLocal(value))
            case loc.PushAddress(address=address):
                self.operations.append(loc.PushThreadLocal(address))
            case _:
                raise _Refusal("a thread-local variable whose offset is computed")

    def _entry_value(self, inner: bytes) -> None:
        code = inner[0]
        if 0x50 <= code <= 0x6F and len(inner) == 1:
            register = RegisterNumber(code - 0x50)
        elif code == 0x90:
            register = RegisterNumber(uleb(inner, 1)[0])
        else:
            raise _Refusal("the location uses the entry value of a computed place")
        push: loc.Operation = (
            loc.PushRegister(register) if self.frame.at_entry else loc.PushEntryRegister(register)
        )
        self.operations.append(push)

    def _uleb(self) -> int:
        value, self.at = uleb(self.data, self.at)
        return value

    def _sleb(self) -> int:
        value, self.at = sleb(self.data, self.at)
        return value

    def _fixed(self, size: int) -> int:
        value = unsigned(self.data, self.at, size)
        self.at += size
        return value

    def _block(self) -> bytes:
        length = self._uleb()
        found = self.data[self.at : self.at + length]
        self.at += length
        return found


def with_offset(base: loc.Expression, offset: int) -> loc.Expression:
    """``base`` plus a number, folded into a register's offset where that is all there is."""
    match base:
        case (loc.PushRegister(register=register, offset=first),):
            return (loc.PushRegister(register, first + offset),)
        case _ if offset == 0:
            return base
        case _:
            return (*base, loc.PushConstant(offset), loc.Arithmetic(loc.Operator.ADD))
