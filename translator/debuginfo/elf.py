"""The parts of an ELF file that a tracer asks for, read where they lie.

Our own reader because importing pyelftools costs more processor time than answering a whole
query; pyelftools is the oracle of its tests.  64-bit little-endian only: others are refused.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from translator.debuginfo.model import DebugInfoError
from translator.debuginfo.units import FileOffset, LinkAddress

Image: TypeAlias = bytes | mmap.mmap

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_COMPRESSED = struct.Struct("<IIQQ")
_NOTE = struct.Struct("<III")
_SHT_NOTE, _SHT_NOBITS = 7, 8
_SHF_ALLOC, _SHF_COMPRESSED = 0x2, 0x800
_PT_LOAD, _PT_NOTE = 1, 4
_NT_GNU_BUILD_ID = 3
_ZLIB, _ZSTANDARD = 1, 2
_LARGEST_SECTION = 1 << 32
_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    entry_size: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A loadable piece: ``file_size`` bytes at ``offset`` appear at ``address``."""

    offset: int
    address: int
    file_size: int
    memory_size: int


class ElfFile:
    """One file, named ``path`` in messages.  Raises `DebugInfoError` if it is not ELF we read."""

    def __init__(self, path: str, image: Image) -> None:
        self.path = path
        self.image = image
        head = image[:64]
        if len(head) < 64 or head[:4] != b"\x7fELF":
            raise DebugInfoError(f"{path}: not an ELF file")
        if head[4] != 2 or head[5] != 1:
            raise DebugInfoError(f"{path}: only 64-bit little-endian binaries are supported")
        self.type, machine = struct.unpack_from("<HH", head, 16)
        self.machine = _MACHINES.get(machine, f"machine {machine}")
        segments, sections = struct.unpack_from("<QQ", head, 32)
        self._segments = (segments, *struct.unpack_from("<HH", head, 54))
        self._sections = (sections, *struct.unpack_from("<HHH", head, 58))

    @cached_property
    def sections(self) -> dict[str, Section]:
        """By name; of several with one name, the first."""
        offset, width, count, names_index = self._sections
        if offset == 0:
            return {}
        table = self._table(offset, width, count, _SECTION)
        if table and count == 0:  # more than 65,279 sections: the count stands in the first
            table = self._table(offset, width, table[0][5], _SECTION)
        if names_index == 0xFFFF and table:
            names_index = table[0][6]
        if names_index >= len(table):
            return {}
        names = self._bytes(table[names_index][4], table[names_index][5])
        found: dict[str, Section] = {}
        for name, kind, flags, address, at, size, link, _info, _align, entry in table:
            text = names[name : names.find(b"\0", name)].decode("utf-8", "replace")
            found.setdefault(text, Section(text, kind, flags, address, at, size, link, entry))
        return found

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(
            Segment(at, address, file_size, memory_size)
            for kind, _flags, at, address, _physical, file_size, memory_size, _align in self._program_headers
            if kind == _PT_LOAD
        )

    @cached_property
    def _program_headers(self) -> list[tuple[int, ...]]:
        offset, width, count = self._segments
        return self._table(offset, width, count, _SEGMENT)

    @cached_property
    def build_id(self) -> str | None:
        """Hexadecimal, lower case; from the note that GNU owns (a kernel has Xen's first)."""
        places = [(s.offset, s.size) for s in self.sections.values() if s.type == _SHT_NOTE]
        if not places:
            rows = self._program_headers
            places = [(row[2], row[5]) for row in rows if row[0] == _PT_NOTE]
        for offset, size in places:
            for owner, kind, description in notes(self._bytes(offset, size)):
                if owner == b"GNU" and kind == _NT_GNU_BUILD_ID:
                    return description.hex()
        return None

    def section(self, name: str) -> bytes:
        """A section's content, decompressed; empty if there is none."""
        found = self.sections.get(name)
        if found is None:
            old = self.sections.get(".z" + name[1:])
            return b"" if old is None else self._gnu_decompressed(old)
        if found.type == _SHT_NOBITS:
            return b""
        data = self._bytes(found.offset, found.size)
        return self._decompressed(found, data) if found.flags & _SHF_COMPRESSED else data

    def has_content(self, name: str) -> bool:
        """Whether the section, or its old compressed form, is there with bytes in the file."""
        found = self.sections.get(name) or self.sections.get(".z" + name[1:])
        return found is not None and found.type != _SHT_NOBITS and found.size > 0

    def file_offset(self, address: LinkAddress) -> FileOffset | None:
        for segment in self.segments:
            if 0 <= address - segment.address < segment.file_size:
                return FileOffset(address - segment.address + segment.offset)
        return None

    def link_address(self, offset: FileOffset) -> LinkAddress | None:
        for segment in self.segments:
            if 0 <= offset - segment.offset < segment.file_size:
                return LinkAddress(offset - segment.offset + segment.address)
        return None

    def _table(
        self, offset: int, width: int, count: int, row: struct.Struct
    ) -> list[tuple[int, ...]]:
        if count == 0 and row is _SECTION:
            count = 1
        if count == 0:
            return []
        if width < row.size:
            raise DebugInfoError(f"{self.path}: damaged ELF header (entries of {width} bytes)")
        data = self._bytes(offset, width * count)
        return [row.unpack_from(data, at) for at in range(0, width * count, width)]

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > len(self.image):
            raise DebugInfoError(f"{self.path}: truncated: it refers to bytes past its end")
        return self.image[offset : offset + size]

    def _decompressed(self, section: Section, data: bytes) -> bytes:
        if len(data) < _COMPRESSED.size:
            raise DebugInfoError(f"{self.path}: damaged compressed section {section.name}")
        kind, _reserved, size, _align = _COMPRESSED.unpack_from(data)
        if kind == _ZLIB:
            return self._inflated(section.name, data[_COMPRESSED.size :], size)
        name = "zstd" if kind == _ZSTANDARD else f"method {kind}"
        raise DebugInfoError(
            f"{self.path}: {section.name} is compressed with {name}, which is not supported; "
            "decompress it with `objcopy --decompress-debug-sections`"
        )

    def _gnu_decompressed(self, section: Section) -> bytes:
        data = self._bytes(section.offset, section.size)
        if data[:4] != b"ZLIB":
            return data
        return self._inflated(section.name, data[12:], int.from_bytes(data[4:12], "big"))

    def _inflated(self, name: str, data: bytes, size: int) -> bytes:
        if size > _LARGEST_SECTION:
            raise DebugInfoError(f"{self.path}: {name} claims {size} bytes decompressed")
        try:
            content = zlib.decompressobj().decompress(data, size)
        except zlib.error as error:
            raise DebugInfoError(f"{self.path}: {name} does not decompress: {error}") from error
        if len(content) != size:
            raise DebugInfoError(f"{self.path}: {name} decompresses to a wrong size")
        return content


def notes(data: bytes) -> list[tuple[bytes, int, bytes]]:
    """(owner, type, description) of each note; a damaged tail is left out."""
    found = []
    at = 0
    while at + _NOTE.size <= len(data):
        owner_size, size, kind = _NOTE.unpack_from(data, at)
        at += _NOTE.size
        owner = data[at : at + owner_size].rstrip(b"\0")
        at += (owner_size + 3) & ~3
        if at + size > len(data):
            break
        found.append((owner, kind, data[at : at + size]))
        at += (size + 3) & ~3
    return found
