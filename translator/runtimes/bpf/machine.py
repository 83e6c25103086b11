"""The state of generating one handler: registers, stack, scratch memory, ways out.

Registers: r6 is the context; r7 and r8 hold intermediate values across helper calls; r9 is the
row of literals, where there is one; r0 is where every integer expression leaves its value.
Memory that does not fit the 512 bytes of stack lies in a scratch slot of the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.assembler import (
    FRAME,
    R2,
    R6,
    R7,
    R8,
    R9,
    Alu,
    Assembler,
    Label,
    Register,
)
from translator.runtimes.bpf.completion import Completions
from translator.runtimes.bpf.event import Kind
from translator.runtimes.bpf.layout import GlobalLayout
from translator.runtimes.bpf.widths import Scope, Widths

CONTEXT, ROW = R6, R9
_KEPT = (R7, R8)
_FRAME_LIMIT = 480
_LARGE = 160  # bytes that go to scratch memory rather than the stack


class Base(Enum):
    """What a buffer's offset counts from."""

    FRAME = "frame"
    SCRATCH = "scratch"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Buffer:
    """``size`` bytes of memory of this run of the handler."""

    base: Base
    offset: int
    size: int

    def part(self, offset: int, size: int) -> Buffer:
        assert offset + size <= self.size, (self, offset, size)
        return Buffer(self.base, self.offset + offset, size)


class NeedsScratch(Exception):
    """The handler does not fit the stack: generate it again with scratch memory."""


class Frame:
    """The 512 bytes below r10, and scratch memory when they are not enough."""

    def __init__(self, scratch: bool) -> None:
        self._scratch = scratch
        self._frame = 0
        self._slot = 0
        self.scratch_size = 0

    def take(self, size: int) -> Buffer:
        """``size`` bytes, aligned to 8; given back by `release`."""
        size = (size + 7) & ~7
        large = self._scratch and size > _LARGE
        if not large and self._frame + size <= _FRAME_LIMIT:
            self._frame += size
            return Buffer(Base.FRAME, -self._frame, size)
        if not self._scratch:
            raise NeedsScratch
        buffer = Buffer(Base.SCRATCH, self._slot, size)
        self._slot += size
        self.scratch_size = max(self.scratch_size, self._slot)
        return buffer

    @contextmanager
    def temporary(self, size: int) -> Iterator[Buffer]:
        mark = self._frame, self._slot
        yield self.take(size)
        self._frame, self._slot = mark


@dataclass(frozen=True, slots=True)
class Failure:
    """A way out for a handler error: where it starts, what it records."""

    label: Label
    completion: int
    values: tuple[Buffer, ...]


class Held:
    """A value kept across helper calls, in a register or in memory."""

    def __init__(self, machine: Machine, place: Register | Buffer) -> None:
        self._machine = machine
        self._place = place

    def keep(self, source: Register) -> None:
        """Keep ``source``, which is not r2."""
        code = self._machine.code
        if isinstance(self._place, Buffer):
            base = self._machine.addressed(self._place, R2)
            code.store(8, base, self._place.offset, source)
        else:
            code.copy(self._place, source)

    def load(self, to: Register) -> None:
        code = self._machine.code
        if isinstance(self._place, Buffer):
            base = self._machine.addressed(self._place, to)
            code.load(8, to, base, self._place.offset)
        else:
            code.copy(to, self._place)


@dataclass(slots=True)
class Machine:
    """Everything that emitting functions share.

    ``long`` leaves an integer expression in r0; ``text`` puts a string into a buffer, padded
    with NULs to the buffer's end.  Both may clobber r0–r5.
    """

    code: Assembler
    kind: Kind
    scope: Scope
    frame: Frame
    widths: Widths
    globals: dict[str, GlobalLayout]
    completions: Completions
    long: Callable[[Machine, ir.Expr], None]
    text: Callable[[Machine, ir.Expr, Buffer], None]
    leave: Label
    typed: bool = False  # a system call's registers can be read in place
    holes: dict[int, tuple[int, int]] = field(default_factory=dict)  # hole → offset, size in row
    locals: dict[ir.Local, Buffer] = field(default_factory=dict)
    registers: Buffer | None = None  # where struct pt_regs of a system call was copied to
    scratch: Buffer | None = None  # stack word with the scratch slot's address
    word: Buffer | None = None  # a stack word that no expression keeps anything in
    fault: Buffer | None = None  # stack word with the address of the last failing read
    reread: Buffer | None = None  # two stack words: address and size of a read of user memory
    record: Buffer | None = None  # stack word with the open record's address
    failures: list[Failure] = field(default_factory=list)
    loops: list[tuple[Label, Label]] = field(default_factory=list)  # continue, break
    _free: list[Register] = field(default_factory=lambda: list(_KEPT))

    @contextmanager
    def held(self) -> Iterator[Held]:
        """Room for one 64-bit value across calls."""
        if self._free:
            register = self._free.pop()
            yield Held(self, register)
            self._free.append(register)
            return
        with self.frame.temporary(8) as buffer:
            yield Held(self, buffer)

    def point(self, to: Register, buffer: Buffer) -> None:
        """Load the address of ``buffer``."""
        self.base(to, buffer)
        if buffer.offset:
            self.code.alu_value(Alu.ADD, to, buffer.offset)

    def base(self, to: Register, buffer: Buffer) -> None:
        """Load what the buffer's offset counts from."""
        match buffer.base:
            case Base.FRAME:
                self.code.copy(to, FRAME)
            case Base.SCRATCH:
                assert self.scratch is not None
                self.code.load(8, to, FRAME, self.scratch.offset)
            case Base.RECORD:
                assert self.record is not None
                self.code.load(8, to, FRAME, self.record.offset)

    def addressed(self, buffer: Buffer, through: Register) -> Register:
        """A register that `buffer`'s offset can be used with: the frame, or ``through``."""
        if buffer.base is Base.FRAME:
            return FRAME
        self.base(through, buffer)
        return through

    def place(self, local: ir.Local) -> Buffer:
        """Where a local lives, taken at its first use."""
        known = self.locals.get(local)
        if known is None:
            string = local.type is Type.STRING
            size = max(8, self.widths.local(self.scope, local).words) if string else 8
            known = self.locals[local] = self.frame.take(size)
        return known

    def fail(self, completion: int, values: tuple[Buffer, ...] = ()) -> Label:
        """A label to jump to when the handler fails as ``completion`` says."""
        for known in self.failures:
            if (known.completion, known.values) == (completion, values):
                return known.label
        failure = Failure(self.code.label(), completion, values)
        self.failures.append(failure)
        return failure.label
