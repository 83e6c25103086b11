"""Line tables: the files of a unit, and which line each instruction belongs to (DWARF 5, 6.2)."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TypeAlias

from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import (
    BLOCK_FORMS,
    Malformed,
    block,
    fixed_size,
    number,
    signed,
    skip,
    sleb,
    uleb,
    unsigned,
)
from translator.debuginfo.dwarf.unit import Unit

_CONTENT_PATH, _CONTENT_DIRECTORY = 1, 2
_MOST_FILES = 1 << 20
_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE, _SET_COLUMN = 1, 2, 3, 4, 5
_NEGATE_STATEMENT, _BASIC_BLOCK, _CONST_ADD_PC, _FIXED_ADVANCE_PC = 6, 7, 8, 9
_PROLOGUE_END = 10
_END_SEQUENCE, _SET_ADDRESS = 1, 2

STATEMENT, PROLOGUE_END, END_SEQUENCE = 1, 2, 4
Row: TypeAlias = tuple[int, int, int, int]  # address, file number, line, flags


@dataclass(frozen=True, slots=True)
class LineHeader:
    """``files[n]`` is the path of file number ``n``; the rest is for the program."""

    files: tuple[str, ...]
    program: bytes
    minimum_instruction: int
    default_is_statement: int
    line_base: int
    line_range: int
    opcode_base: int
    operand_counts: bytes


def read_header(unit: Unit) -> LineHeader | None:
    """The header of the unit's line table; None if it has none."""
    offset = unit.root.number(dw.AT_STMT_LIST)
    section = unit.sections.line
    if offset is None or offset >= section.size:
        return None
    length, at, width = section.number(offset, 4), 4, 4
    if length == 0xFFFFFFFF:
        length, at, width = section.number(offset + 4, 8), 12, 8
    data = section.slice(offset, min(offset + at + length, section.size))
    version = unsigned(data, at, 2)
    at += 2
    if not 2 <= version <= 5:
        raise Malformed(f"line table version {version} is not supported")
    if version >= 5:
        at += 2
    program = unsigned(data, at, width) + at + width
    at += width
    minimum = data[at]
    at += 1 if version < 4 else 2
    default, base, line_range, opcode_base = (
        data[at],
        signed(data, at + 1, 1),
        data[at + 2],
        data[at + 3],
    )
    at += 4
    counts = data[at : at + opcode_base - 1]
    at += max(opcode_base - 1, 0)
    directory = unit.root.text(dw.AT_COMP_DIR) or ""
    if version >= 5:
        files = _files(unit, data, at, width)
    else:
        files = _old_files(data, at, directory)
    if line_range == 0:
        raise Malformed("a line table with a line range of 0")
    return LineHeader(
        files, data[program:], minimum, default, base, line_range, opcode_base, counts
    )


def _joined(directory: str, name: str) -> str:
    return name if name.startswith("/") or not directory else posixpath.join(directory, name)


def _below(first: str, name: str) -> str:
    """A directory of the table; as SystemTap shows it, a relative first one (rewritten by
    -ffile-prefix-map) is not put before the others."""
    return _joined(first, name) if first.startswith("/") else name


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode("utf-8", "replace"), end + 1


def _old_files(data: bytes, at: int, directory: str) -> tuple[str, ...]:
    directories = [directory]
    while data[at]:
        name, at = _text(data, at)
        directories.append(_below(directory, name))
    at += 1
    files = [""]
    while data[at]:
        name, at = _text(data, at)
        index, at = uleb(data, at)
        _modified, at = uleb(data, at)
        _size, at = uleb(data, at)
        files.append(_joined(directories[index] if index < len(directories) else "", name))
    return tuple(files)


def _files(unit: Unit, data: bytes, at: int, width: int) -> tuple[str, ...]:
    rows, at = _entries(unit, data, at, width)
    first = rows[0][0] if rows else ""
    directories = [first, *(_below(first, name) for name, _ in rows[1:])]
    rows, at = _entries(unit, data, at, width)
    return tuple(
        _joined(directories[index] if index < len(directories) else "", name)
        for name, index in rows
    )


def _entries(unit: Unit, data: bytes, at: int, width: int) -> tuple[list[tuple[str, int]], int]:
    """(name, directory number) of each entry of one of DWARF 5's two tables."""
    formats = []
    count = data[at]
    at += 1
    for _ in range(count):
        content, at = uleb(data, at)
        form, at = uleb(data, at)
        formats.append((content, form))
    total, at = uleb(data, at)
    if total > _MOST_FILES or (total and not formats):
        raise Malformed(f"a line table of {total} files")
    found = []
    sizes = (8, width, 5)
    for _ in range(total):
        name, index = "", 0
        for content, form in formats:
            if content == _CONTENT_PATH:
                name = _path(unit, data, at, form, width)
            elif content == _CONTENT_DIRECTORY and form not in BLOCK_FORMS:
                index = number(data, at, form, 0, sizes)
            size = fixed_size(form, *sizes)
            at = at + size if size is not None else skip(data, at, form, 8, width)
        found.append((name, index))
    return found, at


def _path(unit: Unit, data: bytes, at: int, form: int, width: int) -> str:
    if form == dw.FORM_LINE_STRP:
        return unit.sections.line_str.text(unsigned(data, at, width))
    if form == dw.FORM_STRP:
        return unit.sections.str.text(unsigned(data, at, width))
    if form == dw.FORM_STRING:
        return _text(data, at)[0]
    if form in BLOCK_FORMS:
        return block(data, at, form).decode("utf-8", "replace")
    return unit.indexed_text(number(data, at, form, 0, (8, width, 5)))


def run(header: LineHeader) -> list[Row]:
    """All rows of the program, in its order; the last of each sequence is END_SEQUENCE."""
    data = header.program
    least, base, spread = header.minimum_instruction, header.line_base, header.line_range
    first_special = header.opcode_base
    special = [
        ((code - first_special) // spread * least, base + (code - first_special) % spread)
        for code in range(256)
    ]
    const_add = (255 - first_special) // spread * least
    default = STATEMENT if header.default_is_statement else 0
    address, file, line, flags = 0, 1, 1, default
    rows: list[Row] = []
    add = rows.append
    at, end = 0, len(data)
    while at < end:
        code = data[at]
        at += 1
        if code >= first_special:
            step, lines = special[code]
            address += step
            line += lines
            add((address, file, line, flags))
            flags &= STATEMENT
        elif code == 0:
            length, at = uleb(data, at)
            kind = data[at] if length else 0
            if kind == _END_SEQUENCE:
                add((address, file, line, END_SEQUENCE))
                address, file, line, flags = 0, 1, 1, default
            elif kind == _SET_ADDRESS:
                address = unsigned(data, at + 1, length - 1)
            at += length
        elif code == _COPY:
            add((address, file, line, flags))
            flags &= STATEMENT
        elif code == _ADVANCE_PC:
            step, at = uleb(data, at)
            address += step * least
        elif code == _ADVANCE_LINE:
            step, at = sleb(data, at)
            line += step
        elif code == _SET_FILE:
            file, at = uleb(data, at)
        elif code == _NEGATE_STATEMENT:
            flags ^= STATEMENT
        elif code == _CONST_ADD_PC:
            address += const_add
        elif code == _FIXED_ADVANCE_PC:
            address += unsigned(data, at, 2)
            at += 2
        elif code == _PROLOGUE_END:
            flags |= PROLOGUE_END
        elif code in (_BASIC_BLOCK, 11):
            continue
        else:
            for _ in range(header.operand_counts[code - 1]):
                _operand, at = uleb(data, at)
    return rows
