"""Names and places that programs and user space agree on: maps, the session's words, records.

Apart from `layout`, which needs the program's core, because a cached image runs without it.
"""

from __future__ import annotations

from enum import IntEnum

GLOBALS = "globals"  # scalars: one element, mapped
SESSION = "session"  # `Word`s and locks: one element, mapped
RING = "ring"
SCRATCH = "scratch"
ZEROS = "zeros"  # a value for what is inserted empty
ROWS = "rows"  # literals that handlers of one shape differ by
SYSCALLS = "syscalls"  # programs by system-call number
RETURNS = "returns"
OWNERS = "owners"  # processes that a user stack was taken in

RECORD_HEADER = 8  # completion number u32, zero u32
LOCK_SPACING = 64  # a cache line each
FIRST_LOCK = 64


class Word(IntEnum):
    """Byte offsets of the session's 64-bit words."""

    STATE = 0
    TARGET = 8
    OWN_PID = 16
    WALL_CLOCK = 24  # nanoseconds to add to the monotonic clock
    ERRORS = 32
    MAX_ERRORS = 40


class State(IntEnum):
    """Values of `Word.STATE`; handlers run only while RUNNING."""

    STARTING = 0
    RUNNING = 1
    STOPPING = 2
