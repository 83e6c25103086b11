"""Symbol tables: an address as ``name+offset``, and a name's addresses.

Sorted arrays and bisection; a table is built once per binary and asked often.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from translator.debuginfo.elf import ElfFile
from translator.debuginfo.model import ElfSymbol, SymbolPlace
from translator.debuginfo.units import LinkAddress

_SYMBOL = struct.Struct("<IBBHQQ")
_NOTYPE, _OBJECT, _FUNC, _GNU_IFUNC = 0, 1, 2, 10
_LOCAL, _GLOBAL, _WEAK = 0, 1, 2
_UNDEFINED, _FIRST_RESERVED = 0, 0xFF00


class SymbolTable:
    """Defined functions and objects, sorted by address."""

    def __init__(self, symbols: Iterable[ElfSymbol]) -> None:
        self.symbols = tuple(sorted(symbols, key=_rank))
        self._starts = [each.address for each in self.symbols]

    def at(self, address: int) -> SymbolPlace | None:
        """The symbol that holds the address: sized ones before bare labels, global ones first.

        An address past the last sized symbol below it belongs to none, unless that is unsized.
        """
        index = bisect_right(self._starts, address) - 1
        best: ElfSymbol | None = None
        for position in range(index, max(index - 32, -1), -1):
            symbol = self.symbols[position]
            if symbol.address <= address < symbol.address + max(symbol.size, 1):
                start = bisect_right(self._starts, symbol.address - 1)
                best = next(
                    each
                    for each in self.symbols[start : position + 1]
                    if address < each.address + max(each.size, 1)
                )
                break
            if symbol.size == 0 and best is None:
                best = symbol
        if best is None:
            return None
        return SymbolPlace(best.name, address - best.address, best.size)

    @cached_property
    def by_name(self) -> dict[str, tuple[ElfSymbol, ...]]:
        found: dict[str, tuple[ElfSymbol, ...]] = {}
        for symbol in self.symbols:
            found[symbol.name] = (*found.get(symbol.name, ()), symbol)
        return found


def _rank(symbol: ElfSymbol) -> tuple[int, bool, bool, int, str]:
    """By address; of several names for one place the sized, global, plainest first."""
    underscores = len(symbol.name) - len(symbol.name.lstrip("_"))
    return symbol.address, symbol.size == 0, not symbol.is_global, underscores, symbol.name


def read_symbols(*files: ElfFile) -> SymbolTable:
    """The functions and objects of `.symtab` and `.dynsym` of a binary and its debug file."""
    seen: dict[tuple[str, int], ElfSymbol] = {}
    for file in files:
        for table, strings in ((".symtab", ".strtab"), (".dynsym", ".dynstr")):
            for symbol in _read(file.section(table), file.section(strings)):
                seen.setdefault((symbol.name, symbol.address), symbol)
    return SymbolTable(seen.values())


def _read(table: bytes, strings: bytes) -> Iterable[ElfSymbol]:
    whole = len(table) - len(table) % _SYMBOL.size
    for name, info, _other, section, value, size in _SYMBOL.iter_unpack(table[:whole]):
        kind, binding = info & 15, info >> 4
        if section == _UNDEFINED or section >= _FIRST_RESERVED or not name:
            continue
        if kind not in (_FUNC, _GNU_IFUNC, _OBJECT) and not (kind == _NOTYPE and binding):
            continue
        text = strings[name : strings.find(b"\0", name)].decode("utf-8", "replace")
        is_function = kind in (_FUNC, _GNU_IFUNC)
        yield ElfSymbol(text, LinkAddress(value), size, is_function, binding != _LOCAL)
