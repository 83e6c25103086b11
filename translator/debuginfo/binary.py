"""One user binary or shared object: the `DebugInfo` made of its ELF file and its DWARF.

Answers are remembered in the object and never change: a changed file is opened anew.
"""

from __future__ import annotations

import fnmatch
import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Concatenate, ParamSpec, TypeVar

from translator.debuginfo import location as loc
from translator.debuginfo.ctype import CType, Opaque, TypeKind, Void
from translator.debuginfo.dwarf import constants as dw
from translator.debuginfo.dwarf.forms import Malformed
from translator.debuginfo.dwarf.frame import read_frames
from translator.debuginfo.dwarf.line_program import END_SEQUENCE, PROLOGUE_END, STATEMENT, Row
from translator.debuginfo.dwarf.ranges import ranges_of
from translator.debuginfo.dwarf.scan import inlined_instances, name_of, origins
from translator.debuginfo.dwarf.types import DIMENSION_SHIFT, RECORDS, read_type, type_of
from translator.debuginfo.dwarf.unit import Die, Unit
from translator.debuginfo.dwarf.units_table import UnitsTable
from translator.debuginfo.dwarf.variables import (
    Locator,
    needs_prologue,
    own_variables,
    parameters,
    variables_at,
)
from translator.debuginfo.elf import ElfFile
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
from translator.debuginfo.return_value import return_location
from translator.debuginfo.symbols import SymbolTable, read_symbols
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
_GLOB = re.compile(r"[*?\[]")


