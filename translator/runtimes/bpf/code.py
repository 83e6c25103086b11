"""Finished code as a value: what the assembler makes, caches keep and the kernel is given."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

# Instructions as they lie in memory: a call of bpf_copy_from_user, and r0 = -EFAULT.
_SLEEP = struct.pack("<BBhi", 0x85, 0, 0, 148)
_FAIL = struct.pack("<BBhi", 0xB7, 0, 0, -14)


class Relocation(NamedTuple):
    """Instruction ``at`` (a 64-bit load) names map ``map``."""

    at: int
    map: str


class Code(NamedTuple):
    """Instructions ready to load but for the descriptors of their maps.

    ``comments`` stand before the instruction of their index; ``functions`` are the entries of
    subprograms (the main one, at 0, excepted), with names.
    """

    instructions: bytes
    relocations: tuple[Relocation, ...] = ()
    comments: tuple[tuple[int, str], ...] = ()
    functions: tuple[tuple[int, str], ...] = ()

    @property
    def sleeps(self) -> bool:
        """Whether it calls the helper that may wait for a page of user memory."""
        found = struct.iter_unpack("8s", self.instructions)
        return (_SLEEP,) in found

    def wakeful(self) -> Code:
        """The same where sleeping is not allowed: that helper answers that it failed."""
        words = (
            _FAIL if word == _SLEEP else word
            for (word,) in struct.iter_unpack("8s", self.instructions)
        )
        return self._replace(instructions=b"".join(words))

    @property
    def length(self) -> int:
        """Instructions; a 64-bit load counts twice."""
        return len(self.instructions) // 8

    def bound(self, descriptors: Mapping[str, int]) -> bytes:
        """The instructions with every map's descriptor filled in."""
        if not self.relocations:
            return self.instructions
        words = bytearray(self.instructions)
        for place in self.relocations:
            struct.pack_into("<i", words, place.at * 8 + 4, descriptors[place.map])
        return bytes(words)
