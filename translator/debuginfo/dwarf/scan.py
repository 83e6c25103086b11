"""One pass over a unit's outermost DIEs: what it defines, by name.

Bodies of functions and types are jumped over; namespaces are looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from translator.debuginfo.ctype import TypeKind
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed, uleb
from translator.debuginfo.dwarf.unit import Die, Unit, after

TYPE_KINDS = {
    dw.TAG_STRUCTURE: TypeKind.STRUCT,
    dw.TAG_CLASS: TypeKind.STRUCT,
    dw.TAG_UNION: TypeKind.UNION,
    dw.TAG_ENUMERATION: TypeKind.ENUM,
    dw.TAG_TYPEDEF: TypeKind.TYPEDEF,
    dw.TAG_BASE_TYPE: TypeKind.BASE,
}
_OUTER = frozenset((dw.TAG_NAMESPACE, dw.TAG_MODULE))
_WANTED = frozenset((dw.TAG_SUBPROGRAM, dw.TAG_VARIABLE, *TYPE_KINDS))
_LONGEST_CHAIN = 16


@dataclass(slots=True)
class UnitNames:
    """Offsets of DIEs: functions with code, variables, types; and names of inlined functions."""

    functions: dict[str, list[int]] = field(default_factory=dict)
    inlines: set[str] = field(default_factory=set)
    variables: dict[str, list[int]] = field(default_factory=dict)
    types: dict[tuple[TypeKind, str], int] = field(default_factory=dict)
    enumerations: list[int] = field(default_factory=list)  # those without a name too


def scan(unit: Unit) -> UnitNames:
    """The names that the unit defines; declarations are left out."""
    names = UnitNames()
    data, table = unit.data, unit.table
    end = len(data)
    at = unit.root.end_of_attributes
    depth = 1 if unit.root.plan.children else 0
    while depth and at < end:
        start = at
        code = data[at]
        at += 1
        if code == 0:
            depth -= 1
            continue
        if code > 0x7F:
            code, at = uleb(data, start)
        plan = table.get(code)
        if plan is None:
            raise Malformed(f"no abbreviation {code} for the DIE at {unit.offset + start:#x}")
        die: Die | None = None
        if plan.tag in _WANTED and dw.AT_DECLARATION not in plan.where:
            die = Die(unit, unit.offset + start, plan, at)
            _note(names, die)
        if not plan.steps and not plan.children:
            at += plan.fixed
        elif plan.tag in _OUTER and plan.children:
            depth += 1
            at = Die(unit, unit.offset + start, plan, at).end_of_attributes
        else:
            at = after(die or Die(unit, unit.offset + start, plan, at))
    return names


def _note(names: UnitNames, die: Die) -> None:
    where = die.plan.where
    if die.tag == dw.TAG_ENUMERATION:
        names.enumerations.append(die.offset)
    if die.tag == dw.TAG_SUBPROGRAM:
        if dw.AT_LOW_PC in where or dw.AT_RANGES in where:
            name = name_of(die)
            if name:
                names.functions.setdefault(name, []).append(die.offset)
        elif dw.AT_INLINE in where:
            names.inlines.add(name_of(die) or "")
    elif die.tag == dw.TAG_VARIABLE:
        if dw.AT_LOCATION in where or dw.AT_CONST_VALUE in where:
            name = name_of(die)
            if name:
                names.variables.setdefault(name, []).append(die.offset)
    elif dw.AT_NAME in where:
        name = die.text(dw.AT_NAME)
        if name:
            names.types.setdefault((TYPE_KINDS[die.tag], name), die.offset)


def origins(die: Die) -> Iterator[Die]:
    """The DIE itself, then what it is an instance or the definition of."""
    for _ in range(_LONGEST_CHAIN):
        yield die
        target = die.reference(dw.AT_ABSTRACT_ORIGIN)
        if target is None:
            target = die.reference(dw.AT_SPECIFICATION)
        if target is None:
            return
        die = die.unit.referred(target)


def name_of(die: Die) -> str | None:
    if dw.AT_NAME in die.plan.where:
        return die.text(dw.AT_NAME)
    return next((each.text(dw.AT_NAME) for each in origins(die) if each.has(dw.AT_NAME)), None)


def inlined_instances(unit: Unit) -> Iterator[tuple[Die, Die]]:
    """Every inlined instance of the unit with the function whose code it is in."""
    data, table = unit.data, unit.table
    at = unit.root.end_of_attributes
    parents: list[Die | None] = [None]
    while parents and at < len(data):
        start = at
        code, at = uleb(data, at)
        if code == 0:
            parents.pop()
            continue
        die = Die(unit, unit.offset + start, table[code], at)
        tag = die.tag
        inside = parents[-1]
        if tag == dw.TAG_INLINED_SUBROUTINE and inside is not None:
            yield die, inside
        if not die.plan.children:
            at = die.end_of_attributes
        elif tag in (dw.TAG_SUBPROGRAM, *_OUTER) or (
            inside is not None and tag in (dw.TAG_LEXICAL_BLOCK, dw.TAG_INLINED_SUBROUTINE)
        ):
            parents.append(die if tag == dw.TAG_SUBPROGRAM else inside)
            at = die.end_of_attributes
        else:
            at = after(die)
