"""Who owns the kernel objects of one run: every descriptor, closed in one order.

Nothing is pinned: a map, a program or a link lives as long as a descriptor names it, so that
a killed session leaves nothing behind, whatever killed it.
"""

from __future__ import annotations

import mmap
import os
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Exit(Enum):
    """How the descriptors are closed.

    HERE waits for the kernel to detach (tens of milliseconds for uprobes).  IN_CHILD leaves
    that to a forked child which inherits the descriptors; right only when this process is
    about to exit, because nobody waits for the child.
    """

    HERE = "here"
    IN_CHILD = "in child"


class Descriptors:
    """Owns descriptors and mappings; closes them newest first: links, programs, maps.

    Use as a context manager.  Not for use by several threads at once.
    """

    def __init__(self, ending: Exit = Exit.HERE) -> None:
        self.ending = ending
        self._descriptors: list[int] = []
        self._mappings: list[mmap.mmap] = []

    def own(self, descriptor: int) -> int:
        """Take ``descriptor`` over; returns it."""
        assert descriptor >= 0, descriptor
        self._descriptors.append(descriptor)
        return descriptor

    def own_mapping(self, mapping: mmap.mmap) -> mmap.mmap:
        """Keep ``mapping`` alive until `close`; returns it."""
        self._mappings.append(mapping)
        return mapping

    def release(self, descriptor: int) -> None:
        """Close one owned descriptor now: a probe detached before the rest."""
        self._descriptors.remove(descriptor)
        os.close(descriptor)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The descriptors owned now, oldest first."""
        return tuple(self._descriptors)

    def close(self) -> None:
        """End as `ending` says; closing twice does nothing the second time."""
        if self._descriptors and self.ending is Exit.IN_CHILD:
            self._leave_to_child()
        while self._descriptors:
            os.close(self._descriptors.pop())
        while self._mappings:
            # Views that someone still holds keep the memory alive, not these descriptors.
            try:
                self._mappings.pop().close()
            except BufferError:
                continue

    def _leave_to_child(self) -> None:
        if os.fork() != 0:
            return
        # The child: hold nothing but our descriptors, so that no pipe waits for us, and let
        # the kernel close them as it exits.  Python's own exit handlers must not run here.
        os.setsid()
        below = 0
        for descriptor in sorted(self._descriptors):
            os.closerange(below, descriptor)
            below = descriptor + 1
        os.closerange(below, 1 << 20)
        os._exit(0)

    def __enter__(self) -> Descriptors:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
