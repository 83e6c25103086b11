"""Symbol tables: an address as ``name+offset``, and a name's addresses.

Rows are kept as they are in the file, sorted by address; names are decoded when asked for.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from translator.debuginfo.elf import ElfFile
from translator.debuginfo.model import ElfSymbol, SymbolPlace
from translator.debuginfo.units import LinkAddress

_SYMBOL = struct.Struct("<IBBHQQ")
_NOTYPE, _OBJECT, _FUNC, _GNU_IFUNC = 0, 1, 2, 10
_FUNCTIONS = frozenset((_FUNC, _GNU_IFUNC))
_SHOWN = frozenset((_FUNC, _GNU_IFUNC, _OBJECT))
_LOCAL = 0
_UNDEFINED, _FIRST_RESERVED = 0, 0xFF00
# How many unsized or smaller symbols may stand between an address and the one that holds it.
_FURTHEST = 32

_Row: TypeAlias = tuple[int, int, int, int, int]  # address, size, info, table, name's offset


class SymbolTable:
    """The defined functions and objects of `.symtab` and `.dynsym` of a binary and its debug file."""

    def __init__(self, *files: ElfFile) -> None:
        self._strings: list[bytes] = []
        self._tables: list[bytes] = []
        for file in files:
            for table, strings in ((".symtab", ".strtab"), (".dynsym", ".dynstr")):
                data = file.section(table)
                if data:
                    self._tables.append(data[: len(data) - len(data) % _SYMBOL.size])
                    self._strings.append(file.section(strings))

    def at(self, address: int) -> SymbolPlace | None:
        """The symbol that holds the address.

        Of several: sized before bare labels, global before local, the plainest name.  An address
        past the end of the sized symbol below belongs to none, unless a bare label is nearer.
        """
        rows = self._rows
        index = bisect_right(self._starts, address) - 1
        label: _Row | None = None
        for position in range(index, max(index - _FURTHEST, -1), -1):
            start, size, *_ = rows[position]
            if address < start + max(size, 1):
                first = bisect_right(self._starts, start - 1)
                same = [
                    row for row in rows[first : position + 1] if address < row[0] + max(row[1], 1)
                ]
                return self._place(min(same, key=self._rank), address)
            if size == 0 and label is None:
                label = rows[position]
        return None if label is None else self._place(label, address)

    def named(self, name: str) -> tuple[ElfSymbol, ...]:
        """The symbols of that name, without decoding the others."""
        found: dict[int, ElfSymbol] = {}
        key = name.encode("utf-8", "surrogateescape") + b"\0"
        for table, strings in enumerate(self._strings):
            offsets = set()
            at = strings.find(key)
            while at >= 0:
                offsets.add(at)
                at = strings.find(key, at + 1)
            if offsets:
                for row in _read(self._tables[table], table):
                    if row[4] in offsets:
                        found.setdefault(row[0], self._symbol(row))
        return tuple(found[address] for address in sorted(found))

    @cached_property
    def symbols(self) -> tuple[ElfSymbol, ...]:
        """All, by address; of several for one address the one that `at` prefers first."""
        seen: dict[tuple[int, str], ElfSymbol] = {}
        for row in sorted(self._rows, key=lambda row: (row[0], self._rank(row))):
            symbol = self._symbol(row)
            seen.setdefault((symbol.address, symbol.name), symbol)
        return tuple(seen.values())

    @cached_property
    def _rows(self) -> list[_Row]:
        return sorted(row for table, data in enumerate(self._tables) for row in _read(data, table))

    @cached_property
    def _starts(self) -> list[int]:
        return [row[0] for row in self._rows]

    def _name(self, row: _Row) -> str:
        strings = self._strings[row[3]]
        return strings[row[4] : strings.find(b"\0", row[4])].decode("utf-8", "replace")

    def _symbol(self, row: _Row) -> ElfSymbol:
        address, size, info, *_ = row
        return ElfSymbol(
            self._name(row),
            LinkAddress(address),
            size,
            info & 15 in _FUNCTIONS,
            info >> 4 != _LOCAL,
        )

    def _rank(self, row: _Row) -> tuple[bool, bool, int, str]:
        name = self._name(row)
        underscores = len(name) - len(name.lstrip("_"))
        return row[1] == 0, row[2] >> 4 == _LOCAL, underscores, name

    def _place(self, row: _Row, address: int) -> SymbolPlace:
        return SymbolPlace(self._name(row), address - row[0], row[1])


def _read(data: bytes, table: int) -> Iterator[_Row]:
    """The rows of one table that name a function, an object or, if global, any place."""
    return (
        (value, size, info, table, name)
        for name, info, _other, section, value, size in _SYMBOL.iter_unpack(data)
        if _UNDEFINED < section < _FIRST_RESERVED
        and name
        and (info & 15 in _SHOWN or (info & 15 == _NOTYPE and info >> 4 != _LOCAL))
    )
