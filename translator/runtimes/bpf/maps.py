"""Maps: the memory that probes and user space share.

A `Map` moves bytes; what the bytes mean (a script's global, a histogram) is decided above.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import itertools
import mmap
import struct
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from typing import NamedTuple

from translator.runtimes.bpf.descriptors import Descriptors
from translator.runtimes.bpf.syscall import (
    Command,
    address_of,
    bpf,
    raise_memory_lock_limit,
    refusal,
)

_ENOTSUPP = 524  # the kernel's own, not in errno(3)
_CREATE = struct.Struct("<7I16s5IQ")  # … of union bpf_attr, up to map_extra
_ELEMENT = struct.Struct("<IIQQQ")  # map_fd, padding, key, value or next_key, flags
_BATCH = struct.Struct("<QQQQIIQQ")  # in, out, keys, values, count, map_fd, elem_flags, flags
_BATCH_COUNT = 32


class MapType(IntEnum):
    """enum bpf_map_type, as far as this runtime goes.

    LRU types drop entries silently: right only for arrays that wrap.
    """

    HASH = 1
    ARRAY = 2
    PROG_ARRAY = 3
    PERF_EVENT_ARRAY = 4
    PERCPU_HASH = 5
    PERCPU_ARRAY = 6
    STACK_TRACE = 7
    LRU_HASH = 9
    LRU_PERCPU_HASH = 10
    RINGBUF = 27


class MapFlag(IntFlag):
    NONE = 0
    NO_PREALLOC = 1
    RDONLY_PROG = 1 << 7
    MMAPABLE = 1 << 10


class Update(IntEnum):
    """What may be there already when an element is written."""

    ANY = 0
    NEW = 1
    EXISTING = 2


PER_CPU = frozenset({MapType.PERCPU_HASH, MapType.PERCPU_ARRAY, MapType.LRU_PERCPU_HASH})


class MapSpec(NamedTuple):
    """A map before it exists: sizes in bytes, ``entries`` at most (for RINGBUF: bytes of ring)."""

    name: str
    type: MapType
    key_size: int
    value_size: int
    entries: int
    flags: MapFlag = MapFlag.NONE


@functools.cache
def possible_cpus() -> int:
    """How many values an element of a per-CPU map has: the kernel's possible CPUs."""
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as file:
        return cpu_list(file.read())[-1] + 1


@functools.cache
def online_cpus() -> tuple[int, ...]:
    """The CPUs that run now."""
    with open("/sys/devices/system/cpu/online", encoding="ascii") as file:
        return cpu_list(file.read())


def cpu_list(text: str) -> tuple[int, ...]:
    """The kernel's notation "0-3,8" as numbers."""
    found: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)


