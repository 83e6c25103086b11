"""Units and their DIEs, read in place.

A `Die` knows where its attributes are and decodes one when asked.  Offsets of DIEs are from the
start of `.debug_info`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.abbreviations import Abbreviations, Plan, Sizes, Table
from translator.debuginfo.dwarf.forms import (
    BLOCK_FORMS,
    Malformed,
    block,
    number,
    skip,
    uleb,
    unsigned,
)
from translator.debuginfo.dwarf.sections import DwarfSections

STRING_INDEXES = frozenset(
    (
        dw.FORM_STRX,
        dw.FORM_STRX1,
        dw.FORM_STRX2,
        dw.FORM_STRX3,
        dw.FORM_STRX4,
        dw.FORM_GNU_STR_INDEX,
    )
)
# DWARF 3 wrote the offsets of lists as plain data.
LIST_FORMS = frozenset((dw.FORM_SEC_OFFSET, dw.FORM_LOCLISTX, dw.FORM_DATA4, dw.FORM_DATA8))
_ADDRX = frozenset(
    (
        dw.FORM_ADDRX,
        dw.FORM_ADDRX1,
        dw.FORM_ADDRX2,
        dw.FORM_ADDRX3,
        dw.FORM_ADDRX4,
        dw.FORM_GNU_ADDR_INDEX,
    )
)
_UNIT_REFERENCES = frozenset(
    (dw.FORM_REF1, dw.FORM_REF2, dw.FORM_REF4, dw.FORM_REF8, dw.FORM_REF_UDATA)
)


Value: TypeAlias = int | str | bytes


class Unit:
    """One compile, partial or type unit: its header and, lazily, its bytes."""

    def __init__(
        self,
        sections: DwarfSections,
        abbreviations: Abbreviations,
        offset: int,
        elsewhere: Callable[[int], Die],
    ) -> None:
        self.sections = sections
        self._elsewhere = elsewhere
        self._abbreviations = abbreviations
        self.offset = offset
        info = sections.info
        head = info.slice(offset, min(offset + 40, info.size))
        length = unsigned(head, 0, 4)
        at, self.offset_size = 4, 4
        if length == 0xFFFFFFFF:
            length = unsigned(head, 4, 8)
            at, self.offset_size = 12, 8
        self.end = offset + at + length
        if self.end > info.size:
            raise Malformed(f"the unit at {offset:#x} runs past the section")
        self.version = unsigned(head, at, 2)
        at += 2
        if not 2 <= self.version <= 5:
            raise Malformed(f"DWARF version {self.version} is not supported")
        if self.version >= 5:
            kind, self.address_size = head[at], head[at + 1]
            self._abbreviation_offset = unsigned(head, at + 2, self.offset_size)
            at += 2 + self.offset_size
            if kind in (4, 5):
                at += 8
            elif kind in (2, 6):
                at += 8 + self.offset_size
        else:
            self._abbreviation_offset = unsigned(head, at, self.offset_size)
            self.address_size = head[at + self.offset_size]
            at += self.offset_size + 1
        self.first_die = offset + at
        self.sizes: Sizes = (self.address_size, self.offset_size, self.version)

    @cached_property
    def data(self) -> bytes:
        return self.sections.info.slice(self.offset, self.end)

    @cached_property
    def table(self) -> Table:
        return self._abbreviations.table(self._abbreviation_offset, self.sizes)

    @cached_property
    def root(self) -> Die:
        return self.die(self.first_die)

    @cached_property
    def has_location_lists(self) -> bool:
        """Whether any variable of the unit's abbreviations may have a location list."""
        return any(
            plan.where[dw.AT_LOCATION][2] in LIST_FORMS
            for plan in self.table.values()
            if dw.AT_LOCATION in plan.where
        )

    @cached_property
    def refers_elsewhere(self) -> bool:
        """Whether functions may be instances of another unit's (link-time optimisation)."""
        return any(
            plan.where[dw.AT_ABSTRACT_ORIGIN][2] == dw.FORM_REF_ADDR
            for plan in self.table.values()
            if dw.AT_ABSTRACT_ORIGIN in plan.where
        )

    def referred(self, offset: int) -> Die:
        """The DIE at ``offset`` of this unit or another."""
        return self.die(offset) if self.first_die <= offset < self.end else self._elsewhere(offset)

    def die(self, offset: int) -> Die:
        """The unit's DIE at ``offset``, which must be one's start."""
        if not self.first_die <= offset < self.end:
            raise Malformed(f"no DIE can start at {offset:#x}")
        code, at = uleb(self.data, offset - self.offset)
        plan = self.table.get(code)
        if plan is None:
            raise Malformed(f"no abbreviation {code} for the DIE at {offset:#x}")
        return Die(self, offset, plan, at)

    @cached_property
    def producer(self) -> str:
        """The compiler, with its options if it recorded them."""
        return self.root.text(dw.AT_PRODUCER) or ""

    @cached_property
    def low_pc(self) -> int:
        """Base of the unit's range and location lists; 0 if it has none."""
        return self.root.number(dw.AT_LOW_PC) or 0

    @cached_property
    def addr_base(self) -> int:
        return self._base(dw.AT_ADDR_BASE, 8)

    @cached_property
    def str_offsets_base(self) -> int:
        return self._base(dw.AT_STR_OFFSETS_BASE, 8)

    @cached_property
    def loclists_base(self) -> int:
        return self._base(dw.AT_LOCLISTS_BASE, 12)

    @cached_property
    def rnglists_base(self) -> int:
        return self._base(dw.AT_RNGLISTS_BASE, 12)

    def _base(self, attribute: int, header: int) -> int:
        found = self.root.number(attribute)
        return found if found is not None else header + (self.offset_size - 4) * 2

    def indexed_address(self, index: int) -> int:
        size = self.address_size
        return self.sections.addr.number(self.addr_base + index * size, size)

    def indexed_text(self, index: int) -> str:
        size = self.offset_size
        at = self.str_offsets_base + index * size
        return self.sections.str.text(self.sections.str_offsets.number(at, size))


