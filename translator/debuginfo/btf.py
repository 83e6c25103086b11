"""BTF: the kernel's own types, functions' prototypes and tracepoints' arguments, without DWARF.

Records are read where they lie.  Finding one by number needs a table of offsets (one pass over
all records, 126,000 in a kernel), which is kept on disk; finding one by name searches the bytes.
BTF has no files, lines, variables or locations: it refuses to guess them.
"""

from __future__ import annotations

import fnmatch
import re
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from translator.base.cache import DiskCache, digest
from translator.base.system import System
from translator.debuginfo import ctype as ct
from translator.debuginfo.elf import Image
from translator.debuginfo.model import DebugInfoError
from translator.debuginfo.units import VOID, TypeId

KERNEL_BTF = "/sys/kernel/btf/vmlinux"

_HEADER = struct.Struct("<HBBIIIII")
_MAGIC = 0xEB9F
_CACHE_KIND = "btf"
_TRACEPOINT = "btf_trace_"
_CALLER = "__traceiter_"
_MOST_SUFFIXES = 2000  # strings that end in a name, looked through when none equals it

_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _FWD, _TYPEDEF = range(1, 9)
_VOLATILE, _CONST, _RESTRICT, _FUNC, _FUNC_PROTO, _VAR, _DATASEC = range(9, 16)
_FLOAT, _DECL_TAG, _TYPE_TAG, _ENUM64 = range(16, 20)
_SIGNED, _CHAR, _BOOL = 1, 2, 4
# Words after the common three: so many, or so many for each of the record's `vlen` entries.
_FIXED_WORDS = {_INT: 1, _ARRAY: 3, _VAR: 1, _DECL_TAG: 1}
_WORDS_EACH = {_STRUCT: 3, _UNION: 3, _ENUM: 2, _FUNC_PROTO: 2, _DATASEC: 3, _ENUM64: 3}
_QUALIFIERS = {
    _VOLATILE: ct.Qualifier.VOLATILE,
    _CONST: ct.Qualifier.CONST,
    _RESTRICT: ct.Qualifier.RESTRICT,
}
_KINDS = {
    ct.TypeKind.STRUCT: (_STRUCT,),
    ct.TypeKind.UNION: (_UNION,),
    ct.TypeKind.ENUM: (_ENUM, _ENUM64),
    ct.TypeKind.TYPEDEF: (_TYPEDEF,),
    ct.TypeKind.BASE: (_INT, _FLOAT),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str  # "" where BTF has none
    type: TypeId


@dataclass(frozen=True, slots=True)
class Prototype:
    """A function's, or a tracepoint's handler's without its leading context pointer."""

    name: str
    parameters: tuple[Parameter, ...]
    result: TypeId


class Btf:
    """One BTF blob as a `TypeSource`; a module's continues the ids and strings of its ``base``."""

    def __init__(
        self, path: str, data: Image, cache: DiskCache | None = None, base: Btf | None = None
    ) -> None:
        if len(data) < _HEADER.size:
            raise DebugInfoError(f"{path}: not BTF (too short)")
        header = _HEADER.unpack_from(data, 0)
        magic, _version, _flags, length, types, types_size, strings, strings_size = header
        if magic != _MAGIC:
            raise DebugInfoError(f"{path}: not BTF")
        self.path = path
        self._data = data
        self._types_at = length + types
        self._strings_at = length + strings
        self._strings_size: int = strings_size
        end = self._types_at + types_size
        if max(end, self._strings_at + strings_size) > len(data) or types_size % 4:
            raise DebugInfoError(f"{path}: truncated BTF")
        self._types_end: int = end
        self._words = memoryview(data)[self._types_at : end].cast("I")
        self._base = base
        self._first_id: int = base.end_id if base is not None else 1
        self._first_string: int = base.end_string if base is not None else 0
        self._offsets = self._table(cache)
        self._found: dict[TypeId, ct.CType] = {}
        self._by_name: dict[tuple[ct.TypeKind, str], TypeId | None] = {}

    @property
    def end_id(self) -> int:
        """One past the last type's id."""
        return self._first_id + len(self._offsets)

    @property
    def end_string(self) -> int:
        return self._first_string + self._strings_size

    # As a `TypeSource`

    def type(self, type_id: TypeId) -> ct.CType:
        found = self._found.get(type_id)
        if found is None:
            found = self._found[type_id] = self._read(type_id)
        return found

    def find_type(self, kind: ct.TypeKind, name: str) -> TypeId | None:
        key = (kind, name)
        if key not in self._by_name:
            found = next(self._named(name, _KINDS[kind]), None)
            if found is not None:
                self._by_name[key] = TypeId(found)
            else:
                self._by_name[key] = self._base.find_type(kind, name) if self._base else None
        return self._by_name[key]

    def enumerator(self, name: str) -> int | None:
        key = name.encode("utf-8", "surrogateescape") + b"\0"
        for string in (each + 1 for each in self._strings(b"\0" + key)):
            value = self._enumerator(string, name)
            if value is not None:
                return value
        return self._base.enumerator(name) if self._base is not None else None

    def _enumerator(self, string: int, name: str) -> int | None:
        """Of an enumeration that has an entry with that string."""
        pattern = string.to_bytes(4, "little")
        at = self._data.find(pattern, self._types_at, self._types_end)
        while at >= 0:
            word, odd = divmod(at - self._types_at, 4)
            index = bisect_right(self._offsets, word) - 1
            if not odd and (self._words[self._offsets[index] + 1] >> 24) & 31 in (_ENUM, _ENUM64):
                found = self.type(TypeId(index + self._first_id))
                assert isinstance(found, ct.Enumeration)
                for each in found.enumerators:
                    if each.name == name:
                        return each.value
            at = self._data.find(pattern, at + 1, self._types_end)
        return None

    # Functions and tracepoints

    def function(self, name: str) -> Prototype | None:
        """The prototype of a kernel function; None if BTF does not have it."""
        found = next(self._named(name, (_FUNC,)), None)
        if found is None:
            return self._base.function(name) if self._base is not None else None
        return self._prototype(name, self._words[self._offsets[found - self._first_id] + 2])

    def functions(self, pattern: str) -> tuple[str, ...]:
        """Names of the functions that match the glob, sorted."""
        matches = re.compile(fnmatch.translate(pattern)).match
        words = self._words
        names = {
            self._text(words[at]) for at in self._offsets if (words[at + 1] >> 24) & 31 == _FUNC
        }
        return tuple(sorted(name for name in names if matches(name)))

    def tracepoint(self, name: str) -> Prototype | None:
        """The arguments of a tracepoint, as `kernel.trace` probes see them."""
        found = self.find_type(ct.TypeKind.TYPEDEF, _TRACEPOINT + name)
        if found is None:
            return None
        pointer = ct.stripped(self, found)
        if not isinstance(pointer, ct.Pointer):
            return None
        handler = self._prototype(name, pointer.target)
        if handler is None:
            return None
        parameters = handler.parameters[1:]
        if not all(each.name for each in parameters):
            # The callback's type has no names; the function that calls it has.
            caller = self.function(_CALLER + name)
            if caller is not None and len(caller.parameters) == len(handler.parameters):
                parameters = caller.parameters[1:]
        return Prototype(name, parameters, handler.result)

    def tracepoints(self) -> tuple[str, ...]:
        """Names of all tracepoints whose arguments are known, sorted."""
        strings = self._data[self._strings_at : self._strings_at + self._strings_size]
        pattern = re.compile(rb"\0" + _TRACEPOINT.encode() + rb"([^\0]+)(?=\0)")
        names = {match[1].decode() for match in pattern.finditer(strings)}
        return tuple(sorted(names))

    # Reading

    def _table(self, cache: DiskCache | None) -> array[int]:
        """Each type's first word, in order of ids."""
        key = ""
        if cache is not None:
            middle = self._types_at + len(self._words) * 2
            sample = (
                self._data[: _HEADER.size],
                self._data[middle : middle + 65536],
                self._data[-65536:],
            )
            key = digest(str(len(self._data)), *sample)
            kept = cache.read(_CACHE_KIND, key)
            if kept is not None and len(kept) % 4 == 0 and self._plausible(kept):
                table = array("I")
                table.frombytes(kept)
                return table
        table = self._walk()
        if cache is not None:
            cache.write(_CACHE_KIND, key, table.tobytes())
        return table

    def _plausible(self, kept: bytes) -> bool:
        """Whether kept bytes can be this blob's table: its last record ends where records end."""
        if not kept:
            return not len(self._words)
        last = int.from_bytes(kept[-4:], "little")
        if last + 2 >= len(self._words):
            return False
        return last + _length(self._words[last + 1]) == len(self._words)

    def _walk(self) -> array[int]:
        words, at, end = self._words, 0, len(self._words)
        lengths: dict[int, int] = {}
        offsets = []
        while at < end:
            offsets.append(at)
            info = words[at + 1]
            length = lengths.get(info)
            if length is None:
                length = lengths[info] = _length(info)
            at += length
        if at != end:
            raise DebugInfoError(f"{self.path}: damaged BTF")
        return array("I", offsets)

    def _text(self, offset: int) -> str:
        if offset < self._first_string:
            assert self._base is not None
            return self._base._text(offset)
        start = self._strings_at + offset - self._first_string
        return self._data[start : self._data.find(b"\0", start)].decode("utf-8", "replace")

    def _named(self, name: str, kinds: tuple[int, ...]) -> Iterator[int]:
        """Ids of this blob's types of one of ``kinds`` with that name."""
        key = name.encode("utf-8", "surrogateescape") + b"\0"
        whole = (each + 1 for each in self._strings(b"\0" + key))
        yielded = False
        for found in self._using(whole, kinds):
            yielded = True
            yield found
        if not yielded:  # the strings may be merged: a name as the end of a longer one
            yield from self._using(islice(self._strings(key), _MOST_SUFFIXES), kinds)

    def _strings(self, pattern: bytes) -> Iterator[int]:
        start, end = self._strings_at, self._strings_at + self._strings_size
        at = self._data.find(pattern, start, end)
        while at >= 0:
            yield at - start + self._first_string
            at = self._data.find(pattern, at + 1, end)

    def _using(self, strings: Iterator[int], kinds: tuple[int, ...]) -> Iterator[int]:
        offsets, words = self._offsets, self._words
        for string in strings:
            pattern = string.to_bytes(4, "little")
            at = self._data.find(pattern, self._types_at, self._types_end)
            while at >= 0:
                word, odd = divmod(at - self._types_at, 4)
                if not odd:
                    index = bisect_left(offsets, word)
                    if (
                        index < len(offsets)
                        and offsets[index] == word
                        and (words[word + 1] >> 24) & 31 in kinds
                    ):
                        yield index + self._first_id
                at = self._data.find(pattern, at + 1, self._types_end)

    def _prototype(self, name: str, type_id: int) -> Prototype | None:
        if type_id < self._first_id:
            return self._base._prototype(name, type_id) if self._base is not None else None
        at = self._record(type_id)
        words = self._words
        info = words[at + 1]
        if (info >> 24) & 31 != _FUNC_PROTO:
            return None
        parameters = tuple(
            Parameter(self._text(words[entry]), _reference(words[entry + 1]))
            for entry in range(at + 3, at + 3 + 2 * (info & 0xFFFF), 2)
        )
        return Prototype(name, parameters, _reference(words[at + 2]))

    def _record(self, type_id: int) -> int:
        index = type_id - self._first_id
        if not 0 <= index < len(self._offsets):
            raise DebugInfoError(f"{self.path}: there is no type number {type_id}")
        return self._offsets[index]

    def _read(self, type_id: TypeId) -> ct.CType:
        if type_id in (VOID, 0):
            return ct.Void()
        if type_id < self._first_id and self._base is not None:
            return self._base.type(type_id)
        at = self._record(type_id)
        words = self._words
        info, third = words[at + 1], words[at + 2]
        kind, count = (info >> 24) & 31, info & 0xFFFF
        name = self._text(words[at])
        if kind == _INT:
            return _integer(name, third, words[at + 3])
        if kind == _PTR:
            return ct.Pointer(_reference(third))
        if kind == _ARRAY:
            return ct.Array(_reference(words[at + 3]), words[at + 5])
        if kind in (_STRUCT, _UNION):
            record = ct.RecordKind.STRUCT if kind == _STRUCT else ct.RecordKind.UNION
            members = tuple(
                self._member(words[entry], words[entry + 1], words[entry + 2], info >> 31)
                for entry in range(at + 3, at + 3 + 3 * count, 3)
            )
            return ct.Record(record, name, third, members)
        if kind in (_ENUM, _ENUM64):
            return self._enumeration(name, at, third, count, info)
        if kind == _FWD:
            record = ct.RecordKind.UNION if info >> 31 else ct.RecordKind.STRUCT
            return ct.Record(record, name, 0, (), complete=False)
        if kind == _TYPEDEF:
            return ct.Typedef(name, _reference(third))
        if kind in _QUALIFIERS:
            return ct.Qualified(_QUALIFIERS[kind], _reference(third))
        if kind == _TYPE_TAG:
            return self.type(_reference(third))
        if kind == _FUNC:
            return self.type(TypeId(third))
        if kind == _FUNC_PROTO:
            return self._function_type(at, third, count)
        if kind == _FLOAT:
            return ct.Float(name, third)
        return ct.Opaque(name)

    def _member(self, name: int, type_id: int, offset: int, has_widths: int) -> ct.Member:
        member_type = _reference(type_id)
        width = offset >> 24 if has_widths else 0
        position = offset & 0xFFFFFF if has_widths else offset
        if not width:
            return ct.Member(self._text(name), member_type, position // 8)
        storage = ct.size_of(self, member_type) or 0
        start, bits = ct.bit_field(position, width, storage)
        return ct.Member(self._text(name), member_type, start, bits)

    def _enumeration(self, name: str, at: int, size: int, count: int, info: int) -> ct.CType:
        words = self._words
        signed = bool(info >> 31)
        wide = (info >> 24) & 31 == _ENUM64
        step = 3 if wide else 2
        bits = 64 if wide else 32
        enumerators = []
        for entry in range(at + 3, at + 3 + step * count, step):
            value = words[entry + 1] | (words[entry + 2] << 32 if wide else 0)
            if signed and value >> (bits - 1):
                value -= 1 << bits
            enumerators.append(ct.Enumerator(self._text(words[entry]), value))
        return ct.Enumeration(name, size, signed, tuple(enumerators))

    def _function_type(self, at: int, result: int, count: int) -> ct.FunctionType:
        words = self._words
        entries = [(words[at + 3 + 2 * each], words[at + 4 + 2 * each]) for each in range(count)]
        variadic = bool(entries) and entries[-1] == (0, 0)
        if variadic:
            entries.pop()
        parameters = tuple(_reference(type_id) for _, type_id in entries)
        return ct.FunctionType(_reference(result), parameters, variadic)


def open_kernel_btf(system: System, cache: DiskCache | None) -> Btf:
    """The running kernel's types.  Raises `DebugInfoError` where the kernel has none."""
    data = system.map_bytes(KERNEL_BTF)
    if data is None:
        raise DebugInfoError(
            f"{KERNEL_BTF}: not there; the kernel was built without CONFIG_DEBUG_INFO_BTF "
            "(use one that has it, or install the kernel's debug package)"
        )
    return Btf(KERNEL_BTF, data, cache)


def _length(info: int) -> int:
    """Words of a record, by its `info`."""
    kind = (info >> 24) & 31
    if not 1 <= kind <= _ENUM64:
        raise DebugInfoError(f"BTF of a kind we do not know ({kind})")
    return 3 + _FIXED_WORDS.get(kind, 0) + _WORDS_EACH.get(kind, 0) * (info & 0xFFFF)


def _reference(type_id: int) -> TypeId:
    return TypeId(type_id) if type_id else VOID


def _integer(name: str, size: int, details: int) -> ct.Integer:
    encoding = (details >> 24) & 0x0F
    shown = ct.Encoding.NUMBER
    if encoding & _BOOL:
        shown = ct.Encoding.BOOLEAN
    elif encoding & _CHAR or name in ("char", "signed char", "unsigned char"):
        shown = ct.Encoding.CHARACTER
    return ct.Integer(name, size, bool(encoding & _SIGNED), shown)
