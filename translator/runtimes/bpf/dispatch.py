"""The programs that stand on the system-call tracepoints when there are many handlers."""

from __future__ import annotations

from translator.runtimes.bpf import registers
from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, R6, Alu, Assembler, Jump
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.entry_code import SYSCALL_LIMIT
from translator.runtimes.bpf.event import Kind
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.memory import RETURNS, SYSCALLS


def dispatcher(kind: Kind, *, typed: bool) -> Code:
    """Go on in the program of the system call's number, if there is one."""
    code = Assembler()
    out = code.label()
    code.comment("the system call's number")
    code.copy(R6, R1)
    if kind is Kind.SYSCALL:
        code.load(8, R3, R1, 8)
    elif typed:
        machine = registers.here()
        code.load(8, R3, R1, 0)
        code.load(8, R3, R3, machine.names[machine.number])
    else:
        machine = registers.here()
        code.load(8, R3, R1, 0)
        code.alu_value(Alu.ADD, R3, machine.names[machine.number])
        code.copy(R1, FRAME)
        code.alu_value(Alu.ADD, R1, -8)
        code.set(R2, 8)
        code.call(Helper.PROBE_READ_KERNEL)
        code.load(8, R3, FRAME, -8)
    code.jump_if_value(Jump.GE, R3, SYSCALL_LIMIT, out)
    code.comment("its program")
    code.copy(R1, R6)
    code.load_map(R2, SYSCALLS if kind is Kind.SYSCALL else RETURNS)
    code.call(Helper.TAIL_CALL)
    code.place(out)
    code.set(R0, 0)
    code.leave()
    return code.finish()
