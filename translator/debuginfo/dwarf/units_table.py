"""All units of a file: which one has a DIE, an address or a name; scanned one by one, on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from translator.debuginfo.ctype import TypeKind
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed, unsigned
from translator.debuginfo.dwarf.line_program import LineHeader, Row, read_header, run
from translator.debuginfo.dwarf.ranges import ranges_of
from translator.debuginfo.dwarf.scan import UnitNames, inlined_instances, name_of, scan
from translator.debuginfo.dwarf.sections import DwarfSections
from translator.debuginfo.dwarf.unit import STRING_INDEXES, Die, Unit, read_units
from translator.debuginfo.elf import ElfFile

# A name that ends more strings than this is looked for in every unit.
_MOST_PLACES = 64


class UnitsTable:
    """The units of one file, remembered as they are read."""

    def __init__(self, file: ElfFile) -> None:
        self._sections = DwarfSections(file)
        self._names: dict[int, UnitNames] = {}
        self._headers: dict[int, LineHeader | None] = {}
        self._rows: dict[int, list[Row]] = {}
        self._instances: dict[int, list[tuple[str, Die, Die]]] = {}
        self._mentions: dict[str, list[Unit]] = {}

    @cached_property
    def units(self) -> list[Unit]:
        return read_units(self._sections, self.die)

    @cached_property
    def is_split(self) -> bool:
        """Whether the units are skeletons, their content in files of their own (.dwo)."""
        if not self._sections.addr.size:
            return False
        return any(
            unit.root.has(dw.AT_DWO_NAME) or unit.root.has(dw.AT_GNU_DWO_NAME)
            for unit in self.units
        )

    @cached_property
    def _offsets(self) -> list[int]:
        return [unit.offset for unit in self.units]

    def unit_of_die(self, offset: int) -> Unit:
        index = bisect_right(self._offsets, offset) - 1
        if index < 0:
            raise Malformed(f"no unit holds a DIE at {offset:#x}")
        return self.units[index]

    def die(self, offset: int) -> Die:
        return self.unit_of_die(offset).die(offset)

    def unit_at(self, address: int) -> Unit | None:
        """The unit whose code holds the address."""
        starts, ends, offsets = self._aranges
        index = bisect_right(starts, address) - 1
        if index >= 0 and address < ends[index]:
            return self.unit_of_die(offsets[index])
        starts, ends, offsets = self._unit_ranges
        index = bisect_right(starts, address) - 1
        if index >= 0 and address < ends[index]:
            return self.unit_of_die(offsets[index])
        return None

    def names(self, unit: Unit) -> UnitNames:
        found = self._names.get(unit.offset)
        if found is None:
            found = self._names[unit.offset] = scan(unit)
        return found

    def mentioning(self, name: str) -> list[Unit]:
        """The units that may define ``name``, in order; the others surely do not.

        Found by searching the bytes of strings and of references to them, without scanning.
        """
        found = self._mentions.get(name)
        if found is None:
            found = self._mentions[name] = self._search(name)
        return found

    def _search(self, name: str) -> list[Unit]:
        key = name.encode("utf-8", "surrogateescape") + b"\0"
        info = self._sections.info
        places = list(islice(self._sections.str.occurrences(key), _MOST_PLACES + 1))
        if len(places) > _MOST_PLACES:
            return self.units
        hits = set(self._indirect)
        for pattern in (key, *(place.to_bytes(4, "little") for place in places)):
            for offset in info.occurrences(pattern):
                hits.add(bisect_right(self._offsets, offset) - 1)
        return [self.units[index] for index in sorted(hits) if index >= 0]

    @cached_property
    def _indirect(self) -> list[int]:
        """Indices of the units whose names cannot be searched for: they are numbers in a table
        of their own (DW_FORM_strx), or stand in another unit (link-time optimisation)."""
        return [
            index
            for index, unit in enumerate(self.units)
            if unit.offset_size != 4
            or unit.refers_elsewhere
            or any(
                dw.AT_NAME in plan.where and plan.where[dw.AT_NAME][2] in STRING_INDEXES
                for plan in unit.table.values()
            )
        ]

    def find_type(self, kind: TypeKind, name: str, first: Unit | None = None) -> int | None:
        """Offset of a definition; ``first`` is asked before the others."""
        if first is not None:
            found = self.names(first).types.get((kind, name))
            if found is not None:
                return found
        for unit in self.mentioning(name):
            found = self.names(unit).types.get((kind, name))
            if found is not None:
                return found
        return None

    def enumerations(self, enumerator: str) -> Iterator[int]:
        """Offsets of the enumerations that may have that enumerator."""
        for unit in self.mentioning(enumerator):
            yield from self.names(unit).enumerations

    def instances(self, unit: Unit) -> list[tuple[str, Die, Die]]:
        """(name, inlined instance, the function it is in) of all the unit's."""
        found = self._instances.get(unit.offset)
        if found is None:
            found = self._instances[unit.offset] = [
                (name_of(die) or "", die, container) for die, container in inlined_instances(unit)
            ]
        return found

    def header(self, unit: Unit) -> LineHeader | None:
        if unit.offset not in self._headers:
            self._headers[unit.offset] = read_header(unit)
        return self._headers[unit.offset]

    def rows(self, unit: Unit) -> list[Row]:
        """The unit's line rows, by address (a sequence's end before the start of the next)."""
        found = self._rows.get(unit.offset)
        if found is None:
            header = self.header(unit)
            found = self._rows[unit.offset] = _ordered(run(header)) if header else []
        return found

    @cached_property
    def _aranges(self) -> tuple[list[int], list[int], list[int]]:
        return _columns(_read_aranges(self._sections.aranges))

    @cached_property
    def _unit_ranges(self) -> tuple[list[int], list[int], list[int]]:
        return _columns(
            (each.start, each.end, unit.offset)
            for unit in self.units
            for each in ranges_of(unit.root)
        )


def _ordered(rows: list[Row]) -> list[Row]:
    """Sequences by first address; those of dropped code, at 0, left out."""
    sequences = []
    start = 0
    for index, row in enumerate(rows):
        if row[3] & 4:
            if rows[start][0]:
                sequences.append(rows[start : index + 1])
            start = index + 1
    sequences.sort(key=lambda each: each[0][0])
    return [row for each in sequences for row in each]


def _columns(
    triples: Iterator[tuple[int, int, int]],
) -> tuple[list[int], list[int], list[int]]:
    ordered = sorted(triples)
    return (
        [start for start, _, _ in ordered],
        [end for _, end, _ in ordered],
        [offset for _, _, offset in ordered],
    )


def _read_aranges(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(start, end, unit offset) from `.debug_aranges` (DWARF 5, 6.1.2)."""
    at = 0
    while at + 12 <= len(data):
        begin = at
        length, width = unsigned(data, at, 4), 4
        at += 4
        if length == 0xFFFFFFFF:
            length, width = unsigned(data, at, 8), 8
            at += 8
        end = at + length
        unit = unsigned(data, at + 2, width)
        size, segment = data[at + 2 + width], data[at + 3 + width]
        at += 4 + width
        if size not in (4, 8) or segment:
            raise Malformed(f"address ranges of {size}-byte addresses")
        at = begin + (at - begin + 2 * size - 1) // (2 * size) * (2 * size)
        while at + 2 * size <= end:
            start, count = unsigned(data, at, size), unsigned(data, at + size, size)
            at += 2 * size
            if start and count:
                yield start, start + count, unit
        at = end
