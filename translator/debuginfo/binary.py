"""One user binary or shared object: the `DebugInfo` made of its ELF file and its DWARF.

Answers are remembered in the object and never change: a changed file is opened anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Concatenate, ParamSpec, TypeVar, assert_never

from translator.debuginfo import location as loc
from translator.debuginfo.calling_convention import return_location
from translator.debuginfo.ctype import CType, Enumeration, Opaque, TypeKind, Void
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed
from translator.debuginfo.dwarf.frame import read_frames
from translator.debuginfo.dwarf.functions import Functions
from translator.debuginfo.dwarf.line_program import Row
from translator.debuginfo.dwarf.scan import TYPE_KINDS, name_of, origins
from translator.debuginfo.dwarf.statements import Statements
from translator.debuginfo.dwarf.types import DIMENSION_SHIFT, read_type, type_of
from translator.debuginfo.dwarf.unit import Die
from translator.debuginfo.dwarf.units_table import UnitsTable
from translator.debuginfo.dwarf.variables import (
    Locator,
    needs_prologue,
    own_variables,
    parameters,
    variables_at,
)
from translator.debuginfo.elf import ElfFile
from translator.debuginfo.globs import is_glob, matcher, matches_file
from translator.debuginfo.model import (
    AnyLine,
    DebugInfoError,
    ElfSymbol,
    Function,
    FunctionKind,
    LineAbsolute,
    LineRange,
    LineRelative,
    LineRow,
    LineSpec,
    SymbolPlace,
    Variable,
    VariableKind,
)
from translator.debuginfo.symbols import SymbolTable
from translator.debuginfo.units import (
    VOID,
    FileOffset,
    FunctionId,
    LinkAddress,
    TypeId,
    VariableId,
)

_P = ParamSpec("_P")
_R = TypeVar("_R")
_DIE_MASK = (1 << DIMENSION_SHIFT) - 1
_VARIABLE_KINDS = {
    dw.TAG_FORMAL_PARAMETER: VariableKind.PARAMETER,
    dw.TAG_VARIABLE: VariableKind.LOCAL,
}
# What reading bytes that are not what they claim to be can raise.
_DAMAGE = (
    Malformed,
    IndexError,
    KeyError,
    ValueError,
    OverflowError,
    RecursionError,
    struct.error,
)


def _guarded(
    method: Callable[Concatenate[BinaryInfo, _P], _R],
) -> Callable[Concatenate[BinaryInfo, _P], _R]:
    """Damage met anywhere below becomes a `DebugInfoError` that names the file."""

    def guarded(self: BinaryInfo, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except _DAMAGE as error:
            raise DebugInfoError(
                f"{self.path}: the debug information is damaged ({error}); rebuild the program"
            ) from error

    guarded.__doc__ = method.__doc__
    return guarded


class _Dwarf:
    """The readers of one file's DWARF, over one table of its units."""

    def __init__(self, debug: ElfFile, binary: ElfFile) -> None:
        self.units = UnitsTable(debug)
        self.statements = Statements(self.units)
        self.functions = Functions(self.units, self.statements)
        self._files = (binary,) if debug is binary else (binary, debug)

    @cached_property
    def locator(self) -> Locator:
        return Locator(self.units, read_frames(*self._files))


