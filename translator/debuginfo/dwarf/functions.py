"""Functions that DWARF describes: found by name, by file and by address."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.ranges import ranges_of
from translator.debuginfo.dwarf.scan import name_of, origins
from translator.debuginfo.dwarf.statements import Statements
from translator.debuginfo.dwarf.unit import Die, Unit
from translator.debuginfo.dwarf.units_table import UnitsTable
from translator.debuginfo.globs import is_glob, matcher, matches_file
from translator.debuginfo.model import Function, FunctionKind
from translator.debuginfo.units import FunctionId, LinkAddress


class Functions:
    """The subprograms and inlined instances of one file."""

    def __init__(self, units: UnitsTable, statements: Statements) -> None:
        self._units = units
        self._statements = statements
        self._made: dict[int, Function | None] = {}
        self._code: dict[int, list[tuple[int, int, int]]] = {}

    def matching(self, pattern: str, file: str | None) -> Iterator[Function]:
        """Those with code of their own; without glob only units that mention the name are read."""
        matches = matcher(pattern)
        for unit in self._candidates(pattern, file):
            for name, offsets in self._units.names(unit).functions.items():
                for offset in offsets if matches(name) else ():
                    function = self.at_die(offset)
                    if function is not None and _in_file(function, file):
                        yield function

    def instances(self, pattern: str, file: str | None) -> Iterator[Function]:
        """Inlined instances."""
        matches = matcher(pattern)
        for unit in self._candidates(pattern, file):
            names = self._units.names(unit).inlines
            if not unit.refers_elsewhere and not any(matches(name) for name in names):
                continue
            for name, die, container in self._units.instances(unit):
                if not matches(name):
                    continue
                if die.offset not in self._made:
                    self._made[die.offset] = self._described(
                        die, name, FunctionKind.INLINED, container.offset
                    )
                function = self._made[die.offset]
                if function is not None and _in_file(function, file):
                    yield function

    def holding(self, address: int) -> Function | None:
        """The function whose code the address is in."""
        unit = self._units.unit_at(address)
        if unit is None:
            return None
        code = self._code.get(unit.offset)
        if code is None:
            code = self._code[unit.offset] = sorted(
                (each.start, each.end, offset)
                for offsets in self._units.names(unit).functions.values()
                for offset in offsets
                for each in ranges_of(unit.die(offset))
            )
        index = bisect_right(code, (address, 1 << 64, 0)) - 1
        if index < 0 or address >= code[index][1]:
            return None
        return self.at_die(code[index][2])

    def at_die(self, offset: int) -> Function | None:
        """The subprogram or inlined instance of a DIE; None if its code was dropped."""
        if offset not in self._made:
            die = self._units.die(offset)
            kind, container = FunctionKind.SUBPROGRAM, None
            if die.tag == dw.TAG_INLINED_SUBROUTINE:
                kind = FunctionKind.INLINED
                container = next(
                    around.offset
                    for _, each, around in self._units.instances(die.unit)
                    if each.offset == offset
                )
            self._made[offset] = self._described(die, name_of(die) or "", kind, container)
        return self._made[offset]

    def declared(self, die: Die) -> tuple[str | None, int | None]:
        """File and line of a function's or variable's declaration."""
        file: str | None = None
        line: int | None = None
        for each in origins(die):
            if line is None:
                line = each.number(dw.AT_DECL_LINE)
            number = each.number(dw.AT_DECL_FILE) if file is None else None
            if number is not None:
                header = self._units.header(each.unit)
                if header is not None and 0 <= number < len(header.files):
                    file = header.files[number]
        return file, line

    def _candidates(self, pattern: str, file: str | None) -> Iterator[Unit]:
        units = self._units.units if is_glob(pattern) else self._units.mentioning(pattern)
        for unit in units:
            if file is None or self._statements.mentions(unit, file):
                yield unit

    def _described(
        self, die: Die, name: str, kind: FunctionKind, container: int | None
    ) -> Function | None:
        ranges = ranges_of(die)
        if not ranges and kind is FunctionKind.SUBPROGRAM:
            return None
        low = die.number(dw.AT_LOW_PC) or die.number(dw.AT_ENTRY_PC)
        address = low or (ranges[0].start if ranges else 0)
        if not address:
            return None  # dropped by the linker
        file, line = self.declared(die)
        if line is None:  # assembler declares nothing: the line of its first instruction
            row = self._statements.at(die.unit, address)
            file, line = (row.file, row.line) if row is not None else (None, None)
        return Function(
            FunctionId(die.offset),
            kind,
            name,
            LinkAddress(address),
            ranges,
            file,
            line,
            any(each.has(dw.AT_EXTERNAL) for each in origins(die)),
            next(filter(None, (_linkage_name(each) for each in origins(die))), None),
            None if container is None else FunctionId(container),
        )


def _linkage_name(die: Die) -> str | None:
    return die.text(dw.AT_LINKAGE_NAME) or die.text(dw.AT_MIPS_LINKAGE_NAME)


def _in_file(function: Function, file: str | None) -> bool:
    return file is None or (function.file is not None and matches_file(function.file, file))
