"""Code that counts: see `counters`."""

from __future__ import annotations

from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, Alu, Assembler, Atomic, Jump
from translator.runtimes.bpf.counters import COUNTERS, Counter
from translator.runtimes.bpf.helper import Helper


def emit_count(code: Assembler, counter: Counter, key_offset: int) -> None:
    """Add one to ``counter`` of this CPU.

    Uses 4 bytes of stack at ``key_offset`` (negative, from r10); clobbers r0–r5.
    """
    done = code.label()
    code.comment(f"count {counter.name.lower()}")
    code.store_value(4, FRAME, key_offset, 0)
    code.copy(R2, FRAME)
    code.alu_value(Alu.ADD, R2, key_offset)
    code.load_map(R1, COUNTERS)
    code.call(Helper.MAP_LOOKUP_ELEM)
    code.jump_if_value(Jump.EQ, R0, 0, done)
    code.set(R1, 1)
    code.atomic(Atomic.ADD, 8, R0, 8 * counter, R1)
    code.place(done)
