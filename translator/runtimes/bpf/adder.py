"""Adding to shared memory from user space, atomically: small programs that do it in the kernel.

Where a kernel cannot run programs on request, a plain read and write stands in, and an update
that a probe makes in between is lost.
"""

from __future__ import annotations

import struct

from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    R6,
    Alu,
    Assembler,
    Atomic,
    Jump,
)
from translator.runtimes.bpf.features import Feature, supports
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.programs import ProgramSpec, load_program
from translator.runtimes.bpf.syscall import ProgramType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.bpf.descriptors import Descriptors
    from translator.runtimes.bpf.maps import Map
    from translator.runtimes.bpf.programs import Program

_MAP = "map"
_LARGEST_KEY = 400


class Adders:
    """The programs, each loaded when it is first needed."""

    def __init__(self, held: Descriptors, scalars: Map, memory: memoryview) -> None:
        self._held = held
        self._scalars = scalars
        self._longs = memory.cast("q")
        self._programs: dict[str, Program | None] = {}

    def add_scalar(self, offset: int, amount: int) -> None:
        program = self._program(self._scalars)
        if program is None:
            self._longs[offset // 8] = _wrapped(self._longs[offset // 8] + amount)
        else:
            program.run(struct.pack("<qQ", amount, offset))

    def add_element(self, array: Map, key: bytes, amount: int) -> bool:
        """Whether there was an element to add to."""
        program = self._program(array) if len(key) <= _LARGEST_KEY else None
        if program is not None:
            return program.run(struct.pack("<q", amount) + key) == 0
        value = array.lookup(key)
        if value is None:
            return False
        array.update(key, struct.pack("<q", _wrapped(struct.unpack("<q", value)[0] + amount)))
        return True

    def _program(self, target: Map) -> Program | None:
        name = target.spec.name
        if name not in self._programs:
            self._programs[name] = self._load(target)
        return self._programs[name]

    def _load(self, target: Map) -> Program | None:
        if not supports(Feature.SYSCALL_PROGRAM):
            return None
        code = Assembler()
        missing = code.label()
        code.copy(R6, R1)
        if target is self._scalars:
            code.load(8, R3, R6, 8)
            code.jump_if_value(Jump.GT, R3, target.spec.value_size - 8, missing)
            code.load_map_value(R0, _MAP)
            code.alu(Alu.ADD, R0, R3)
        else:
            size = target.spec.key_size
            room = (size + 7) & ~7
            for at in range(0, size, 8):
                code.load(8, R3, R6, 8 + at)
                code.store(8, FRAME, at - room, R3)
            code.copy(R2, FRAME)
            code.alu_value(Alu.ADD, R2, -room)
            code.load_map(R1, _MAP)
            code.call(Helper.MAP_LOOKUP_ELEM)
            code.jump_if_value(Jump.EQ, R0, 0, missing)
        code.load(8, R2, R6, 0)
        code.atomic(Atomic.ADD, 8, R0, 0, R2)
        code.set(R0, 0)
        code.leave()
        code.place(missing)
        code.set(R0, 1)
        code.leave()
        spec = ProgramSpec("add", ProgramType.SYSCALL, code.finish())
        return load_program(self._held, spec, {_MAP: target})


def _wrapped(value: int) -> int:
    return ((value + (1 << 63)) & (1 << 64) - 1) - (1 << 63)
