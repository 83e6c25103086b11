"""The canonical frame address at an instruction, from call frame information.

Only the CFA's own rule is computed: variables need no more, and unwinding is not done here.
`.eh_frame` is searched through its sorted header where there is one (LSB 4.1, 10.6).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

from translator.debuginfo.dwarf.forms import Malformed, sleb, uleb, unsigned
from translator.debuginfo.elf import ElfFile

_OMIT = 0xFF
_SORTED_TABLE = 0x3B  # pairs of 4-byte signed offsets from the header
_ENTRY = struct.Struct("<ii")
_MOST_INSTRUCTIONS = 100_000


@dataclass(frozen=True, slots=True)
class RegisterRule:
    """CFA = register + offset."""

    register: int
    offset: int


@dataclass(frozen=True, slots=True)
class ExpressionRule:
    """CFA = what the DWARF expression leaves."""

    expression: bytes


CfaRule: TypeAlias = RegisterRule | ExpressionRule


@dataclass(frozen=True, slots=True)
class _Common:
    """What we use of a CIE."""

    code_factor: int
    data_factor: int
    pointer_encoding: int
    augmented: bool
    instructions: bytes


class FrameTable:
    """One `.eh_frame` or `.debug_frame` section."""

    def __init__(self, data: bytes, address: int, index: dict[int, int] | None = None) -> None:
        self._data = data
        self._address = address
        self._is_eh = address != 0
        self._starts: list[tuple[int, int]] | None = None
        self._commons: dict[int, _Common] = {}
        self._index = index

    def cfa_at(self, address: int) -> CfaRule | None:
        """The rule in force before the instruction at ``address`` runs."""
        for entry in self._candidates(address):
            found = self._describes(entry, address)
            if found is not None:
                common, start, instructions = found
                return _run(common, start, instructions, address)
        return None

    def _candidates(self, address: int) -> list[int]:
        if self._starts is None:
            self._starts = sorted(self._entries())
        low, high = 0, len(self._starts)
        while low < high:
            middle = (low + high) // 2
            if self._starts[middle][0] <= address:
                low = middle + 1
            else:
                high = middle
        return [entry for _, entry in self._starts[max(0, low - 1) : low]]

    def _entries(self) -> list[tuple[int, int]]:
        """(first address, offset) of every FDE."""
        if self._index is not None:
            return list(self._index.items())
        found = []
        at = 0
        while at + 4 <= len(self._data):
            length, body, width = self._length(at)
            if length == 0:
                at = body
                continue
            pointer = unsigned(self._data, body, width)
            if not self._is_common(pointer, width):
                common = self._common(self._common_offset(body, pointer))
                start, _ = self._pointer(body + width, common.pointer_encoding)
                found.append((start, at))
            at = body + length
        return found

    def _length(self, at: int) -> tuple[int, int, int]:
        length = unsigned(self._data, at, 4)
        if length == 0xFFFFFFFF:
            return unsigned(self._data, at + 4, 8), at + 12, 4 if self._is_eh else 8
        return length, at + 4, 4

    def _is_common(self, pointer: int, width: int) -> bool:
        return pointer == 0 if self._is_eh else pointer == (1 << (8 * width)) - 1

    def _common_offset(self, body: int, pointer: int) -> int:
        return body - pointer if self._is_eh else pointer

    def _describes(self, entry: int, address: int) -> tuple[_Common, int, bytes] | None:
        length, body, width = self._length(entry)
        common = self._common(self._common_offset(body, unsigned(self._data, body, width)))
        start, at = self._pointer(body + width, common.pointer_encoding)
        size, at = self._pointer(at, common.pointer_encoding & 0x0F)
        if not start <= address < start + size:
            return None
        if common.augmented:
            skipped, at = uleb(self._data, at)
            at += skipped
        return common, start, self._data[at : body + length]

    def _common(self, offset: int) -> _Common:
        found = self._commons.get(offset)
        if found is None:
            found = self._commons[offset] = self._read_common(offset)
        return found

    def _read_common(self, offset: int) -> _Common:
        data = self._data
        length, body, width = self._length(offset)
        at = body + width
        version = data[at]
        end = data.index(b"\0", at + 1)
        augmentation = data[at + 1 : end]
        at = end + 1
        if version >= 4:
            at += 2
        code, at = uleb(data, at)
        factor, at = sleb(data, at)
        if version == 1:
            at += 1
        else:
            _return_register, at = uleb(data, at)
        encoding = 0
        augmented = augmentation.startswith(b"z")
        if augmented:
            size, at = uleb(data, at)
            after = at + size
            for letter in augmentation[1:]:
                if letter == ord("R"):
                    encoding = data[at]
                    at += 1
                elif letter == ord("L"):
                    at += 1
                elif letter == ord("P"):
                    _, at = self._pointer(at + 1, data[at])
            at = after
        elif augmentation:
            raise Malformed(f"call frame augmentation {augmentation!r} is not supported")
        return _Common(code, factor, encoding, augmented, data[at : body + length])

    def _pointer(self, at: int, encoding: int) -> tuple[int, int]:
        """A pointer encoded as DW_EH_PE says, with the position after it."""
        kind = encoding & 0x0F
        if kind == 1:
            value, after = uleb(self._data, at)
        elif kind == 9:
            value, after = sleb(self._data, at)
        else:
            size = {0: 8, 2: 2, 3: 4, 4: 8, 10: 2, 11: 4, 12: 8}.get(kind)
            if size is None:
                raise Malformed(f"call frame pointer encoding {encoding:#x}")
            value = unsigned(self._data, at, size)
            after = at + size
            if kind >= 8 and value >> (8 * size - 1):
                value -= 1 << (8 * size)
        if encoding & 0x70 == 0x10:
            value += self._address + at
        return value & ((1 << 64) - 1), after


def _run(common: _Common, start: int, instructions: bytes, address: int) -> CfaRule | None:
    rule: CfaRule | None = None
    saved: list[CfaRule | None] = []
    location = start
    for data in (common.instructions, instructions):
        at = 0
        for _ in range(_MOST_INSTRUCTIONS):
            if at >= len(data):
                break
            code = data[at]
            at += 1
            top, low = code & 0xC0, code & 0x3F
            if top == 0x40:
                location += low * common.code_factor
            elif top == 0x80:
                _, at = uleb(data, at)
            elif top == 0xC0 or code == 0:
                continue
            elif code == 1:
                location = unsigned(data, at, 8)
                at += 8
            elif code in (2, 3, 4):
                width = 1 << (code - 2)
                location += unsigned(data, at, width) * common.code_factor
                at += width
            elif code in (5, 9, 0x14, 0x2F):
                _, at = uleb(data, at)
                _, at = uleb(data, at)
            elif code in (6, 7, 8, 0x2E):
                _, at = uleb(data, at)
            elif code == 0x0A:
                saved.append(rule)
            elif code == 0x0B and saved:
                rule = saved.pop()
            elif code in (0x0C, 0x12):
                register, at = uleb(data, at)
                if code == 0x0C:
                    offset, at = uleb(data, at)
                else:
                    offset, at = sleb(data, at)
                    offset *= common.data_factor
                rule = RegisterRule(register, offset)
            elif code == 0x0D:
                register, at = uleb(data, at)
                rule = RegisterRule(register, rule.offset if isinstance(rule, RegisterRule) else 0)
            elif code in (0x0E, 0x13):
                if code == 0x0E:
                    offset, at = uleb(data, at)
                else:
                    offset, at = sleb(data, at)
                    offset *= common.data_factor
                if isinstance(rule, RegisterRule):
                    rule = RegisterRule(rule.register, offset)
            elif code == 0x0F:
                length, at = uleb(data, at)
                rule = ExpressionRule(data[at : at + length])
                at += length
            elif code in (0x10, 0x16):
                _, at = uleb(data, at)
                length, at = uleb(data, at)
                at += length
            elif code in (0x11, 0x15):
                _, at = uleb(data, at)
                _, at = sleb(data, at)
            else:
                raise Malformed(f"call frame instruction {code:#x}")
            if location > address:
                return rule  # advances change nothing else
    return rule


def read_frames(*files: ElfFile) -> tuple[FrameTable, ...]:
    """The call frame tables of a binary and its debug file, the most exact first."""
    found = []
    for file in files:
        if file.has_content(".debug_frame"):
            found.append(FrameTable(file.section(".debug_frame"), 0))
        if file.has_content(".eh_frame"):
            section = file.sections[".eh_frame"]
            index = _header_index(file, section.address)
            found.append(FrameTable(file.section(".eh_frame"), section.address, index))
    return tuple(found)


def _header_index(file: ElfFile, frames_address: int) -> dict[int, int] | None:
    """First address to offset in `.eh_frame`, from the sorted header; None if it has none."""
    header = file.sections.get(".eh_frame_hdr")
    data = file.section(".eh_frame_hdr")
    if header is None or len(data) < 12 or data[0] != 1 or data[3] != _SORTED_TABLE:
        return None
    if data[1] & 0x0F not in (3, 0x0B) or data[2] != 3:
        return None
    count = unsigned(data, 8, 4)
    if 12 + count * _ENTRY.size > len(data):
        return None
    base = header.address
    return {
        base + start: base + entry - frames_address
        for start, entry in _ENTRY.iter_unpack(data[12 : 12 + count * _ENTRY.size])
    }
