"""The ring buffer that carries records from probes to user space, read in place.

Producers reserve with BPF_RB_NO_WAKEUP (a wake-up costs more than the record), so a reader
polls every few milliseconds.  A full ring loses the newest records: the producer then adds one
to `Counter.DROPPED`, so that delivered + dropped = emitted.  Records are never copied here.
"""

from __future__ import annotations

import ctypes
import mmap

from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.maps import Map, MapType

NO_WAKEUP = 1  # BPF_RB_NO_WAKEUP, a flag of ringbuf_submit and ringbuf_output
HEADER = 8  # bytes before each record, which starts at a multiple of 8
_FEW = 16  # records
_BUSY, _DISCARD, _LENGTH = 1 << 31, 1 << 30, (1 << 30) - 1


class Ring:
    """The one consumer of a RINGBUF map.

    Take records with `take`, use them, then `release` them: their memory is the ring itself.
    Depends on loads not passing loads (x86) or on the interpreter's own fences elsewhere.
    """

    __slots__ = ("_consumer", "_mask", "_pending", "_producer", "_words", "memory", "size")

    def __init__(self, held: Descriptors, ring: Map) -> None:
        assert ring.spec.type is MapType.RINGBUF, ring.spec
        self.size = ring.spec.entries
        self._mask = self.size - 1
        page = mmap.PAGESIZE
        shared, read, write = mmap.MAP_SHARED, mmap.PROT_READ, mmap.PROT_WRITE
        consumer = held.own_mapping(mmap.mmap(ring.descriptor, page, shared, read | write))
        # The kernel maps the data twice in a row: a record that wraps is still one piece.
        producer = held.own_mapping(
            mmap.mmap(ring.descriptor, page + 2 * self.size, shared, read, offset=page)
        )
        self._consumer = ctypes.c_uint64.from_buffer(consumer)
        self._producer = memoryview(producer)[:8].cast("Q")
        self.memory = memoryview(producer)[page:]
        self._words = self.memory.cast("I")
        self._pending = self._consumer.value

    def take(self, limit: int) -> list[int]:
        """Where in `memory` up to ``limit`` complete records start, oldest first.

        Valid until `release`.  Stops at a record that is reserved but not yet submitted.
        """
        taken: list[int] = []
        position, end = self._pending, self._producer[0]
        words, mask, add = self._words, self._mask, taken.append
        while position < end and len(taken) < limit:
            at = position & mask
            header = words[at >> 2]
            if header & _BUSY:
                break
            if not header & _DISCARD:
                add(at + HEADER)
            position += ((header & _LENGTH) + HEADER + 7) & ~7
        self._pending = position
        return taken

    def alike(self, limit: int) -> tuple[int, int, int]:
        """Records of one size and one first word that stand in a row, up to ``limit``.

        Returns where the first one's header is in `memory`, how many there are and the bytes
        from each to the next; `skip` takes them.  Looks at few before it looks at many.
        """
        at = self._pending & self._mask
        size = self._producer[0] - self._pending
        if not size:
            return at, 0, 0
        words = self._words
        header = words[at >> 2]
        if header & (_BUSY | _DISCARD):
            return at, 0, 0
        stride = (header + HEADER + 7) & ~7
        first = words[at + HEADER >> 2]
        count = 0
        for most in (_FEW, limit):
            wanted = min(most, size // stride)
            end = at + wanted * stride >> 2
            headers = words[at >> 2 : end : stride >> 2].tolist()
            firsts = words[at + HEADER >> 2 : end : stride >> 2].tolist()
            count = min(_same(headers, header), _same(firsts, first))
            if count < wanted or wanted < most:
                break
        return at, count, stride

    def skip(self, octets: int) -> None:
        """Take what `alike` found."""
        self._pending += octets

    def release(self) -> None:
        """Give the memory of every record taken so far back to the producers."""
        self._consumer.value = self._pending

    @property
    def taken(self) -> int:
        """Bytes taken so far, counted from the ring's making."""
        return self._pending

    @property
    def produced(self) -> int:
        """Bytes produced so far, counted likewise."""
        return self._producer[0]

    @property
    def waiting(self) -> int:
        """Bytes produced and not yet taken."""
        return self._producer[0] - self._pending


def _same(values: list[int], value: int) -> int:
    """How many stand first that are ``value``."""
    if values.count(value) == len(values):
        return len(values)
    return next(at for at, found in enumerate(values) if found != value)