class Die:
    """One debugging information entry."""

    __slots__ = ("_start", "offset", "plan", "tag", "unit")

    def __init__(self, unit: Unit, offset: int, plan: Plan, start: int) -> None:
        self.unit = unit
        self.offset = offset
        self.plan = plan
        self.tag = plan.tag
        self._start = start  # of the attributes, in the unit's bytes

    def has(self, attribute: int) -> bool:
        return attribute in self.plan.where

    def form(self, attribute: int) -> int | None:
        found = self.plan.where.get(attribute)
        return None if found is None else found[2]

    def value(self, attribute: int) -> Value | None:
        """Strings as text, blocks as bytes, the rest as numbers: addresses and references resolved."""
        found = self.plan.where.get(attribute)
        if found is None:
            return None
        steps, after, form, implicit = found
        unit = self.unit
        data = unit.data
        at = self._start
        for run, step in self.plan.steps[:steps]:
            at = skip(data, at + run, step, unit.address_size, unit.offset_size)
        at += after
        if form == dw.FORM_INDIRECT:
            form, at = uleb(data, at)
        if form == dw.FORM_STRP:
            return unit.sections.str.text(unsigned(data, at, unit.offset_size))
        if form == dw.FORM_STRING:
            return data[at : data.index(b"\0", at)].decode("utf-8", "replace")
        if form == dw.FORM_LINE_STRP:
            return unit.sections.line_str.text(unsigned(data, at, unit.offset_size))
        if form in BLOCK_FORMS:
            return block(data, at, form)
        plain = number(data, at, form, implicit, unit.sizes)
        if form in _UNIT_REFERENCES:
            return unit.offset + plain
        if form in STRING_INDEXES:
            return unit.indexed_text(plain)
        if form in _ADDRX:
            return unit.indexed_address(plain)
        return plain

    def number(self, attribute: int) -> int | None:
        found = self.value(attribute)
        return found if isinstance(found, int) else None

    def text(self, attribute: int) -> str | None:
        found = self.value(attribute)
        return found if isinstance(found, str) else None

    @property
    def end_of_attributes(self) -> int:
        """Position after the attributes, in the unit's bytes."""
        unit = self.unit
        at = self._start
        for run, form in self.plan.steps:
            at = skip(unit.data, at + run, form, unit.address_size, unit.offset_size)
        return at + self.plan.fixed

    def children(self) -> Iterator[Die]:
        """Direct children, in order."""
        if not self.plan.children:
            return
        unit = self.unit
        data, table = unit.data, unit.table
        at = self.end_of_attributes
        while at < len(data):
            code, start = uleb(data, at)
            if code == 0:
                return
            plan = table.get(code)
            if plan is None:
                raise Malformed(f"no abbreviation {code} for the DIE at {unit.offset + at:#x}")
            die = Die(unit, unit.offset + at, plan, start)
            yield die
            at = after(die)

    def reference(self, attribute: int) -> int | None:
        """Offset of the DIE referred to; None if it is in another file or a type unit."""
        form = self.form(attribute)
        if form is None or (form not in _UNIT_REFERENCES and form != dw.FORM_REF_ADDR):
            return None
        return self.number(attribute)


def after(die: Die) -> int:
    """Position after the DIE and all below it, in its unit's bytes."""
    unit = die.unit
    if not die.plan.children:
        return die.end_of_attributes
    if dw.AT_SIBLING in die.plan.where:
        sibling = die.number(dw.AT_SIBLING)
        if sibling is not None and die.offset < sibling <= unit.end:
            return sibling - unit.offset
    data, table = unit.data, unit.table
    address_size, offset_size = unit.address_size, unit.offset_size
    at = die.end_of_attributes
    depth = 1
    while depth:
        code = data[at]
        at += 1
        if code == 0:
            depth -= 1
            continue
        if code > 0x7F:
            code, at = uleb(data, at - 1)
        plan = table[code]
        for run, form in plan.steps:
            at = skip(data, at + run, form, address_size, offset_size)
        at += plan.fixed
        if plan.children:
            depth += 1
    return at


def read_units(sections: DwarfSections, elsewhere: Callable[[int], Die]) -> list[Unit]:
    """All units of `.debug_info`, in order; only their headers are read.

    ``elsewhere`` finds the DIE at an offset that lies in another unit.
    """
    abbreviations = Abbreviations(sections.abbrev)
    units = []
    offset = 0
    while offset + 11 < sections.info.size:
        unit = Unit(sections, abbreviations, offset, elsewhere)
        units.append(unit)
        offset = unit.end
    return units


__all__ = ["Die", "Unit", "Value", "after", "read_units"]
