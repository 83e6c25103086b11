"""What a handler claims for its run and gives back at its end: scratch memory, a lock."""

from __future__ import annotations

from translator.runtimes.bpf.assembler import (
    FRAME,
    R0,
    R1,
    R2,
    R3,
    R7,
    R8,
    Alu,
    Atomic,
    Jump,
    Label,
)
from translator.runtimes.bpf.count_code import emit_count
from translator.runtimes.bpf.counters import Counter
from translator.runtimes.bpf.machine import Buffer, Machine
from translator.runtimes.bpf.memory import FIRST_LOCK, LOCK_SPACING, SCRATCH, SESSION
from translator.runtimes.bpf.text_code import lookup_at

# Scratch slots a CPU: as deep as handlers can interrupt each other, and some for handlers that
# wait for memory.  A program stays on its CPU while it waits: the kernel runs it so.
SLOTS = 8
SLOT_SIZE = 4080  # all of them fit the 32 KiB of a per-CPU value
SLOT_HEADER = 16  # bits of taken slots, a zero
_SPINS = 200


def claim(m: Machine, slot: Buffer, quit_: Label) -> None:
    """Take a free scratch slot of this CPU; slots come back in any order."""
    code = m.code
    assert m.word is not None
    assert m.scratch is not None
    claimed = code.label()
    code.comment("claim a scratch slot")
    code.store_value(4, FRAME, m.word.offset, 0)
    lookup_at(m, SCRATCH, m.word)
    code.jump_if_value(Jump.EQ, R0, 0, quit_)
    code.copy(R7, R0)
    for number in range(SLOTS):
        code.set(R1, 1 << number)
        code.atomic(Atomic.FETCH_OR, 8, R7, 0, R1)
        code.set(R8, number)
        code.alu_value(Alu.AND, R1, 1 << number)
        code.jump_if_value(Jump.EQ, R1, 0, claimed)
    emit_count(code, Counter.SKIPPED_SCRATCH, m.word.offset)
    code.jump(quit_)
    code.place(claimed)
    # To the verifier the slot becomes any number, so that it follows one way, not four.
    code.load(8, R1, R7, 8)
    code.alu(Alu.ADD, R8, R1)
    code.alu(Alu.SUB, R8, R1)
    code.alu_value(Alu.AND, R8, SLOTS - 1)
    code.store(8, FRAME, slot.offset, R8)
    code.alu_value(Alu.MUL, R8, SLOT_SIZE)
    code.alu(Alu.ADD, R7, R8)
    code.alu_value(Alu.ADD, R7, SLOT_HEADER)
    code.store(8, FRAME, m.scratch.offset, R7)


def take_lock(m: Machine, lock: int, locked: Buffer) -> None:
    """Take the handler's lock, or count it as skipped."""
    code = m.code
    assert m.word is not None
    again, taken = code.label(), code.label()
    code.comment(f"lock {lock}")
    code.load_map_value(R2, SESSION, FIRST_LOCK + LOCK_SPACING * lock)
    code.set(R3, 0)
    code.place(again)
    code.set(R0, 0)
    code.set(R1, 1)
    code.atomic(Atomic.CMPXCHG, 8, R2, 0, R1)
    code.jump_if_value(Jump.EQ, R0, 0, taken)
    code.alu_value(Alu.ADD, R3, 1)
    code.jump_if_value(Jump.LT, R3, _SPINS, again)
    emit_count(code, Counter.SKIPPED_LOCK, m.word.offset)
    code.jump(m.leave)
    code.place(taken)
    code.store_value(8, FRAME, locked.offset, 1)


def release_lock(m: Machine, lock: int, locked: Buffer) -> None:
    """Release it if it was taken."""
    code = m.code
    free = code.label()
    code.load(8, R1, FRAME, locked.offset)
    code.jump_if_value(Jump.EQ, R1, 0, free)
    code.load_map_value(R1, SESSION, FIRST_LOCK + LOCK_SPACING * lock)
    code.set(R2, 0)
    code.atomic(Atomic.XCHG, 8, R1, 0, R2)
    code.place(free)


def give_back(m: Machine, slot: Buffer) -> None:
    """Let another handler have the scratch slot."""
    code = m.code
    assert m.word is not None
    lost = code.label()
    code.comment("give the scratch slot back")
    code.store_value(4, FRAME, m.word.offset, 0)
    lookup_at(m, SCRATCH, m.word)
    code.jump_if_value(Jump.EQ, R0, 0, lost)
    code.load(8, R2, FRAME, slot.offset)
    code.set(R1, 1)
    code.alu(Alu.LSH, R1, R2)
    code.alu_value(Alu.XOR, R1, -1)
    code.atomic(Atomic.AND, 8, R0, 0, R1)
    code.place(lost)
