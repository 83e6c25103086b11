"""A descriptor that becomes readable at a steady pace (timerfd): when to look at the ring."""

from __future__ import annotations

import ctypes
import os
import struct
import time

from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.syscall import BpfError, buffer_of, libc

_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC  # TFD_NONBLOCK, TFD_CLOEXEC


class Ticker:
    """Readable every ``period_ms``; `clear` after each."""

    def __init__(self, held: Descriptors, period_ms: int) -> None:
        descriptor = libc.timerfd_create(time.CLOCK_MONOTONIC, _NONBLOCK_CLOEXEC)
        if descriptor < 0:
            number = ctypes.get_errno()
            raise BpfError(f"timerfd_create: {os.strerror(number)}", number)
        self.descriptor = held.own(descriptor)
        seconds, rest = divmod(period_ms * 1_000_000, 1_000_000_000)
        timing = buffer_of(struct.pack("<4q", seconds, rest, seconds, rest))
        libc.timerfd_settime(descriptor, 0, timing, None)

    def clear(self) -> None:
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return  # cleared before
