"""Where a variable's value is found at one instruction.

An expression is a small stack machine whose references to the frame are already resolved:
it needs registers, memory of the traced program and the binary's load bias, nothing else.
Elaboration lowers it to core loads; what cannot be had is a value too, with its reason.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from translator.base.value import dataclass
from translator.debuginfo.units import LinkAddress, RegisterNumber


class Operator(Enum):
    """Binary operations on 64-bit words; comparisons are signed and give 1 or 0 (DWARF 5, 2.5.1.4)."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"  # signed
    MODULO = "%"  # unsigned
    AND = "&"
    OR = "|"
    XOR = "^"
    SHIFT_LEFT = "<<"
    SHIFT_RIGHT = ">>"  # logical
    SHIFT_RIGHT_ARITHMETIC = ">>>"
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="


class UnaryOperator(Enum):
    NEGATE = "-"
    COMPLEMENT = "~"
    ABSOLUTE = "abs"


@dataclass(frozen=True, slots=True)
class PushConstant:
    """Push a 64-bit word; negative values are two's complement."""

    value: int


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Push the run-time address of a link address: add the module's load bias."""

    address: LinkAddress


@dataclass(frozen=True, slots=True)
class PushRegister:
    """Push register's content plus ``offset``."""

    register: RegisterNumber
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PushEntryRegister:
    """Push what ``register`` held when the function was entered (DW_OP_entry_value)."""

    register: RegisterNumber


@dataclass(frozen=True, slots=True)
class PushThreadLocal:
    """Push the address of a thread-local variable ``offset`` bytes into the module's block."""

    offset: int


@dataclass(frozen=True, slots=True)
class Deref:
    """Pop an address, push ``size`` bytes read there, zero-extended."""

    size: int = 8


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Pop right, pop left, push ``left operator right``."""

    operator: Operator


@dataclass(frozen=True, slots=True)
class Unary:
    operator: UnaryOperator


@dataclass(frozen=True, slots=True)
class Pick:
    """Push a copy of the entry ``depth`` below the top (0: the top itself)."""

    depth: int


@dataclass(frozen=True, slots=True)
class Drop:
    pass


@dataclass(frozen=True, slots=True)
class Swap:
    pass


@dataclass(frozen=True, slots=True)
class Rotate:
    """The top becomes third, the second becomes top, the third becomes second."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave out the next ``count`` operations."""

    count: int


@dataclass(frozen=True, slots=True)
class SkipIf:
    """Pop; leave out the next ``count`` operations if it was not zero."""

    count: int


Operation: TypeAlias = (
    PushConstant
    | PushAddress
    | PushRegister
    | PushEntryRegister
    | PushThreadLocal
    | Deref
    | Arithmetic
    | Unary
    | Pick
    | Drop
    | Swap
    | Rotate
    | Skip
    | SkipIf
)
Expression: TypeAlias = tuple[Operation, ...]


@dataclass(frozen=True, slots=True, order=True)
class AddressRange:
    """Link addresses ``[start, end)``."""

    start: LinkAddress
    end: LinkAddress

    def holds(self, address: int) -> bool:
        return self.start <= address < self.end


@dataclass(frozen=True, slots=True)
class InRegister:
    """The value is in the low bytes of a register."""

    register: RegisterNumber


@dataclass(frozen=True, slots=True)
class InMemory:
    """The value is in memory, at the address that the expression leaves on top."""

    address: Expression


@dataclass(frozen=True, slots=True)
class Computed:
    """The value is what the expression leaves on top; it has no address."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Constant:
    """The compiler knew the value: a signed or unsigned number as DWARF writes it."""

    value: int


@dataclass(frozen=True, slots=True)
class ConstantBytes:
    """The compiler knew the value: its bytes in memory order."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """``size`` bytes of a value; ``where`` None: not readable here."""

    size: int
    where: InRegister | InMemory | Computed | Constant | ConstantBytes | None


@dataclass(frozen=True, slots=True)
class InPieces:
    """The value is the concatenation of the pieces, low bytes first."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class PointerTo:
    """A pointer that was optimised away; what it points at is at ``target``, ``offset`` bytes in."""

    target: Location
    offset: int


@dataclass(frozen=True, slots=True)
class OptimisedOut:
    """No value here; ``readable`` are the addresses where there is one, sorted."""

    reason: str
    readable: tuple[AddressRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """There is a value, but its description is one we do not read; ``reason`` says which."""

    reason: str


Location: TypeAlias = (
    InRegister
    | InMemory
    | Computed
    | Constant
    | ConstantBytes
    | InPieces
    | PointerTo
    | OptimisedOut
    | Refused
)

# DWARF's numbers for x86-64 (System V ABI, figure 3.36).
X86_64_REGISTERS = (
    *("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"),
    *(f"xmm{number}" for number in range(16)),
    *(f"st{number}" for number in range(8)),
)
