"""BPF instructions from calls: the heart of code generation, so cheap per instruction.

An instruction is one 64-bit integer until the end.  Maps are named, not numbered: a `Code`
holds relocations, so that it can be cached, printed without privilege, and bound to
descriptors when it is loaded.  No optimisation happens here, and no register allocation.

Encoding: <linux/bpf.h> and RFC 9669.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NewType

from translator.base.errors import StapError
from translator.runtimes.bpf.code import Code, Relocation
from translator.runtimes.bpf.helper import Helper

Register = NewType("Register", int)
Label = NewType("Label", int)

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 = map(Register, range(11))
FRAME = R10  # read-only; the stack is the 512 bytes below it
STACK_SIZE = 512

PSEUDO_MAP_FD = 1
PSEUDO_MAP_VALUE = 2
PSEUDO_FUNC = 4
PSEUDO_CALL = 1
PSEUDO_KFUNC_CALL = 2

_I32 = 1 << 31
_LOAD = {1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79}
_LOAD_SIGNED = {1: 0x91, 2: 0x89, 4: 0x81, 8: 0x79}
_STORE = {1: 0x73, 2: 0x6B, 4: 0x63, 8: 0x7B}
_STORE_VALUE = {1: 0x72, 2: 0x6A, 4: 0x62, 8: 0x7A}
_ATOMIC_WIDTH = {4: 0xC3, 8: 0xDB}


class Alu(IntEnum):
    """Two-operand arithmetic, as the operation bits of the opcode.  DIV and MOD are unsigned."""

    ADD = 0x00
    SUB = 0x10
    MUL = 0x20
    DIV = 0x30
    OR = 0x40
    AND = 0x50
    LSH = 0x60
    RSH = 0x70
    MOD = 0x90
    XOR = 0xA0
    ARSH = 0xC0


class Jump(IntEnum):
    """Conditions, as the operation bits of the opcode; S* compare signed."""

    EQ = 0x10
    GT = 0x20
    GE = 0x30
    SET = 0x40
    NE = 0x50
    SGT = 0x60
    SGE = 0x70
    LT = 0xA0
    LE = 0xB0
    SLT = 0xC0
    SLE = 0xD0


class Atomic(IntEnum):
    """Read-modify-write on memory; FETCH_* leave the old value in the source register.

    Only ADD is in every kernel this runtime knows; the others came with Linux 5ffa25502b5a
    ("bpf: Add instructions for atomic_[cmp]xchg", v5.12).
    """

    ADD = 0x00
    OR = 0x40
    AND = 0x50
    XOR = 0xA0
    FETCH_ADD = 0x01
    FETCH_OR = 0x41
    FETCH_AND = 0x51
    FETCH_XOR = 0xA1
    XCHG = 0xE1
    CMPXCHG = 0xF1  # compares with r0, which receives the old value


class ProgramTooLarge(StapError):
    """A probe handler's code is longer than BPF's jumps reach."""


class Assembler:
    """Builds one program, subprograms included.

    Jumps take labels, placed before or after; `finish` resolves them.  Widths are bytes.
    """

    __slots__ = (
        "_calls",
        "_comments",
        "_emit",
        "_functions",
        "_jumps",
        "_labels",
        "_relocations",
        "_words",
    )

    def __init__(self) -> None:
        self._words: list[int] = []
        self._emit = self._words.append
        self._labels: list[int] = []
        self._jumps: list[tuple[int, Label]] = []
        self._calls: list[tuple[int, Label]] = []
        self._relocations: list[Relocation] = []
        self._comments: list[tuple[int, str]] = []
        self._functions: list[tuple[int, str]] = []

    def __len__(self) -> int:
        """Instructions so far; a 64-bit load counts twice."""
        return len(self._words)

    # Places

    def label(self) -> Label:
        """A new label, not placed yet."""
        self._labels.append(-1)
        return Label(len(self._labels) - 1)

    def place(self, label: Label) -> None:
        """The next instruction is ``label``."""
        assert self._labels[label] < 0, f"label {label} placed twice"
        self._labels[label] = len(self._words)

    def function(self, label: Label, name: str) -> None:
        """The next instruction is the entry of a subprogram, called through ``label``."""
        self.place(label)
        self._functions.append((len(self._words), name))

    def comment(self, text: str) -> None:
        """Say in listings what the following instructions are for."""
        self._comments.append((len(self._words), text))

    # Moves and arithmetic

    def set(self, to: Register, value: int) -> None:
        """Load a constant: signed 64-bit, or unsigned 64-bit taken modulo."""
        if -_I32 <= value < _I32:
            self._emit(0xB7 | to << 8 | (value & 0xFFFFFFFF) << 32)
        else:
            self._wide(0x18 | to << 8, value & 0xFFFFFFFF, value >> 32)

    def copy(self, to: Register, source: Register) -> None:
        self._emit(0xBF | to << 8 | source << 12)

    def copy_signed(self, to: Register, source: Register, width: int) -> None:
        """Copy the low ``width`` (1, 2, 4) bytes, sign-extended, by shifts: in every kernel."""
        bits = 64 - 8 * width
        if to != source:
            self.copy(to, source)
        self.alu_value(Alu.LSH, to, bits)
        self.alu_value(Alu.ARSH, to, bits)

    def copy_unsigned32(self, to: Register, source: Register) -> None:
        """Copy the low 4 bytes, zero-extended."""
        self._emit(0xBC | to << 8 | source << 12)

    def alu(self, operation: Alu, to: Register, source: Register) -> None:
        """``to`` = ``to`` operation ``source``, 64 bits."""
        self._emit(0x0F | operation | to << 8 | source << 12)

    def alu_value(self, operation: Alu, to: Register, value: int) -> None:
        """``to`` = ``to`` operation a constant of 32 bits, sign-extended."""
        assert -_I32 <= value < _I32, value
        self._emit(0x07 | operation | to << 8 | (value & 0xFFFFFFFF) << 32)

    def divide_signed(self, operation: Alu, to: Register, source: Register) -> None:
        """Signed DIV or MOD: instruction set v4 (`Feature.ISA_V4`)."""
        assert operation in (Alu.DIV, Alu.MOD), operation
        self._emit(0x0F | operation | to << 8 | source << 12 | 1 << 16)

    def negate(self, to: Register) -> None:
        self._emit(0x87 | to << 8)

    def big_endian(self, to: Register, width: int) -> None:
        """Convert the low ``width`` (2, 4, 8) bytes between host and big-endian order."""
        self._emit(0xDC | to << 8 | (8 * width) << 32)

    # Memory

    def load(self, width: int, to: Register, base: Register, offset: int = 0) -> None:
        """Zero-extended load."""
        self._emit(_LOAD[width] | to << 8 | base << 12 | (offset & 0xFFFF) << 16)

    def load_signed(self, width: int, to: Register, base: Register, offset: int = 0) -> None:
        """Sign-extended load in one instruction: instruction set v4 (`Feature.ISA_V4`)."""
        self._emit(_LOAD_SIGNED[width] | to << 8 | base << 12 | (offset & 0xFFFF) << 16)

    def store(self, width: int, base: Register, offset: int, source: Register) -> None:
        self._emit(_STORE[width] | base << 8 | source << 12 | (offset & 0xFFFF) << 16)

    def store_value(self, width: int, base: Register, offset: int, value: int) -> None:
        """Store a constant of 32 bits, sign-extended to ``width``."""
        assert -_I32 <= value < 2 * _I32, value
        self._emit(
            _STORE_VALUE[width] | base << 8 | (offset & 0xFFFF) << 16 | (value & 0xFFFFFFFF) << 32
        )

    def atomic(
        self, operation: Atomic, width: int, base: Register, offset: int, source: Register
    ) -> None:
        self._emit(
            _ATOMIC_WIDTH[width]
            | base << 8
            | source << 12
            | (offset & 0xFFFF) << 16
            | operation << 32
        )

    def load_map(self, to: Register, name: str) -> None:
        """The map named ``name``, as helpers take it."""
        self._relocations.append(Relocation(len(self._words), name))
        self._wide(0x18 | to << 8 | PSEUDO_MAP_FD << 12, 0, 0)

    def load_map_value(self, to: Register, name: str, offset: int = 0) -> None:
        """The address of byte ``offset`` of element 0 of array map ``name``."""
        self._relocations.append(Relocation(len(self._words), name))
        self._wide(0x18 | to << 8 | PSEUDO_MAP_VALUE << 12, 0, offset)

    def load_function(self, to: Register, label: Label) -> None:
        """The address of a subprogram, for helpers that call back (needs function BTF)."""
        self._calls.append((len(self._words), label))
        self._wide(0x18 | to << 8 | PSEUDO_FUNC << 12, 0, 0)

    def _wide(self, head: int, low: int, high: int) -> None:
        self._emit(head | low << 32)
        self._emit((high & 0xFFFFFFFF) << 32)

    # Control

    def jump(self, label: Label) -> None:
        self._jumps.append((len(self._words), label))
        self._emit(0x05)

    def jump_if(self, condition: Jump, left: Register, right: Register, label: Label) -> None:
        self._jumps.append((len(self._words), label))
        self._emit(0x0D | condition | left << 8 | right << 12)

    def jump_if_value(self, condition: Jump, left: Register, value: int, label: Label) -> None:
        """Compare 64 bits with a constant of 32 bits, sign-extended."""
        assert -_I32 <= value < _I32, value
        self._jumps.append((len(self._words), label))
        self._emit(0x05 | condition | left << 8 | (value & 0xFFFFFFFF) << 32)

    def jump_if_value32(self, condition: Jump, left: Register, value: int, label: Label) -> None:
        """Compare the low 32 bits with a constant."""
        self._jumps.append((len(self._words), label))
        self._emit(0x06 | condition | left << 8 | (value & 0xFFFFFFFF) << 32)

    def may_jump(self, label: Label) -> None:
        """Leave a loop when its time is up (`Feature.MAY_GOTO`); otherwise fall through."""
        self._jumps.append((len(self._words), label))
        self._emit(0xE5)

    def call(self, helper: Helper) -> None:
        self._emit(0x85 | helper << 32)

    def call_kernel(self, type_id: int) -> None:
        """Call the kernel function (kfunc) that vmlinux BTF knows as ``type_id``."""
        self._emit(0x85 | PSEUDO_KFUNC_CALL << 12 | type_id << 32)

    def call_function(self, label: Label) -> None:
        """Call a subprogram: arguments r1–r5, result r0, r6–r9 kept, its own stack frame."""
        self._calls.append((len(self._words), label))
        self._emit(0x85 | PSEUDO_CALL << 12)

    def leave(self) -> None:
        """Return from the program or subprogram with r0."""
        self._emit(0x95)

    def finish(self) -> Code:
        """The finished code.  Raises ProgramTooLarge if a jump does not reach its label."""
        words, labels = self._words, self._labels
        for index, label in self._jumps:
            distance = labels[label] - index - 1
            assert labels[label] >= 0, f"label {label} never placed"
            if not -32768 <= distance < 32768:
                raise ProgramTooLarge(
                    f"a handler needs a jump over {abs(distance)} instructions, and BPF's reach 32767;"
                    " split the handler"
                )
            words[index] |= (distance & 0xFFFF) << 16
        for index, label in self._calls:
            assert labels[label] >= 0, f"label {label} never placed"
            words[index] |= (labels[label] - index - 1 & 0xFFFFFFFF) << 32
        return Code(
            struct.pack(f"<{len(words)}Q", *words),
            tuple(self._relocations),
            tuple(self._comments),
            tuple(self._functions),
        )
