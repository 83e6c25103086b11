"""Where debug information is looked for, and what is said when there is none or it is broken."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.debuginfo.conftest import Build
from translator.base.system import RealSystem
from translator.debuginfo.finders import open_debuginfo, require_types
from translator.debuginfo.model import DebugInfo, DebugInfoError, FunctionKind, TypeKind

TIMEOUT = 60


@pytest.fixture
def program(build: Build, tmp_path: Path) -> Path:
    """A private copy of an unoptimised program."""
    return Path(shutil.copy(build("shapes", "gcc -O0"), tmp_path / "program"))


def objcopy(*arguments: object) -> None:
    subprocess.run(["objcopy", *map(str, arguments)], check=True, timeout=TIMEOUT)


def answers_of(info: DebugInfo) -> tuple[object, ...]:
    (area,) = info.functions("area")
    address = info.probe_address(area)
    parameters = info.parameters(area)
    return area, address, [info.location(each, address) for each in parameters]


def test_a_linked_file_answers_as_the_whole_one(program: Path) -> None:
    whole = answers_of(open_debuginfo(str(program), RealSystem()))
    debug = program.with_suffix(".dbg")
    objcopy("--only-keep-debug", program, debug)
    objcopy("--strip-all", f"--add-gnu-debuglink={debug}", program)
    info = open_debuginfo(str(program), RealSystem())
    assert info.why_no_types is None
    assert answers_of(info) == whole
    hidden = program.parent / ".debug"
    hidden.mkdir()
    debug.rename(hidden / debug.name)
    assert answers_of(open_debuginfo(str(program), RealSystem())) == whole


def test_a_linked_file_of_another_build_is_refused(program: Path) -> None:
    debug = program.with_suffix(".dbg")
    objcopy("--only-keep-debug", program, debug)
    objcopy("--strip-all", f"--add-gnu-debuglink={debug}", program)
    with debug.open("ab") as file:
        file.write(b"changed")
    info = open_debuginfo(str(program), RealSystem())
    assert info.why_no_types is not None
    assert f"{debug} (of another build)" in info.why_no_types


def test_a_program_without_still_answers_by_symbols(program: Path) -> None:
    objcopy("--strip-debug", program)
    info = open_debuginfo(str(program), RealSystem())
    assert not info.has_types
    (area,) = info.functions("area")
    assert area.kind is FunctionKind.SYMBOL
    assert info.probe_address(area) == area.address
    assert info.file_offset(area.address) is not None
    assert info.parameters(area) == ()
    assert info.locals(area, area.address) == ()
    assert info.find_type(TypeKind.STRUCT, "point") is None
    assert info.inlined("*") == ()
    assert info.functions("area", "shapes.c") == ()
    assert "nothing" in {each.name for each in info.functions("n*")}
    with pytest.raises(DebugInfoError, match="compile it with -g"):
        require_types(info)


def test_split_debug_information_is_refused_by_name(build: Build) -> None:
    info = open_debuginfo(build("prologues", "gcc -O0 -gsplit-dwarf"), RealSystem())
    assert not info.has_types
    assert info.why_no_types is not None
    assert "compile it without -gsplit-dwarf" in info.why_no_types
    assert info.functions("main")[0].kind is FunctionKind.SYMBOL


def test_link_time_optimised_names_are_found_across_units(build: Build) -> None:
    info = open_debuginfo(build("prologues", "gcc -O2 -flto"), RealSystem())
    (main,) = info.functions("main")
    assert [each.name for each in info.parameters(main)] == ["c", "v"]
    assert {each.name for each in info.inlined("brace_on_line")} == {"brace_on_line"}


def test_a_systems_program_is_pointed_at_its_package() -> None:
    info = open_debuginfo(shutil.which("true") or "/bin/true", RealSystem())
    if info.has_types:
        pytest.skip("the system's programs have debug information here")
    assert info.why_no_types is not None
    assert "-dbgsym" in info.why_no_types


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "not an ELF file"),
        (b"#!/bin/sh\n" + b"x" * 80, "not an ELF file"),
        (b"\x7fELF\x01\x01" + b"\0" * 80, "only 64-bit little-endian"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DebugInfoError, match=message):
        open_debuginfo(str(path), RealSystem())


def ask_everything(path: Path) -> None:
    info = open_debuginfo(str(path), RealSystem())
    for function in (*info.functions("*"), *info.inlined("*")):
        address = info.probe_address(function)
        info.return_location(function)
        for variable in info.variables(function, address):
            info.location(variable, address)
            info.type(variable.type)
    info.lines("*.c")
    info.globals("*")


@pytest.mark.parametrize("variant", ["gcc -O2", "gcc -O2 -gdwarf-4", "clang -O0"])
def test_damage_is_an_error_with_the_files_name(build: Build, tmp_path: Path, variant: str) -> None:
    whole = Path(build("shapes", variant)).read_bytes()
    chance = random.Random(7)
    path = tmp_path / "damaged"
    told = []
    for number in range(60):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(chance.choice((1, 10, 200))):
                data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            ask_everything(path)
        except DebugInfoError as error:
            told.append(str(error))
    assert told
    assert all(str(path) in message for message in told)
