"""Memory of the traced program and of the kernel, read by helpers.

A read of user memory fails while its page is not in memory: a string that the program has not
touched yet.  Where a probe stands in user space its program may sleep, so a failed read is
tried again by a helper that brings the page in; a read that succeeds pays nothing for that.
Loaded as a program that may not sleep, the same code has the second try fail (`wakeful`).
"""

from __future__ import annotations

from translator.core import ir
from translator.core.visit import expressions
from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, Alu, Jump
from translator.runtimes.bpf.event import IN_USER_MODE
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.machine import Buffer, Machine

_USER = frozenset({Helper.PROBE_READ_USER, Helper.PROBE_READ_USER_STR})
_PAGE = 4096  # the smallest there is


def rereads(m: Machine, body: ir.Block) -> None:
    """Take room for what a second try needs, if ``body`` may make one."""
    if m.kind in IN_USER_MODE and any(map(_reads_memory, expressions(body))):
        m.reread = m.frame.take(16)


def _reads_memory(expr: ir.Expr) -> bool:
    match expr:
        case ir.Load(space=ir.Space.USER):
            return True
        case ir.Ask(primitive):
            return "user_" in primitive or primitive == "__argument"
        case ir.Event(ir.EventValue.FUNCTION_ARGUMENT):
            return True
        case _:
            return False


def read(m: Machine, helper: Helper, to: Buffer, most: int) -> None:
    """Call ``helper`` for r2 bytes (``most`` or fewer) from the address in r3.

    Its answer stands in r0; negative: the memory cannot be read.
    """
    code = m.code
    again = m.reread
    if helper not in _USER or again is None:
        m.point(R1, to)
        code.call(helper)
        return
    done = code.label()
    address, size = again.offset, again.offset + 8
    code.store(8, FRAME, address, R3)
    code.store(8, FRAME, size, R2)
    m.point(R1, to)
    code.call(helper)
    code.jump_if_value(Jump.SGE, R0, 0, done)
    if helper is Helper.PROBE_READ_USER:
        code.load(8, R3, FRAME, address)
        _size(m, size, most)
        m.point(R1, to)
        code.call(Helper.COPY_FROM_USER)
        code.place(done)
        return
    # A string may end before the page that cannot be brought in.
    for step in (0, *range(_PAGE, most - 1, _PAGE), most - 1):
        assert m.word is not None
        code.load(8, R3, FRAME, address)
        if step:
            code.alu_value(Alu.ADD, R3, step)
        code.copy(R1, FRAME)
        code.alu_value(Alu.ADD, R1, m.word.offset)
        code.set(R2, 1)
        code.call(Helper.COPY_FROM_USER)
        if not step:
            code.jump_if_value(Jump.NE, R0, 0, done)
    code.load(8, R3, FRAME, address)
    _size(m, size, most)
    m.point(R1, to)
    code.call(helper)
    code.place(done)


def _size(m: Machine, offset: int, most: int) -> None:
    """r2 as it was, with a bound that every verifier sees."""
    fits = m.code.label()
    m.code.load(8, R2, FRAME, offset)
    m.code.jump_if_value(Jump.LE, R2, most, fits)
    m.code.set(R2, most)
    m.code.place(fits)
