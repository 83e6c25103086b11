"""Address ranges of DIEs and location lists: `.debug_ranges`/`.debug_loc` (DWARF 4) and
`.debug_rnglists`/`.debug_loclists` (DWARF 5, 2.17.3 and 2.6.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed, uleb, unsigned
from translator.debuginfo.dwarf.sections import SectionView
from translator.debuginfo.dwarf.unit import Die, Unit
from translator.debuginfo.location import AddressRange
from translator.debuginfo.units import LinkAddress

_END, _BASE_INDEX, _INDEXES, _INDEX_LENGTH, _OFFSETS = 0, 1, 2, 3, 4
_SHARED = (_INDEXES, _INDEX_LENGTH, _OFFSETS)
_RANGE_BASE, _RANGE_PAIR, _RANGE_LENGTH = 5, 6, 7
_LIST_DEFAULT, _LIST_BASE, _LIST_PAIR, _LIST_LENGTH = 5, 6, 7, 8
_LONGEST_LIST = 100_000  # entries; more is damage


def ranges_of(die: Die) -> tuple[AddressRange, ...]:
    """The DIE's code, in the order given; empty ranges and dropped code at 0 left out."""
    if die.has(dw.AT_RANGES):
        return tuple(_range_list(die))
    low = die.number(dw.AT_LOW_PC)
    high = die.number(dw.AT_HIGH_PC)
    if low is None or high is None:
        return ()
    if die.form(dw.AT_HIGH_PC) != dw.FORM_ADDR:  # a length, unless it is an address itself
        high += low
    return (_range(low, high),) if 0 < low < high else ()


def _range(low: int, high: int) -> AddressRange:
    return AddressRange(LinkAddress(low), LinkAddress(high))


def _range_list(die: Die) -> Iterator[AddressRange]:
    unit = die.unit
    offset = die.number(dw.AT_RANGES)
    if offset is None:
        return
    if unit.version < 5:
        pairs = _old_entries(unit, unit.sections.ranges, offset, 0)
        yield from (_range(low, high) for low, high, _ in pairs if 0 < low < high)
        return
    lists = unit.sections.rnglists
    if die.form(dw.AT_RANGES) == dw.FORM_RNGLISTX:
        offset = _indexed(unit, lists, unit.rnglists_base, offset)
    data = lists.slice(offset, lists.size)[: 1 << 16]
    base, at, size = unit.low_pc, 0, unit.address_size
    for _ in range(_LONGEST_LIST):
        kind = data[at]
        at += 1
        if kind == _END:
            return
        if kind == _BASE_INDEX:
            index, at = uleb(data, at)
            base = unit.indexed_address(index)
            continue
        if kind == _RANGE_BASE:
            base = unsigned(data, at, size)
            at += size
            continue
        if kind == _RANGE_PAIR:
            low, high, at = _pair(data, at, size)
        elif kind == _RANGE_LENGTH:
            low, high, at = _start_and_length(data, at, size)
        elif kind in _SHARED:
            low, high, at = _shared_bounds(unit, data, at, kind, base)
        else:
            raise Malformed(f"unknown range list entry {kind}")
        if 0 < low < high:
            yield _range(low, high)


def location_list(die: Die, attribute: int) -> Iterator[tuple[AddressRange | None, bytes]]:
    """(where valid, expression) of a location list; None: wherever no other entry holds."""
    unit = die.unit
    offset = die.number(attribute)
    if offset is None:
        return
    if unit.version < 5:
        for low, high, expression in _old_entries(unit, unit.sections.loc, offset, 2):
            if low < high:
                yield _range(low, high), expression
        return
    lists = unit.sections.loclists
    if die.form(attribute) == dw.FORM_LOCLISTX:
        offset = _indexed(unit, lists, unit.loclists_base, offset)
    data = lists.slice(offset, min(lists.size, offset + (1 << 18)))
    base, at, size = unit.low_pc, 0, unit.address_size
    for _ in range(_LONGEST_LIST):
        kind = data[at]
        at += 1
        low = high = 0
        if kind == _END:
            return
        if kind == _BASE_INDEX:
            index, at = uleb(data, at)
            base = unit.indexed_address(index)
            continue
        if kind == _LIST_BASE:
            base = unsigned(data, at, size)
            at += size
            continue
        if kind == _LIST_PAIR:
            low, high, at = _pair(data, at, size)
        elif kind == _LIST_LENGTH:
            low, high, at = _start_and_length(data, at, size)
        elif kind in _SHARED:
            low, high, at = _shared_bounds(unit, data, at, kind, base)
        elif kind != _LIST_DEFAULT:
            raise Malformed(f"unknown location list entry {kind}")
        length, at = uleb(data, at)
        expression = data[at : at + length]
        at += length
        if kind == _LIST_DEFAULT:
            yield None, expression
        elif low < high:
            yield _range(low, high), expression


def _indexed(unit: Unit, lists: SectionView, base: int, index: int) -> int:
    return base + lists.number(base + index * unit.offset_size, unit.offset_size)


def _shared_bounds(unit: Unit, data: bytes, at: int, kind: int, base: int) -> tuple[int, int, int]:
    """Low, high and where the entry goes on, of the kinds that both sorts of lists number alike."""
    first, at = uleb(data, at)
    second, at = uleb(data, at)
    if kind == _OFFSETS:
        return base + first, base + second, at
    low = unit.indexed_address(first)
    return low, unit.indexed_address(second) if kind == _INDEXES else low + second, at


def _pair(data: bytes, at: int, size: int) -> tuple[int, int, int]:
    return unsigned(data, at, size), unsigned(data, at + size, size), at + 2 * size


def _start_and_length(data: bytes, at: int, size: int) -> tuple[int, int, int]:
    low = unsigned(data, at, size)
    length, at = uleb(data, at + size)
    return low, low + length, at


def _old_entries(
    unit: Unit, lists: SectionView, offset: int, length_size: int
) -> Iterator[tuple[int, int, bytes]]:
    """DWARF 4's lists: pairs of addresses, each followed by an expression if there is a length."""
    size = unit.address_size
    select_base = (1 << (8 * size)) - 1
    base = unit.low_pc
    for _ in range(_LONGEST_LIST):
        low = lists.number(offset, size)
        high = lists.number(offset + size, size)
        offset += 2 * size
        if low == 0 and high == 0:
            return
        if low == select_base:
            base = high
            continue
        expression = b""
        if length_size:
            length = lists.number(offset, length_size)
            expression = lists.slice(offset + length_size, offset + length_size + length)
            offset += length_size + length
        yield base + low, base + high, expression
