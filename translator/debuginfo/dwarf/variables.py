"""Variables of functions: which are in scope, and where each is at an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from translator.debuginfo import location as loc
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf import expression
from translator.debuginfo.dwarf.frame import ExpressionRule, FrameTable, RegisterRule
from translator.debuginfo.dwarf.ranges import location_list, ranges_of
from translator.debuginfo.dwarf.scan import origins
from translator.debuginfo.dwarf.unit import LIST_FORMS, Die
from translator.debuginfo.dwarf.units_table import UnitsTable
from translator.debuginfo.units import RegisterNumber

_DEEPEST_BLOCK = 200
_OPTIMISED = re.compile(r" -O(?!0)(?!\S* .* -O0)")


def parameters(function: Die) -> list[Die]:
    """In order of declaration; an instance without its own are given its origin's."""
    for die in origins(function):
        found = [each for each in die.children() if each.tag == dw.TAG_FORMAL_PARAMETER]
        if found:
            return found
    return []


def needs_prologue(function: Die) -> bool:
    """Whether variables are in their places only after the prologue: unoptimised code.

    SystemTap looks for location lists in the unit; but a small optimised unit may have none, so
    GCC's record of its options is asked too.  Clang may write some without optimising; its frame
    base, a bare register, is set up by the prologue, so there the function's own parameters
    decide.  Assembler has no variables.
    """
    unit = function.unit
    producer = unit.producer
    if producer.startswith("GNU"):
        return not (
            unit.has_location_lists
            or producer.startswith("GNU AS")
            or _OPTIMISED.search(producer) is not None
        )
    base = function.value(dw.AT_FRAME_BASE)
    if isinstance(base, bytes) and base and 0x50 <= base[0] <= 0x6F:
        return not any(each.form(dw.AT_LOCATION) in LIST_FORMS for each in parameters(function))
    return not unit.has_location_lists


def own_variables(function: Die) -> list[Die]:
    """Parameters and locals of the outermost block, as declared."""
    return [
        each
        for each in function.children()
        if each.tag in (dw.TAG_VARIABLE, dw.TAG_FORMAL_PARAMETER)
    ]


def variables_at(function: Die, address: int) -> list[Die]:
    """Parameters and locals in scope at ``address``, in SystemTap's order: the innermost block's
    first, in each block as declared."""
    found: list[Die] = []
    _collect(function, address, found, 0)
    return found


def _collect(block: Die, address: int, found: list[Die], depth: int) -> None:
    own = []
    for child in block.children():
        if child.tag in (dw.TAG_VARIABLE, dw.TAG_FORMAL_PARAMETER):
            own.append(child)
        elif (
            child.tag == dw.TAG_LEXICAL_BLOCK
            and depth < _DEEPEST_BLOCK
            and any(each.holds(address) for each in ranges_of(child))
        ):
            _collect(child, address, found, depth + 1)
    found += own


class Locator:
    """Locations of one file's variables; ``frames`` are asked in order."""

    def __init__(self, units: UnitsTable, frames: tuple[FrameTable, ...]) -> None:
        self._units = units
        self._frames = frames

    def location(
        self, variable: Die, function: Die | None, address: int, entry: int | None, depth: int = 0
    ) -> loc.Location:
        """Where ``variable`` is at ``address``.

        ``function`` is the code whose frame it lives in (an inlined instance's container), None
        for a global; ``entry`` is its first instruction.
        """
        holder = next((die for die in origins(variable) if die.has(dw.AT_LOCATION)), None) or next(
            (die for die in origins(variable) if die.has(dw.AT_CONST_VALUE)), None
        )
        if holder is None:
            return loc.OptimisedOut("the compiler kept no value anywhere")
        context = expression.FrameContext(
            frame_base=lambda: self._frame_base(function, address),
            cfa=lambda: self._cfa(function, address),
            target=lambda offset: self._target(offset, function, address, entry, depth),
            at_entry=address == entry,
        )
        if not holder.has(dw.AT_LOCATION):
            value = holder.value(dw.AT_CONST_VALUE)
            match value:
                case int():
                    return loc.Constant(value)
                case bytes():
                    return loc.ConstantBytes(value)
                case _:
                    return loc.Refused("the constant's value is a string")
        inline = holder.value(dw.AT_LOCATION)
        if isinstance(inline, bytes):
            return expression.evaluate(inline, variable.unit, context)
        readable = []
        fallback: bytes | None = None
        for valid, data in location_list(holder, dw.AT_LOCATION):
            if valid is None:
                fallback = data
            elif valid.holds(address) and data:
                return expression.evaluate(data, variable.unit, context)
            elif data:
                readable.append(valid)
        if fallback is not None:
            return expression.evaluate(fallback, variable.unit, context)
        if not readable:
            return loc.OptimisedOut("the compiler kept no value anywhere")
        return loc.OptimisedOut(
            "optimised out at this address", tuple(_merged(iter(sorted(readable))))
        )

    def _target(
        self, offset: int, function: Die | None, address: int, entry: int | None, depth: int
    ) -> loc.Location:
        if depth > 8:
            return loc.Refused("a chain of optimised pointers without end")
        die = self._units.die(offset)
        return self.location(die, function, address, entry, depth + 1)

    def _frame_base(self, function: Die | None, address: int) -> loc.Expression:
        if function is None:
            raise expression.FrameRefused("a variable of file scope refers to a frame")
        holder = next((die for die in origins(function) if die.has(dw.AT_FRAME_BASE)), None)
        if holder is None:
            raise expression.FrameRefused("the function has no frame base")
        context = expression.FrameContext(
            frame_base=_no_base,
            cfa=lambda: self._cfa(function, address),
            target=lambda _offset: loc.Refused("a frame base that points"),
            at_entry=False,
        )
        value = holder.value(dw.AT_FRAME_BASE)
        if isinstance(value, bytes):
            return expression.address_expression(value, function.unit, context)
        for valid, data in location_list(holder, dw.AT_FRAME_BASE):
            if valid is None or valid.holds(address):
                return expression.address_expression(data, function.unit, context)
        raise expression.FrameRefused("the frame base is unknown at this address")

    def _cfa(self, function: Die | None, address: int) -> loc.Expression:
        for table in self._frames:
            match table.cfa_at(address):
                case RegisterRule(register=register, offset=offset):
                    return (loc.PushRegister(RegisterNumber(register), offset),)
                case ExpressionRule(expression=data) if function is not None:
                    context = expression.FrameContext(
                        _no_base, _no_base, lambda _: loc.Refused("a CFA"), False
                    )
                    return expression.address_expression(data, function.unit, context)
                case _:
                    continue
        raise expression.FrameRefused("no call frame information covers this address")


def _no_base() -> loc.Expression:
    raise expression.FrameRefused("a frame base that refers to itself")


def _merged(ranges: Iterator[loc.AddressRange]) -> Iterator[loc.AddressRange]:
    """Sorted ranges with those that touch joined."""
    current: loc.AddressRange | None = None
    for each in ranges:
        if current is not None and each.start <= current.end:
            current = loc.AddressRange(current.start, max(current.end, each.end))
            continue
        if current is not None:
            yield current
        current = each
    if current is not None:
        yield current
