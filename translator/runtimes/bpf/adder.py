"""Adding to shared memory from user space, atomically: small programs that do it in the kernel.

Where a kernel cannot run programs on request, a plain read and write stands in, and an update
that a probe makes in between is lost.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.bpf.descriptors import Descriptors
    from translator.runtimes.bpf.maps import Map
    from translator.runtimes.bpf.programs import Program

_LARGEST_KEY = 400


class Adders:
    """The programs, each loaded when it is first needed."""

    def __init__(self, held: Descriptors, scalars: Map, memory: memoryview) -> None:
        self._held = held
        self._scalars = scalars
        self._longs = memory.cast("q")
        self._programs: dict[str, Program | None] = {}

    def add_scalar(self, offset: int, amount: int) -> None:
        program = self._program(self._scalars)
        if program is None:
            self._longs[offset // 8] = _wrapped(self._longs[offset // 8] + amount)
        else:
            program.run(struct.pack("<qQ", amount, offset))

    def add_element(self, array: Map, key: bytes, amount: int) -> bool:
        """Whether there was an element to add to."""
        program = self._program(array) if len(key) <= _LARGEST_KEY else None
        if program is not None:
            return program.run(struct.pack("<q", amount) + key) == 0
        value = array.lookup(key)
        if value is None:
            return False
        array.update(key, struct.pack("<q", _wrapped(struct.unpack("<q", value)[0] + amount)))
        return True

    def _program(self, target: Map) -> Program | None:
        name = target.spec.name
        if name not in self._programs:
            self._programs[name] = self._load(target)
        return self._programs[name]

    def _load(self, target: Map) -> Program | None:
        from translator.runtimes.bpf.adder_code import load_adder

        return load_adder(self._held, target, scalars=target is self._scalars)


def _wrapped(value: int) -> int:
    return ((value + (1 << 63)) & (1 << 64) - 1) - (1 << 63)