class Map:
    """One map of the kernel, through its descriptor.

    Keys and values are bytes of exactly the sizes in `spec`; a per-CPU map's value is a
    tuple-like row of `possible_cpus()` values, read by `lookup_each` and `items_each`.
    Not for use by several threads at once: the key and value buffers are reused.
    """

    __slots__ = (
        "_attributes",
        "_key",
        "_key_attributes",
        "_next",
        "_next_attributes",
        "_value",
        "descriptor",
        "spec",
        "stride",
    )

    def __init__(self, spec: MapSpec, descriptor: int) -> None:
        self.spec = spec
        self.descriptor = descriptor
        self.stride = (spec.value_size + 7) & ~7 if spec.type in PER_CPU else spec.value_size
        size = self.stride * possible_cpus() if spec.type in PER_CPU else spec.value_size
        self._key = ctypes.create_string_buffer(max(spec.key_size, 1))
        self._next = ctypes.create_string_buffer(max(spec.key_size, 1))
        self._value = ctypes.create_string_buffer(max(size, 1))
        self._attributes = self._element(address_of(self._value), Update.ANY)
        self._key_attributes = self._element(0, Update.ANY)
        self._next_attributes = self._element(address_of(self._next), Update.ANY)

    def _element(self, other: int, flags: int) -> bytes:
        return _ELEMENT.pack(self.descriptor, 0, address_of(self._key), other, flags)

    def lookup(self, key: bytes) -> bytes | None:
        """The value at ``key`` (of a per-CPU map: every CPU's, `stride` bytes each), or None."""
        self._key.raw = key
        code = bpf(Command.MAP_LOOKUP_ELEM, self._attributes)
        if code == 0:
            return self._value.raw
        if code == -errno.ENOENT:
            return None
        raise refusal(f"reading map {self.spec.name}", code)

    def lookup_each(self, key: bytes) -> list[bytes] | None:
        """The value at ``key`` of every possible CPU, or None."""
        row = self.lookup(key)
        return None if row is None else self._split(row)

    def _split(self, row: bytes) -> list[bytes]:
        size = self.spec.value_size
        return [row[at : at + size] for at in range(0, len(row), self.stride)]

    def update(self, key: bytes, value: bytes, when: Update = Update.ANY) -> bool:
        """Write ``value``; False if ``when`` forbids it.  Raises BpfError (E2BIG) if full."""
        self._key.raw = key
        self._value.raw = value
        attributes = (
            self._attributes if when is Update.ANY else self._element(address_of(self._value), when)
        )
        code = bpf(Command.MAP_UPDATE_ELEM, attributes)
        if code == 0:
            return True
        if code in (-errno.EEXIST, -errno.ENOENT):
            return False
        raise refusal(f"writing map {self.spec.name}", code)

    def delete(self, key: bytes) -> bool:
        """Remove the element at ``key``; whether there was one."""
        self._key.raw = key
        code = bpf(Command.MAP_DELETE_ELEM, self._key_attributes)
        if code == 0:
            return True
        if code == -errno.ENOENT:
            return False
        raise refusal(f"deleting from map {self.spec.name}", code)

    def each_key(self) -> list[bytes]:
        """Every key once, in the kernel's order."""
        found = self._batched()
        if found is not None:
            return [key for key, _ in found]
        # A walk restarts when programs remove the element that it stands at; it may do so for
        # as long as they go on.
        limit = 2 * self.spec.entries + 2
        return list(dict.fromkeys(itertools.islice(self, limit)))

    def __iter__(self) -> Iterator[bytes]:
        """Every key, in the kernel's order; elements removed meanwhile may restart the walk."""
        attributes = _ELEMENT.pack(self.descriptor, 0, 0, address_of(self._next), 0)
        size = self.spec.key_size
        while True:
            code = bpf(Command.MAP_GET_NEXT_KEY, attributes)
            if code == -errno.ENOENT:
                return
            if code < 0:
                raise refusal(f"walking map {self.spec.name}", code)
            key = self._next.raw[:size]
            yield key
            self._key.raw = key
            attributes = self._next_attributes

    def items(self) -> list[tuple[bytes, bytes]]:
        """Every element.  Batched where the kernel can, one by one where not."""
        found = self._batched()
        if found is not None:
            return found
        walked: list[tuple[bytes, bytes]] = []
        for key in self.each_key():
            value = self.lookup(key)
            if value is not None:
                walked.append((key, value))
        return walked

    def items_each(self) -> list[tuple[bytes, list[bytes]]]:
        """Every element of a per-CPU map with every possible CPU's value."""
        return [(key, self._split(row)) for key, row in self.items()]

    def _batched(self) -> list[tuple[bytes, bytes]] | None:
        key_size, value_size = self.spec.key_size, len(self._value)
        # A hash is walked in whole buckets: a batch smaller than a bucket answers ENOSPC.
        count = min(
            max(self.spec.entries, 1), max(_BATCH_COUNT, (1 << 20) // (key_size + value_size))
        )
        found: list[tuple[bytes, bytes]] = []
        position = ctypes.create_string_buffer(max(key_size, 8))
        start = 0
        keys = values = None
        while True:
            if keys is None or values is None:
                keys = ctypes.create_string_buffer(key_size * count)
                values = ctypes.create_string_buffer(value_size * count)
            attributes = bytearray(
                _BATCH.pack(
                    start,
                    address_of(position),
                    address_of(keys),
                    address_of(values),
                    count,
                    self.descriptor,
                    0,
                    0,
                )
            )
            code = bpf(Command.MAP_LOOKUP_BATCH, attributes)
            if code in (-errno.EINVAL, -_ENOTSUPP, -errno.EOPNOTSUPP) and not found:
                return None
            if code == -errno.ENOSPC:
                count, keys, values = count * 2, None, None
                continue
            if code not in (0, -errno.ENOENT):
                raise refusal(f"reading map {self.spec.name}", code)
            (read,) = struct.unpack_from("<I", attributes, 32)
            raw_keys, raw_values = keys.raw, values.raw
            found.extend(
                (
                    raw_keys[i * key_size : (i + 1) * key_size],
                    raw_values[i * value_size : (i + 1) * value_size],
                )
                for i in range(read)
            )
            if code == -errno.ENOENT:
                return found
            start = address_of(position)

    def clear(self) -> int:
        """Remove every element; how many there were."""
        return sum(map(self.delete, self.each_key()))

    def memory(self, held: Descriptors) -> memoryview:
        """The values of an MMAPABLE array as shared, writable memory.

        Element ``i`` starts at ``i`` times the value size rounded up to 8 bytes.
        """
        assert self.spec.flags & MapFlag.MMAPABLE, self.spec
        size = ((self.spec.value_size + 7) & ~7) * self.spec.entries
        length = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        mapping = held.own_mapping(
            mmap.mmap(self.descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        )
        return memoryview(mapping)[:size]


def create_map(held: Descriptors, spec: MapSpec) -> Map:
    """Make the map; ``held`` owns it.  Raises BpfError or PrivilegeError."""
    name = "".join(c if c.isalnum() or c in "_." else "_" for c in spec.name)
    attributes = _CREATE.pack(
        spec.type, spec.key_size, spec.value_size, spec.entries, spec.flags,
        0, 0, name.encode("ascii", "replace")[:15], 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    descriptor = bpf(Command.MAP_CREATE, attributes)
    if descriptor == -errno.EPERM and raise_memory_lock_limit():
        descriptor = bpf(Command.MAP_CREATE, attributes)
    if descriptor < 0:
        size = f"{spec.entries} × ({spec.key_size} + {spec.value_size}) bytes"
        raise refusal(f"creating map {spec.name} ({spec.type.name}, {size})", descriptor)
    return Map(spec, held.own(descriptor))
