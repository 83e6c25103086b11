"""The DWARF sections of one file, each loaded when first needed.

Big plain sections stay in the mapped file and are sliced; compressed ones are inflated once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from translator.debuginfo.dwarf.forms import Malformed
from translator.debuginfo.elf import ElfFile, Image

_SHF_COMPRESSED = 0x800
_SHT_NOBITS = 8


class SectionView:
    """A section as a window into the file, or as bytes of its own."""

    __slots__ = ("_base", "_image", "size")

    def __init__(self, image: Image, base: int, size: int) -> None:
        self._image = image
        self._base = base
        self.size = size

    def slice(self, start: int, end: int) -> bytes:
        if not 0 <= start <= end <= self.size:
            raise Malformed(f"bytes {start:#x} to {end:#x} are outside the section")
        return self._image[self._base + start : self._base + end]

    def number(self, offset: int, size: int) -> int:
        return int.from_bytes(self.slice(offset, offset + size), "little")

    def occurrences(self, pattern: bytes) -> Iterator[int]:
        """Offsets at which ``pattern`` stands, aligned or not."""
        end = self._base + self.size
        found = self._image.find(pattern, self._base, end)
        while found >= 0:
            yield found - self._base
            found = self._image.find(pattern, found + 1, end)

    def text(self, offset: int) -> str:
        """The zero-terminated string at ``offset``."""
        if not 0 <= offset < self.size:
            raise Malformed(f"string offset {offset:#x} is outside the section")
        start = self._base + offset
        end = self._image.find(b"\0", start, self._base + self.size)
        return self._image[start:end].decode("utf-8", "replace")


class DwarfSections:
    """Views by short name: ``info``, ``str``, …"""

    def __init__(self, file: ElfFile) -> None:
        self.file = file

    def view(self, name: str) -> SectionView:
        section = self.file.sections.get(name)
        if section is None or section.flags & _SHF_COMPRESSED or section.type == _SHT_NOBITS:
            data = self.file.section(name)
            return SectionView(data, 0, len(data))
        if section.offset + section.size > len(self.file.image):
            raise Malformed(f"section {name} is truncated")
        return SectionView(self.file.image, section.offset, section.size)

    @cached_property
    def info(self) -> SectionView:
        return self.view(".debug_info")

    @cached_property
    def abbrev(self) -> bytes:
        return self.file.section(".debug_abbrev")

    @cached_property
    def str(self) -> SectionView:
        return self.view(".debug_str")

    @cached_property
    def line_str(self) -> SectionView:
        return self.view(".debug_line_str")

    @cached_property
    def str_offsets(self) -> SectionView:
        return self.view(".debug_str_offsets")

    @cached_property
    def addr(self) -> SectionView:
        return self.view(".debug_addr")

    @cached_property
    def line(self) -> SectionView:
        return self.view(".debug_line")

    @cached_property
    def aranges(self) -> bytes:
        return self.file.section(".debug_aranges")

    @cached_property
    def ranges(self) -> SectionView:
        return self.view(".debug_ranges")

    @cached_property
    def rnglists(self) -> SectionView:
        return self.view(".debug_rnglists")

    @cached_property
    def loc(self) -> SectionView:
        return self.view(".debug_loc")

    @cached_property
    def loclists(self) -> SectionView:
        return self.view(".debug_loclists")
