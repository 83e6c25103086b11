"""Trials of single instructions and helpers: those of `trials` that take an assembler."""

from __future__ import annotations

from collections.abc import Callable

from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, R4, Alu, Assembler, Atomic
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.features import Feature
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.syscall import BpfError, ProgramType
from translator.runtimes.bpf.trials import load


def _returning_zero() -> Assembler:
    code = Assembler()
    code.set(R0, 0)
    return code


def _finished(code: Assembler) -> Code:
    code.set(R0, 0)
    code.leave()
    return code.finish()


def _calls(helper: Helper, kind: ProgramType) -> Callable[[], None]:
    """Helpers that take the context or nothing."""

    def trial() -> None:
        code = Assembler()
        code.call(helper)
        load(_finished(code), kind)

    return trial


def _compare_exchange() -> None:
    code = _returning_zero()
    code.store_value(8, FRAME, -8, 0)
    code.set(R1, 1)
    code.atomic(Atomic.CMPXCHG, 8, FRAME, -8, R1)
    load(_finished(code))


def _loop() -> None:
    # Without the helper the verifier says "unknown func"; with it, that r2 is no callback.
    code = Assembler()
    for register in (R1, R2, R3, R4):
        code.set(register, 0)
    code.call(Helper.LOOP)
    try:
        load(_finished(code))
    except BpfError as error:
        if "func" in error.log and ("unknown func" in error.log or "invalid func" in error.log):
            raise


def _isa_v4() -> None:
    code = Assembler()
    code.set(R1, -7)
    code.set(R2, 2)
    code.divide_signed(Alu.DIV, R1, R2)
    load(_finished(code))


def _may_goto() -> None:
    code = Assembler()
    again, out = code.label(), code.label()
    code.place(again)
    code.may_jump(out)
    code.jump(again)
    code.place(out)
    load(_finished(code))


def _read(helper: Helper, kind: ProgramType = ProgramType.RAW_TRACEPOINT) -> Callable[[], None]:
    """Helpers (destination, size, source)."""

    def trial() -> None:
        code = Assembler()
        code.store_value(8, FRAME, -8, 0)
        code.copy(R1, FRAME)
        code.alu_value(Alu.ADD, R1, -8)
        code.set(R2, 8)
        code.set(R3, 0)
        code.call(helper)
        load(_finished(code), kind)

    return trial


def _write_user() -> None:
    code = Assembler()
    code.store_value(8, FRAME, -8, 0)
    code.set(R1, 0)
    code.copy(R2, FRAME)
    code.alu_value(Alu.ADD, R2, -8)
    code.set(R3, 8)
    code.call(Helper.PROBE_WRITE_USER)
    load(_finished(code))


TRIALS: dict[Feature, Callable[[], None]] = {
    Feature.COMPARE_EXCHANGE: _compare_exchange,
    Feature.ATTACH_COOKIE: _calls(Helper.GET_ATTACH_COOKIE, ProgramType.KPROBE),
    Feature.LOOP: _loop,
    Feature.ISA_V4: _isa_v4,
    Feature.MAY_GOTO: _may_goto,
    Feature.SLEEPABLE_READ: _read(Helper.COPY_FROM_USER, ProgramType.SYSCALL),
    Feature.READ_KERNEL: _read(Helper.PROBE_READ_KERNEL),
    Feature.WRITE_USER: _write_user,
}