def _guarded(
    method: Callable[Concatenate[BinaryInfo, _P], _R],
) -> Callable[Concatenate[BinaryInfo, _P], _R]:
    """Damage met anywhere below becomes a `DebugInfoError` that names the file."""

    def guarded(self: BinaryInfo, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except (
            Malformed,
            IndexError,
            KeyError,
            ValueError,
            OverflowError,
            RecursionError,
            struct.error,
        ) as error:
            raise DebugInfoError(
                f"{self.path}: the debug information is damaged ({error}); rebuild the program"
            ) from error

    guarded.__doc__ = method.__doc__
    return guarded


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
        self._debug = debug
        self._units = UnitsTable(debug) if debug is not None else None
        self._types: dict[TypeId, CType] = {}
        self._found: dict[tuple[str, str | None, LineSpec | None], tuple[Function, ...]] = {}
        self._inlined: dict[tuple[str, str | None], tuple[Function, ...]] = {}
        self._functions: dict[int, Function] = {}
        self._locations: dict[tuple[VariableId, int], loc.Location] = {}
        self._code: dict[int, list[tuple[int, int, int]]] = {}

    @property
    def build_id(self) -> str | None:
        return self._binary.build_id

    @property
    def has_types(self) -> bool:
        return self._units is not None

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
        if file is None and not _GLOB.search(pattern) and self._has_symbol_table:
            named = list(self._named(pattern))
            if named:
                yield from named
                return
        matches = _glob(pattern)
        described: set[int] = set()
        for unit in self._candidates(pattern):
            if file is not None and not self._mentions_file(unit, file):
                continue
            for name, offsets in self._table.names(unit).functions.items():
                for offset in offsets if matches(name) else ():
                    function = self._function(offset)
                    if function is None or (file is not None and not _in_file(function, file)):
                        continue
                    described.add(function.address)
                    yield function
        if file is None:
            for symbol in self._symbols.symbols:
                if symbol.is_function and symbol.address not in described and matches(symbol.name):
                    described.add(symbol.address)
                    if self._function_from(symbol.address) is None:
                        yield _of_symbol(symbol)

    def _named(self, name: str) -> Iterator[Function]:
        """By the symbol table, without scanning units that do not hold the code."""
        seen = set()
        for symbol in self._symbols.by_name.get(name, ()):
            if not symbol.is_function or symbol.address in seen:
                continue
            seen.add(symbol.address)
            function = self._function_from(symbol.address)
            if function is None:
                yield _of_symbol(symbol)
            elif name in (function.name, function.linkage_name):
                yield function
            else:  # another name of the same code
                yield Function(
                    function.id,
                    function.kind,
                    name,
                    function.address,
                    function.ranges,
                    function.file,
                    function.line,
                    function.external,
                    function.linkage_name,
                )

    @_guarded
    def inlined(self, pattern: str, file: str | None = None) -> tuple[Function, ...]:
        found = self._inlined.get((pattern, file))
        if found is None:
            instances = sorted(self._instances(pattern, file), key=lambda each: each.address)
            found = self._inlined[pattern, file] = tuple(instances)
        return found

    def _instances(self, pattern: str, file: str | None) -> Iterator[Function]:
        matches = _glob(pattern)
        for unit in self._candidates(pattern):
            if file is not None and not self._mentions_file(unit, file):
                continue
            for die, container in inlined_instances(unit):
                name = name_of(die)
                if name is None or not matches(name):
                    continue
                function = self._described(die, name, FunctionKind.INLINED, container.offset)
                if function is not None and (file is None or _in_file(function, file)):
                    self._functions[die.offset] = function
                    yield function

    @_guarded
    def function_at(self, address: LinkAddress) -> Function | None:
        unit = self._units.unit_at(address) if self._units is not None else None
        if unit is None:
            return None
        code = self._code.get(unit.offset)
        if code is None:
            code = self._code[unit.offset] = sorted(
                (each.start, each.end, offset)
                for offsets in self._table.names(unit).functions.values()
                for offset in offsets
                for each in ranges_of(unit.die(offset))
            )
        index = bisect_right(code, (address, 1 << 64, 0)) - 1
        if index < 0 or address >= code[index][1]:
            return None
        return self._function(code[index][2])

    def _function_from(self, address: LinkAddress) -> Function | None:
        """The described function that begins at the address."""
        found = self.function_at(address)
        return found if found is not None and found.address == address else None

    def _function(self, offset: int) -> Function | None:
        found = self._functions.get(offset)
        if found is None:
            die = self._table.die(offset)
            found = self._described(die, name_of(die) or "", FunctionKind.SUBPROGRAM, None)
            if found is not None:
                self._functions[offset] = found
        return found

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
        file, line = self._declared(die)
        if line is None:  # assembler declares nothing: the line of its first instruction
            file, line = self._line_of(die.unit, address)
        return Function(
            FunctionId(die.offset),
            kind,
            name,
            LinkAddress(address),
            ranges,
            file,
            line,
            any(each.has(dw.AT_EXTERNAL) for each in origins(die)),
            next(filter(None, (_linkage(each) for each in origins(die))), None),
            None if container is None else FunctionId(container),
        )

    def _declared(self, die: Die) -> tuple[str | None, int | None]:
        """File and line of the declaration of a function or variable."""
        file: str | None = None
        line: int | None = None
        for each in origins(die):
            if line is None:
                line = each.number(dw.AT_DECL_LINE)
            number = each.number(dw.AT_DECL_FILE) if file is None else None
            if number is not None:
                header = self._table.header(each.unit)
                if header is not None and 0 <= number < len(header.files):
                    file = header.files[number]
        return file, line

    def _line_of(self, unit: Unit, address: int) -> tuple[str | None, int | None]:
        row = self._row_at(unit, address)
        return (None, None) if row is None else (self._line_row(unit, row).file, row[2])

    def _row_at(self, unit: Unit, address: int) -> Row | None:
        rows = self._table.rows(unit)
        index = bisect_right(rows, (address, 1 << 64, 0, 0)) - 1
        return None if index < 0 or rows[index][3] & END_SEQUENCE else rows[index]

    def _candidates(self, pattern: str) -> list[Unit]:
        if self._units is None:
            return []
        return self._units.units if _GLOB.search(pattern) else self._units.mentioning(pattern)

    def _mentions_file(self, unit: Unit, file: str) -> bool:
        header = self._table.header(unit)
        return header is not None and any(_matches_file(each, file) for each in header.files)

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
        lines = [row[2] for row in self._rows_of(function) if row[2]]
        if function.line is not None:
            lines.append(function.line)
        return bool(lines) and min(lines) <= last and first <= max(lines)

    # Addresses

    def entry_address(self, function: Function) -> LinkAddress:
        return function.address

    @_guarded
    def probe_address(self, function: Function) -> LinkAddress:
        """After the marker where the compiler left one, else at the second line row's address.

        The second row is what SystemTap takes even if it has the entry's own line (functions
        of one line, stack protectors).
        """
        if function.kind is not FunctionKind.SUBPROGRAM:
            return function.address
        if not needs_prologue(self._table.die(function.id)):
            return function.address
        rows = [row for row in self._rows_of(function) if row[0] >= function.address]
        marked = [row[0] for row in rows if row[3] & PROLOGUE_END]
        later = [row[0] for row in rows if row[0] > function.address]
        found = (marked or later or [function.address])[0]
        return LinkAddress(found)

    def _rows_of(self, function: Function) -> list[Row]:
        if self._units is None or function.kind is FunctionKind.SYMBOL:
            return []
        rows = self._units.rows(self._units.unit_of_die(function.id))
        found = []
        for each in function.ranges:
            index = bisect_right(rows, (each.start, -1, -1, -1))
            while index < len(rows) and rows[index][0] < each.end:
                if not rows[index][3] & END_SEQUENCE:
                    found.append(rows[index])
                index += 1
        return found

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
        return tuple(
            each for each in self.variables(function, address) if each.kind is VariableKind.LOCAL
        )

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
        matches = _glob(pattern)
        return tuple(
            self._variable(unit.die(offset), VariableKind.GLOBAL, None)
            for unit in self._candidates(pattern)
            for name, offsets in self._table.names(unit).variables.items()
            if matches(name)
            for offset in offsets
        )

    def global_variable(self, name: str, file: str | None = None) -> Variable | None:
        named = (each for each in self.globals(name))
        return next(
            (
                each
                for each in named
                if file is None or (each.file is not None and _matches_file(each.file, file))
            ),
            None,
        )

    @_guarded
    def location(self, variable: Variable, address: LinkAddress) -> loc.Location:
        key = (variable.id, address)
        found = self._locations.get(key)
        if found is None:
            frame: Die | None = None
            entry: int | None = None
            if variable.function is not None:
                function = self._functions.get(variable.function)
                owner = function.container if function is not None else None
                holder = self._function(owner if owner is not None else variable.function)
                frame = self._table.die(holder.id) if holder is not None else None
                entry = holder.address if holder is not None else None
            found = self._locator.location(self._table.die(variable.id), frame, address, entry)
            self._locations[key] = found
        return found

    def _variable(self, die: Die, kind: VariableKind, function: FunctionId | None) -> Variable:
        chain = tuple(origins(die))
        typed = next((each for each in chain if each.has(dw.AT_TYPE)), None)
        file, line = self._declared(die)
        return Variable(
            VariableId(die.offset),
            kind,
            name_of(die) or "",
            VOID if typed is None else type_of(typed),
            function,
            file,
            line,
        )

    @_guarded
    def return_type(self, function: Function) -> TypeId:
        die = self._die_of(function)
        chain = origins(die) if die is not None else iter(())
        typed = next((each for each in chain if each.has(dw.AT_TYPE)), None)
        return VOID if typed is None else type_of(typed)

    @_guarded
    def return_location(self, function: Function) -> loc.Location:
        if function.kind is FunctionKind.INLINED:
            return loc.Refused("an inlined function does not return")
        if function.kind is FunctionKind.SYMBOL:
            return loc.Refused(f"nothing is known of the type that `{function.name}` returns")
        if self._binary.machine != "x86_64":
            return loc.Refused(f"return values are not known on {self._binary.machine}")
        return return_location(self, self.return_type(function))

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
        if self._units is None:
            return Opaque("<unknown type>")
        die = self._units.die(type_id & _DIE_MASK)
        if die.has(dw.AT_DECLARATION):
            defined = self._definition(die)
            if defined is not None:
                die = self._units.die(defined)
        return read_type(die, type_id >> DIMENSION_SHIFT)

    def _definition(self, die: Die) -> int | None:
        """Where a declared record or enumeration is defined."""
        name = die.text(dw.AT_NAME)
        if not name or (die.tag not in RECORDS and die.tag != dw.TAG_ENUMERATION):
            return None
        kind = TypeKind.ENUM if die.tag == dw.TAG_ENUMERATION else _RECORD_KINDS[die.tag]
        return self._table.find_type(kind, name, die.unit)

    @_guarded
    def find_type(self, kind: TypeKind, name: str) -> TypeId | None:
        found = self._units.find_type(kind, name) if self._units is not None else None
        return None if found is None else TypeId(found)

    # Symbols and lines

    @_guarded
    def symbols(self) -> tuple[ElfSymbol, ...]:
        return self._symbols.symbols

    @_guarded
    def symbol_at(self, address: LinkAddress) -> SymbolPlace | None:
        return self._symbols.at(address)

    @_guarded
    def lines(self, file: str) -> tuple[LineRow, ...]:
        return tuple(
            self._line_row(unit, row)
            for unit in (self._units.units if self._units is not None else ())
            if self._mentions_file(unit, file)
            for row in self._units_rows_in(unit, file)
        )

    @_guarded
    def statement_addresses(self, file: str, line: int) -> tuple[LinkAddress, ...]:
        found: list[int] = []
        for unit in self._units.units if self._units is not None else ():
            if not self._mentions_file(unit, file):
                continue
            wanted = self._file_numbers(unit, file)
            inside = False
            for address, number, at_line, flags in self._table.rows(unit):
                matches = number in wanted and at_line == line and not flags & END_SEQUENCE
                if matches and flags & STATEMENT and not inside:
                    found.append(address)
                inside = matches
        return tuple(LinkAddress(each) for each in sorted(set(found)))

    @_guarded
    def line_at(self, address: LinkAddress) -> LineRow | None:
        unit = self._units.unit_at(address) if self._units is not None else None
        if unit is None:
            return None
        row = self._row_at(unit, address)
        return None if row is None else self._line_row(unit, row)

    def _units_rows_in(self, unit: Unit, file: str) -> Iterator[Row]:
        wanted = self._file_numbers(unit, file)
        return (
            row for row in self._table.rows(unit) if row[1] in wanted and not row[3] & END_SEQUENCE
        )

    def _file_numbers(self, unit: Unit, file: str) -> set[int]:
        header = self._table.header(unit)
        files = header.files if header is not None else ()
        return {number for number, each in enumerate(files) if _matches_file(each, file)}

    def _line_row(self, unit: Unit, row: Row) -> LineRow:
        header = self._table.header(unit)
        address, number, line, flags = row
        files = header.files if header is not None else ()
        return LineRow(
            LinkAddress(address),
            files[number] if number < len(files) else "",
            line,
            bool(flags & STATEMENT),
            bool(flags & PROLOGUE_END),
        )

    @property
    def _table(self) -> UnitsTable:
        assert self._units is not None, "asked for DWARF of a binary without"
        return self._units

    @cached_property
    def _locator(self) -> Locator:
        files = (
            (self._binary,)
            if self._debug in (None, self._binary)
            else (
                self._binary,
                self._debug,
            )
        )
        return Locator(self._table, read_frames(*(each for each in files if each is not None)))

    @cached_property
    def _symbols(self) -> SymbolTable:
        files = [self._binary]
        if self._debug is not None and self._debug is not self._binary:
            files.append(self._debug)
        return read_symbols(*files)

    @cached_property
    def _has_symbol_table(self) -> bool:
        """Whether all functions have symbols, local ones too."""
        files = (self._binary, self._debug)
        return any(each is not None and each.has_content(".symtab") for each in files) or (
            self._units is None
        )

    def _die_of(self, function: Function) -> Die | None:
        if function.kind is FunctionKind.SYMBOL or self._units is None:
            return None
        return self._units.die(function.id)


_VARIABLE_KINDS = {
    dw.TAG_FORMAL_PARAMETER: VariableKind.PARAMETER,
    dw.TAG_VARIABLE: VariableKind.LOCAL,
}
_RECORD_KINDS = {
    dw.TAG_STRUCTURE: TypeKind.STRUCT,
    dw.TAG_CLASS: TypeKind.STRUCT,
    dw.TAG_INTERFACE: TypeKind.STRUCT,
    dw.TAG_UNION: TypeKind.UNION,
}


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


def _linkage(die: Die) -> str | None:
    return die.text(dw.AT_LINKAGE_NAME) or die.text(dw.AT_MIPS_LINKAGE_NAME)


def _in_file(function: Function, file: str) -> bool:
    return function.file is not None and _matches_file(function.file, file)


def _matches_file(path: str, pattern: str) -> bool:
    """SystemTap's rule: the whole path, or its end after a slash."""
    return bool(_glob(pattern)(path) or _glob("*/" + pattern)(path))


@lru_cache(maxsize=256)
def _glob(pattern: str) -> Callable[[str], object]:
    if not _GLOB.search(pattern):
        return pattern.__eq__
    return re.compile(fnmatch.translate(pattern)).match
