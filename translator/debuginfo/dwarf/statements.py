"""Which instructions belong to which lines, and where a function's prologue ends."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from translator.debuginfo.dwarf.line_program import END_SEQUENCE, PROLOGUE_END, STATEMENT, Row
from translator.debuginfo.dwarf.unit import Unit
from translator.debuginfo.dwarf.units_table import UnitsTable
from translator.debuginfo.globs import matches_file
from translator.debuginfo.location import AddressRange
from translator.debuginfo.model import LineRow
from translator.debuginfo.units import LinkAddress


class Statements:
    """The line tables of one file's units."""

    def __init__(self, units: UnitsTable) -> None:
        self._units = units

    def of_ranges(self, unit: Unit, ranges: tuple[AddressRange, ...]) -> list[Row]:
        """The rows of a piece of code, in the order of its ranges."""
        rows = self._units.rows(unit)
        found = []
        for each in ranges:
            index = bisect_right(rows, (each.start, -1, -1, -1))
            while index < len(rows) and rows[index][0] < each.end:
                if not rows[index][3] & END_SEQUENCE:
                    found.append(rows[index])
                index += 1
        return found

    def prologue_end(self, unit: Unit, entry: int, ranges: tuple[AddressRange, ...]) -> int:
        """The compiler's mark if there is one, else the second row's address, else the entry.

        The second row counts even if it has the entry's line, as SystemTap has it (functions of
        one line, stack protectors).
        """
        rows = [row for row in self.of_ranges(unit, ranges) if row[0] >= entry]
        marked = [row[0] for row in rows if row[3] & PROLOGUE_END]
        later = [row[0] for row in rows if row[0] > entry]
        return (marked or later or [entry])[0]

    def at(self, unit: Unit, address: int) -> LineRow | None:
        """The row that covers the address."""
        rows = self._units.rows(unit)
        index = bisect_right(rows, (address, 1 << 64, 0, 0)) - 1
        if index < 0 or rows[index][3] & END_SEQUENCE:
            return None
        return self._shown(unit, rows[index])

    def of_file(self, pattern: str) -> Iterator[LineRow]:
        """Every row of the matching files."""
        for unit in self._units.units:
            wanted = self._numbers(unit, pattern)
            for row in self._units.rows(unit) if wanted else ():
                if row[1] in wanted and not row[3] & END_SEQUENCE:
                    yield self._shown(unit, row)

    def addresses(self, pattern: str, line: int) -> list[int]:
        """Where the line's code begins: the first of each run of its rows."""
        found = set()
        for unit in self._units.units:
            wanted = self._numbers(unit, pattern)
            inside = False
            for address, number, at_line, flags in self._units.rows(unit) if wanted else ():
                matches = number in wanted and at_line == line and not flags & END_SEQUENCE
                if matches and flags & STATEMENT and not inside:
                    found.add(address)
                inside = matches
        return sorted(found)

    def mentions(self, unit: Unit, pattern: str) -> bool:
        """Whether a file of the unit's line table matches."""
        return bool(self._numbers(unit, pattern))

    def _numbers(self, unit: Unit, pattern: str) -> set[int]:
        header = self._units.header(unit)
        files = header.files if header is not None else ()
        return {number for number, each in enumerate(files) if matches_file(each, pattern)}

    def _shown(self, unit: Unit, row: Row) -> LineRow:
        header = self._units.header(unit)
        address, number, line, flags = row
        files = header.files if header is not None else ()
        return LineRow(
            LinkAddress(address),
            files[number] if number < len(files) else "",
            line,
            bool(flags & STATEMENT),
            bool(flags & PROLOGUE_END),
        )