class BinaryInfo:
    """See `model.DebugInfo`.

    ``debug`` is the file with DWARF (``binary`` itself, or a separate one), None if there is none
    and ``why_no_types`` says so.
    """

    def __init__(
        self, path: str, binary: ElfFile, debug: ElfFile | None, why_no_types: str | None
    ) -> None:
        self.path = path
        self.why_no_types = why_no_types
        self._binary = binary
        self._files = (binary,) if debug in (None, binary) else (binary, debug)
        self._dwarf = _Dwarf(debug, binary) if debug is not None else None
        if self._dwarf is not None and self._is_split():
            self._dwarf = None
            self.why_no_types = (
                f"the debug information of {path} is in .dwo files, which are not read; "
                "compile it without -gsplit-dwarf"
            )
        self._types: dict[TypeId, CType] = {}
        self._found: dict[tuple[str, str | None, LineSpec | None], tuple[Function, ...]] = {}
        self._inlined: dict[tuple[str, str | None], tuple[Function, ...]] = {}
        self._probed: dict[FunctionId, LinkAddress] = {}
        self._locations: dict[tuple[VariableId, int], loc.Location] = {}

    @_guarded
    def _is_split(self) -> bool:
        return self._dwarf is not None and self._dwarf.units.is_split

    @property
    def build_id(self) -> str | None:
        return self._binary.build_id

    @property
    def has_types(self) -> bool:
        return self._dwarf is not None

    # Functions

    @_guarded
    def functions(
        self, pattern: str, file: str | None = None, line: LineSpec | None = None
    ) -> tuple[Function, ...]:
        key = (pattern, file, line)
        found = self._found.get(key)
        if found is None:
            ordered = sorted(self._matching(pattern, file), key=lambda each: each.address)
            found = tuple(each for each in ordered if line is None or self._has_line(each, line))
            self._found[key] = found
        return found

    def _matching(self, pattern: str, file: str | None) -> Iterator[Function]:
        if file is None and not is_glob(pattern) and self._has_symbol_table:
            named = tuple(self._named(pattern))
            if named:
                yield from named
                return
        described = set()
        for function in self._dwarf.functions.matching(pattern, file) if self._dwarf else ():
            described.add(function.address)
            yield function
        if file is not None:
            return
        matches = matcher(pattern)
        for symbol in self._symbols.symbols:
            if symbol.is_function and symbol.address not in described and matches(symbol.name):
                described.add(symbol.address)
                if self._beginning(symbol.address) is None:
                    yield _of_symbol(symbol)

    def _named(self, name: str) -> Iterator[Function]:
        """By the symbol table, without scanning units that do not hold the code."""
        seen = set()
        for symbol in self._symbols.named(name):
            if not symbol.is_function or symbol.address in seen:
                continue
            seen.add(symbol.address)
            function = self._beginning(symbol.address)
            if function is None:
                yield _of_symbol(symbol)
            elif name in (function.name, function.linkage_name):
                yield function
            else:
                yield replace(function, name=name)  # another name of the same code

    def _beginning(self, address: LinkAddress) -> Function | None:
        """The described function that begins at the address."""
        found = self._dwarf.functions.holding(address) if self._dwarf is not None else None
        return found if found is not None and found.address == address else None

    @_guarded
    def inlined(self, pattern: str, file: str | None = None) -> tuple[Function, ...]:
        found = self._inlined.get((pattern, file))
        if found is None:
            instances = self._dwarf.functions.instances(pattern, file) if self._dwarf else ()
            found = tuple(sorted(instances, key=lambda each: each.address))
            self._inlined[pattern, file] = found
        return found

    @_guarded
    def function_at(self, address: LinkAddress) -> Function | None:
        return self._dwarf.functions.holding(address) if self._dwarf is not None else None

    def _has_line(self, function: Function, spec: LineSpec) -> bool:
        match spec:
            case AnyLine():
                return True
            case LineRelative(offset=offset):
                if function.line is None:
                    return False
                first = last = function.line + offset
            case LineAbsolute(line=line):
                first = last = line
            case LineRange(first=first, last=last):
                pass
            case _:
                assert_never(spec)
        lines = [row[2] for row in self._rows_of(function) if row[2]]
        if function.line is not None:
            lines.append(function.line)
        return bool(lines) and min(lines) <= last and first <= max(lines)

    def _rows_of(self, function: Function) -> list[Row]:
        die = self._die_of(function)
        if die is None or self._dwarf is None:
            return []
        return self._dwarf.statements.of_ranges(die.unit, function.ranges)

    # Addresses

    def entry_address(self, function: Function) -> LinkAddress:
        return function.address

    @_guarded
    def probe_address(self, function: Function) -> LinkAddress:
        found = self._probed.get(function.id)
        if found is None:
            found = self._probed[function.id] = self._after_prologue(function)
        return found

    def _after_prologue(self, function: Function) -> LinkAddress:
        die = self._die_of(function)
        if die is None or self._dwarf is None or function.kind is not FunctionKind.SUBPROGRAM:
            return function.address
        if not needs_prologue(die):
            return function.address
        statements = self._dwarf.statements
        return LinkAddress(statements.prologue_end(die.unit, function.address, function.ranges))

    def file_offset(self, address: LinkAddress) -> FileOffset | None:
        return self._binary.file_offset(address)

    def link_address(self, offset: FileOffset) -> LinkAddress | None:
        return self._binary.link_address(offset)

    # Variables

    @_guarded
    def parameters(self, function: Function) -> tuple[Variable, ...]:
        die = self._die_of(function)
        return () if die is None else self._all_named(parameters(die), function)

    def locals(self, function: Function, address: LinkAddress) -> tuple[Variable, ...]:
        found = self.variables(function, address)
        return tuple(each for each in found if each.kind is VariableKind.LOCAL)

    @_guarded
    def variables(self, function: Function, address: LinkAddress) -> tuple[Variable, ...]:
        die = self._die_of(function)
        if die is None:
            return ()
        at_start = address in (function.address, self.probe_address(function))
        dies = own_variables(die) if at_start else variables_at(die, address)
        return self._all_named(dies, function)

    def _all_named(self, dies: list[Die], function: Function) -> tuple[Variable, ...]:
        found = (self._variable(each, _VARIABLE_KINDS[each.tag], function.id) for each in dies)
        return tuple(each for each in found if each.name)

    @_guarded
    def globals(self, pattern: str) -> tuple[Variable, ...]:
        if self._dwarf is None:
            return ()
        matches = matcher(pattern)
        units = self._dwarf.units
        return tuple(
            self._variable(unit.die(offset), VariableKind.GLOBAL, None)
            for unit in (units.units if is_glob(pattern) else units.mentioning(pattern))
            for name, offsets in units.names(unit).variables.items()
            if matches(name)
            for offset in offsets
        )

    def global_variable(self, name: str, file: str | None = None) -> Variable | None:
        for each in self.globals(name):
            if file is None or (each.file is not None and matches_file(each.file, file)):
                return each
        return None

    @_guarded
    def location(self, variable: Variable, address: LinkAddress) -> loc.Location:
        key = (variable.id, address)
        found = self._locations.get(key)
        if found is None:
            found = self._locations[key] = self._locate(variable, address)
        return found

    def _locate(self, variable: Variable, address: LinkAddress) -> loc.Location:
        dwarf = self._dwarf
        assert dwarf is not None, "a variable of a binary without DWARF"
        frame: Die | None = None
        entry: int | None = None
        if variable.function is not None:
            function = dwarf.functions.at_die(variable.function)
            if function is not None and function.container is not None:
                function = dwarf.functions.at_die(function.container)
            if function is not None:
                frame, entry = dwarf.units.die(function.id), function.address
        return dwarf.locator.location(dwarf.units.die(variable.id), frame, address, entry)

    def _variable(self, die: Die, kind: VariableKind, function: FunctionId | None) -> Variable:
        assert self._dwarf is not None
        file, line = self._dwarf.functions.declared(die)
        name = name_of(die) or ""
        return Variable(VariableId(die.offset), kind, name, _type_of(die), function, file, line)

    @_guarded
    def return_type(self, function: Function) -> TypeId:
        die = self._die_of(function)
        return VOID if die is None else _type_of(die)

    @_guarded
    def return_location(self, function: Function) -> loc.Location:
        match function.kind:
            case FunctionKind.INLINED:
                return loc.Refused("an inlined function does not return")
            case FunctionKind.SYMBOL:
                return loc.Refused(f"nothing is known of the type that `{function.name}` returns")
            case FunctionKind.SUBPROGRAM:
                pass
            case _:
                assert_never(function.kind)
        if self._binary.machine != "x86_64":
            return loc.Refused(f"return values are not known on {self._binary.machine}")
        return return_location(self, self.return_type(function))

    def _die_of(self, function: Function) -> Die | None:
        if function.kind is FunctionKind.SYMBOL or self._dwarf is None:
            return None
        return self._dwarf.units.die(function.id)

    # Types

    @_guarded
    def type(self, type_id: TypeId) -> CType:
        found = self._types.get(type_id)
        if found is None:
            found = self._types[type_id] = self._read_type(type_id)
        return found

    def _read_type(self, type_id: TypeId) -> CType:
        if type_id == VOID:
            return Void()
        if self._dwarf is None:
            return Opaque("<unknown type>")
        units = self._dwarf.units
        die = units.die(type_id & _DIE_MASK)
        name = die.text(dw.AT_NAME) if die.has(dw.AT_DECLARATION) else None
        if name and die.tag in TYPE_KINDS:
            defined = units.find_type(TYPE_KINDS[die.tag], name, die.unit)
            die = die if defined is None else units.die(defined)
        return read_type(die, type_id >> DIMENSION_SHIFT)

    @_guarded
    def find_type(self, kind: TypeKind, name: str) -> TypeId | None:
        found = self._dwarf.units.find_type(kind, name) if self._dwarf is not None else None
        return None if found is None else TypeId(found)

    @_guarded
    def enumerator(self, name: str) -> int | None:
        if self._dwarf is None:
            return None
        for offset in self._dwarf.units.enumerations(name):
            found = self.type(TypeId(offset))
            if isinstance(found, Enumeration):
                for each in found.enumerators:
                    if each.name == name:
                        return each.value
        return None

    # Symbols and lines

    @_guarded
    def symbols(self) -> tuple[ElfSymbol, ...]:
        return self._symbols.symbols

    @_guarded
    def symbol_at(self, address: LinkAddress) -> SymbolPlace | None:
        return self._symbols.at(address)

    @_guarded
    def lines(self, file: str) -> tuple[LineRow, ...]:
        rows = self._dwarf.statements.of_file(file) if self._dwarf is not None else ()
        return tuple(sorted(rows, key=lambda row: row.address))

    @_guarded
    def statement_addresses(self, file: str, line: int) -> tuple[LinkAddress, ...]:
        found = self._dwarf.statements.addresses(file, line) if self._dwarf is not None else ()
        return tuple(LinkAddress(each) for each in found)

    @_guarded
    def line_at(self, address: LinkAddress) -> LineRow | None:
        if self._dwarf is None:
            return None
        unit = self._dwarf.units.unit_at(address)
        return None if unit is None else self._dwarf.statements.at(unit, address)

    @cached_property
    def _symbols(self) -> SymbolTable:
        return SymbolTable(*self._files)

    @cached_property
    def _has_symbol_table(self) -> bool:
        """Whether all functions have symbols, local ones too."""
        return self._dwarf is None or any(each.has_content(".symtab") for each in self._files)


def _type_of(die: Die) -> TypeId:
    """The type of a function's result or a variable, its own or its origin's."""
    typed = next((each for each in origins(die) if each.has(dw.AT_TYPE)), None)
    return VOID if typed is None else type_of(typed)


def _of_symbol(symbol: ElfSymbol) -> Function:
    end = LinkAddress(symbol.address + symbol.size)
    return Function(
        FunctionId(-symbol.address - 1),
        FunctionKind.SYMBOL,
        symbol.name,
        symbol.address,
        (loc.AddressRange(symbol.address, end),),
        external=symbol.is_global,
    )
