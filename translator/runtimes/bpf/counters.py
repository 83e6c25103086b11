"""What a session counts about itself: losses, skips and errors, exactly and per CPU.

One per-CPU array element holds all counters; programs add atomically, because a uprobe's
program can be preempted by another on the same CPU.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, Alu, Assembler, Atomic, Jump
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.maps import Map, MapSpec, MapType

COUNTERS = "counters"


class Counter(IntEnum):
    """Index of a counter in the element; each is a u64."""

    DROPPED = 0  # records that found the ring full
    SKIPPED_LOCK = 1  # handlers that could not get the lock
    SKIPPED_SCRATCH = 2  # handlers that found every scratch slot of their CPU taken
    ERRORS = 3  # handler errors


def counters_spec() -> MapSpec:
    return MapSpec(COUNTERS, MapType.PERCPU_ARRAY, 4, 8 * len(Counter), 1)


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


def read_counters(counters: Map) -> dict[Counter, int]:
    """The sum over all CPUs of each counter."""
    rows = counters.lookup_each(bytes(4)) or []
    columns = zip(*(struct.unpack(f"<{len(Counter)}Q", row) for row in rows), strict=True)
    return dict(zip(Counter, map(sum, columns), strict=True))
