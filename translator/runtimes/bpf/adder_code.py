"""The programs of `adder`."""

from __future__ import annotations

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


def load_adder(held: Descriptors, target: Map, *, scalars: bool) -> Program | None:
    """A program that adds the first word of its context to one of ``target``'s values.

    The word is at the offset that the context's second word gives, for ``scalars``; else in the
    element whose key follows.  None where the kernel runs no programs on request.
    """
    if not supports(Feature.SYSCALL_PROGRAM):
        return None
    code = Assembler()
    missing = code.label()
    code.copy(R6, R1)
    if scalars:
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
    return load_program(held, spec, {_MAP: target})
