"""What we read, against readers of others: pyelftools, nm and llvm-dwarfdump."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elftools.dwarf.callframe import FDE
from elftools.elf.elffile import ELFFile

from tests.debuginfo.conftest import Build
from translator.base.system import RealSystem
from translator.debuginfo import ctype as ct
from translator.debuginfo.dwarf.frame import ExpressionRule, RegisterRule, read_frames
from translator.debuginfo.elf import ElfFile
from translator.debuginfo.finders import open_debuginfo
from translator.debuginfo.model import DebugInfo, FunctionKind, LinkAddress, TypeKind


def dies(path: str, tag: str) -> Iterator[Any]:
    with open(path, "rb") as file:
        for unit in ELFFile(file).get_dwarf_info().iter_CUs():
            yield from (die for die in unit.iter_DIEs() if die.tag == tag)


def text(die: Any, attribute: str) -> str | None:
    found = die.attributes.get(attribute)
    return found.value.decode() if found is not None else None


@pytest.fixture(params=["shapes", "prologues"])
def opened(request: pytest.FixtureRequest, build: Build, variant: str) -> DebugInfo:
    return open_debuginfo(build(request.param, variant), RealSystem())


def test_structs_have_the_members_that_pyelftools_reads(opened: DebugInfo) -> None:
    checked = 0
    for die in dies(opened.path, "DW_TAG_structure_type"):
        tag = text(die, "DW_AT_name")
        if tag is None or "DW_AT_declaration" in die.attributes:
            continue
        found = opened.find_type(TypeKind.STRUCT, tag)
        assert found is not None, tag
        record = opened.type(found)
        assert isinstance(record, ct.Record)
        assert record.size == die.attributes["DW_AT_byte_size"].value
        expected = [
            (text(child, "DW_AT_name") or "", child.attributes["DW_AT_data_member_location"].value)
            for child in die.iter_children()
            if "DW_AT_data_member_location" in child.attributes
        ]
        plain = [(each.name, each.offset) for each in record.members if each.bits is None]
        assert [pair for pair in expected if pair in plain] == plain
        checked += 1
    assert checked or "prologues" in opened.path


def test_functions_are_those_with_code(opened: DebugInfo) -> None:
    expected = {
        (text(die, "DW_AT_name"), die.attributes["DW_AT_low_pc"].raw_value)
        for die in dies(opened.path, "DW_TAG_subprogram")
        if "DW_AT_low_pc" in die.attributes and "DW_AT_name" in die.attributes
    }
    ours = [each for each in opened.functions("*") if each.kind is FunctionKind.SUBPROGRAM]
    names = {name for name, _ in expected}
    assert names <= {each.name for each in ours}
    for function in ours:
        assert opened.functions(function.name) == (function,)
        assert opened.function_at(function.address) == function
        assert opened.function_at(LinkAddress(function.address + function.size - 1)) == function


def test_functions_lie_where_nm_says(opened: DebugInfo) -> None:
    listing = subprocess.run(
        ["nm", "-S", "--defined-only", opened.path],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    ).stdout
    checked = 0
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "Tt":
            found = opened.functions(fields[3])
            assert [each.address for each in found] == [int(fields[0], 16)], line
            assert found[0].size == int(fields[1], 16)
            checked += 1
    assert checked >= 6


def test_line_rows_are_pyelftools(opened: DebugInfo) -> None:
    with open(opened.path, "rb") as file:
        dwarf: Any = ELFFile(file).get_dwarf_info()
        expected = [
            (entry.state.address, entry.state.line, bool(entry.state.is_stmt))
            for unit in dwarf.iter_CUs()
            for entry in dwarf.line_program_for_CU(unit).get_entries()
            if entry.state is not None and not entry.state.end_sequence
        ]
    rows = [(row.address, row.line, row.is_statement) for row in opened.lines("*")]
    assert sorted(rows) == sorted(expected)
    assert len(rows) > 10
    assert {Path(row.file).suffix for row in opened.lines("*")} <= {".c", ".h"}


@pytest.mark.parametrize("source", ["shapes", "prologues"])
def test_canonical_frame_addresses_are_pyelftools(build: Build, variant: str, source: str) -> None:
    path = build(source, variant)
    image = Path(path).read_bytes()
    frames = read_frames(ElfFile(path, image))
    checked = 0
    with open(path, "rb") as file:
        for entry in ELFFile(file).get_dwarf_info().EH_CFI_entries():
            if not isinstance(entry, FDE):
                continue
            end = entry["initial_location"] + entry["address_range"]
            for row in entry.get_decoded().table:
                if row["pc"] >= end:
                    continue  # a procedure linkage table of one entry has rules past its end
                rule = row["cfa"]
                ours = next(filter(None, (each.cfa_at(row["pc"]) for each in frames)))
                if rule.expr is not None:
                    assert ours == ExpressionRule(bytes(rule.expr))
                else:
                    assert ours == RegisterRule(rule.reg, rule.offset)
                checked += 1
    assert checked > 5


def test_symbols_and_sections_are_pyelftools(opened: DebugInfo) -> None:
    with open(opened.path, "rb") as file:
        elf = ELFFile(file)
        table: Any = elf.get_section_by_name(".symtab")
        expected = {
            (symbol.name, symbol["st_value"])
            for symbol in table.iter_symbols()
            if symbol["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT")
            and symbol["st_shndx"] not in ("SHN_UNDEF", "SHN_ABS")
        }
        note: Any = elf.get_section_by_name(".note.gnu.build-id")
        build_id = next(note.iter_notes())["n_desc"] if note is not None else None
        main = table.get_symbol_by_name("main")[0]["st_value"]
        file.seek(next(elf.address_offsets(main)))
        code = file.read(16)
    assert expected <= {(each.name, each.address) for each in opened.symbols()}
    assert opened.build_id == build_id
    offset = opened.file_offset(main)
    assert offset is not None
    assert Path(opened.path).read_bytes()[offset : offset + 16] == code
    assert opened.link_address(offset) == main
    place = opened.symbol_at(LinkAddress(main + 3))
    assert place is not None
    assert (place.name, place.offset) == ("main", 3)


def test_location_lists_cover_what_llvm_dwarfdump_says(build: Build) -> None:
    """Each parameter of an optimised function: a value exactly where llvm-dwarfdump has one."""
    program = shutil.which("llvm-dwarfdump") or shutil.which("llvm-dwarfdump-14")
    if program is None:
        pytest.skip("llvm-dwarfdump is not installed")
    path = build("shapes", "gcc -O2")
    info = open_debuginfo(path, RealSystem())
    from translator.debuginfo.location import OptimisedOut

    (function,) = info.functions("area")
    dump = subprocess.run(
        [program, "--name=area", "--show-children", path],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout
    checked = 0
    for block in re.split(r"\n\n", dump):
        name = re.search(r'DW_AT_name\t\("(\w+)"\)', block)
        if "DW_TAG_formal_parameter" not in block or "DW_AT_location" not in block or not name:
            continue
        ranges = [
            (int(low, 16), int(high, 16))
            for low, high in re.findall(r"\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)", block)
        ]
        variable = next(each for each in info.parameters(function) if each.name == name[1])
        for address in range(function.address, function.address + function.size):
            where = info.location(variable, LinkAddress(address))
            expected = not ranges or any(low <= address < high for low, high in ranges)
            assert isinstance(where, OptimisedOut) is not expected, (name[1], hex(address))
        checked += 1
    assert checked >= 6
