"""Abbreviation tables, compiled to plans that say how to pass over a DIE.

A table is split into declarations by one regular expression and each declaration's bytes are
a key: units of one compiler repeat the same few thousand declarations, so a plan is made once.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed, fixed_size, sleb, uleb

# code, then (tag, children flag, pairs of attribute and form; implicit_const carries a value), 0 0.
_DECLARATION = re.compile(
    rb"([\x80-\xff]*[\x01-\x7f])"
    rb"([\x80-\xff]*[\x00-\x7f][\x00\x01]"
    rb"(?:[\x80-\xff]*[\x01-\x7f]"
    rb"(?:\x21[\x80-\xff]*[\x00-\x7f]|(?!\x21)[\x80-\xff]*[\x01-\x7f]))*)\x00\x00"
)

Sizes: TypeAlias = tuple[int, int, int]  # address, offset, version


class Plan:
    """How to read a DIE of one abbreviation.

    ``steps`` are the attributes without fixed size: (bytes since the last, form).  ``where``
    gives for an attribute (steps before it, bytes after those, form, implicit value).
    """

    __slots__ = ("attributes", "children", "fixed", "steps", "tag", "where")

    def __init__(
        self, tag: int, children: bool, attributes: list[tuple[int, int, int]], sizes: Sizes
    ) -> None:
        self.tag = tag
        self.children = children
        self.attributes = attributes
        steps: list[tuple[int, int]] = []
        where: dict[int, tuple[int, int, int, int]] = {}
        run = 0
        for attribute, form, implicit in attributes:
            where.setdefault(attribute, (len(steps), run, form, implicit))
            size = fixed_size(form, *sizes)
            if size is None:
                steps.append((run, form))
                run = 0
            else:
                run += size
        self.steps = tuple(steps)
        self.fixed = run
        self.where = where


Table: TypeAlias = dict[int, Plan]


class Abbreviations:
    """The tables of one `.debug_abbrev`, parsed when first used."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._plans: dict[tuple[Sizes, bytes], Plan] = {}
        self._tables: dict[tuple[int, Sizes], Table] = {}

    def table(self, offset: int, sizes: Sizes) -> Table:
        """Abbreviation code to plan."""
        found = self._tables.get((offset, sizes))
        if found is None:
            found = self._tables[offset, sizes] = self._parse(offset, sizes)
        return found

    def _parse(self, offset: int, sizes: Sizes) -> Table:
        data, plans = self._data, self._plans
        table: Table = {}
        at = offset
        while at < len(data) and data[at]:
            match = _DECLARATION.match(data, at)
            if match is None:
                raise Malformed(f"abbreviation table at {offset:#x} is damaged")
            code, rest = match.groups()
            plan = plans.get((sizes, rest))
            if plan is None:
                plan = plans[sizes, rest] = _plan(rest, sizes)
            table[code[0] if len(code) == 1 else uleb(code, 0)[0]] = plan
            at = match.end()
        return table


def _plan(rest: bytes, sizes: Sizes) -> Plan:
    tag, at = uleb(rest, 0)
    children = rest[at] == 1
    at += 1
    attributes = []
    while at < len(rest):
        attribute, at = uleb(rest, at)
        form, at = uleb(rest, at)
        implicit = 0
        if form == dw.FORM_IMPLICIT_CONST:
            implicit, at = sleb(rest, at)
        attributes.append((attribute, form, implicit))
    return Plan(tag, children, attributes, sizes)
