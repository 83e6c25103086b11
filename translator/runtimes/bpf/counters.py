"""What a session counts about itself: losses, skips and errors, exactly and per CPU.

One per-CPU array element holds all counters; programs add atomically, because a uprobe's
program can be preempted by another on the same CPU.
"""

from __future__ import annotations

import struct
from enum import IntEnum

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


def read_counters(counters: Map) -> dict[Counter, int]:
    """The sum over all CPUs of each counter."""
    rows = counters.lookup_each(bytes(4)) or []
    columns = zip(*(struct.unpack(f"<{len(Counter)}Q", row) for row in rows), strict=True)
    return dict(zip(Counter, map(sum, columns), strict=True))
