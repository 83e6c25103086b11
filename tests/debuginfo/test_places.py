"""Where functions are probed and where their variables are: as SystemTap lists, as gdb reads."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.debuginfo.conftest import SOURCES, Build
from translator.base.system import RealSystem
from translator.debuginfo import location as loc
from translator.debuginfo.calling_convention import argument_locations
from translator.debuginfo.finders import open_debuginfo
from translator.debuginfo.model import (
    AnyLine,
    DebugInfo,
    FunctionKind,
    LineAbsolute,
    LineRange,
    LineRelative,
    LinkAddress,
    RegisterNumber,
    c_name,
)

# What a kernel's build directory must hold for `stap -L` to look at programs.
_KERNEL_OPTIONS = ("X86_64", "64BIT", "TRACEPOINTS", "UPROBES", "ARCH_SUPPORTS_UPROBES")


@pytest.fixture(scope="session")
def kernel_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("kernel")
    (directory / "include" / "config").mkdir(parents=True)
    (directory / "include" / "generated").mkdir()
    (directory / "include" / "config" / "kernel.release").write_text("6.1.0\n")
    lines = (f"CONFIG_{option}=y\n" for option in _KERNEL_OPTIONS)
    (directory / ".config").write_text("".join(lines))
    for name in ("Makefile", "Module.symvers"):
        (directory / name).touch()
    return directory


def listing(info: DebugInfo, base: int) -> set[str]:
    """As `stap -v -L 'process("…").function("*")'` prints it."""
    found = set()
    for function in (*info.functions("*"), *info.inlined("*")):
        address = info.probe_address(function)
        name = function.name
        if function.kind is not FunctionKind.SYMBOL:
            name = f"{name}@{function.file}:{function.line}"
        variables = "".join(
            f" ${each.name}:{c_name(info, each.type)}"
            for each in info.variables(function, address)
            if not isinstance(info.location(each, address), loc.OptimisedOut)
        )
        found.add(f'process("{info.path}").function("{name}") {address - base:#x}{variables}')
    return found


@pytest.mark.parametrize("source", ["shapes", "prologues"])
def test_listing_is_systemtaps(
    build: Build, variant: str, source: str, kernel_directory: Path
) -> None:
    stap = shutil.which("stap")
    if stap is None:
        pytest.skip("systemtap is not installed")
    if variant == "clang -O2 -gdwarf-4":
        pytest.skip("stap skips prologues of clang's optimised code too, past moved arguments")
    path = build(source, variant)
    ended = subprocess.run(
        [stap, "-r", str(kernel_directory), "-v", "-L", f'process("{path}").function("*")'],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    theirs = {
        re.sub(r"/\* pc=(\.dynamic|\.absolute)\+(0x[0-9a-f]+) \*/", r"\2", line)
        for line in ended.stdout.splitlines()
        if line.startswith("process")
    }
    if not theirs:
        pytest.skip("this stap lists no programs without a kernel's build directory")
    # FIXME of theirs: it loses the file of what clang inlined.
    theirs = {line.replace("<unknown source>", str(SOURCES / f"{source}.c")) for line in theirs}
    base = 0x400000 if "-no-pie" in variant else 0
    assert listing(open_debuginfo(path, RealSystem()), base) == theirs


def test_parameters_at_entry_of_optimised_code_are_in_the_calls_registers(build: Build) -> None:
    info = open_debuginfo(build("shapes", "gcc -O2"), RealSystem())
    (function,) = info.functions("area")
    address = info.probe_address(function)
    assert address == info.entry_address(function)
    names = {each.name: info.location(each, address) for each in info.parameters(function)}
    registers = {
        name: loc.X86_64_REGISTERS[where.register]
        for name, where in names.items()
        if isinstance(where, loc.InRegister)
    }
    assert registers == {
        "p": "rdi",
        "scale": "rsi",
        "label": "rdx",
        "uid": "rcx",
        "c": "r8",
        "ratio": "xmm0",
        "h": "r9",
    }
    rsp = next(iter(n for n, name in enumerate(loc.X86_64_REGISTERS) if name == "rsp"))
    on_stack = loc.InMemory((loc.PushRegister(RegisterNumber(rsp), 8),))
    assert names["names"] == on_stack


def test_parameters_of_plain_code_are_in_the_frame(build: Build) -> None:
    info = open_debuginfo(build("shapes", "gcc -O0"), RealSystem())
    (function,) = info.functions("area")
    address = info.probe_address(function)
    assert address > info.entry_address(function)
    for parameter in info.parameters(function):
        where = info.location(parameter, address)
        assert isinstance(where, loc.InMemory)
        assert [type(each) for each in where.address] == [loc.PushRegister]


def test_optimised_out_names_where_the_value_is_readable(build: Build) -> None:
    info = open_debuginfo(build("shapes", "gcc -O2"), RealSystem())
    (function,) = info.functions("area")
    (result,) = (each for each in info.locals(function, function.address) if each.name == "result")
    where = info.location(result, function.address)
    assert isinstance(where, loc.OptimisedOut)
    assert where.readable
    for each in where.readable:
        assert not isinstance(info.location(result, each.start), loc.OptimisedOut)


@pytest.mark.parametrize("name", ["area", "halve", "of_kinds", "make_pair", "take_records"])
def test_the_calling_convention_is_the_compilers(build: Build, name: str) -> None:
    info = open_debuginfo(build("shapes", "gcc -O2"), RealSystem())
    (function,) = info.functions(name)
    variables = info.parameters(function)
    types = tuple(each.type for each in variables)
    by_rule = argument_locations(info, types, info.return_type(function))
    described = [info.location(each, function.address) for each in variables]
    assert len(described) == len(by_rule)
    for each, expected, found in zip(variables, described, by_rule, strict=True):
        if each.name != "f":  # gcc names the place that it will store the two registers to
            assert found == expected, each.name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("area", "rax"),
        ("get_inner", "rax"),
        ("halve", "xmm0"),
        ("make_pair", "8:rax 8:rdx"),
        ("make_mixed", "8:xmm0 8:rax"),
        ("make_floats", "8:xmm0 4:xmm1"),
        ("make_point", "memory at rax"),
        ("nothing", "the function returns nothing"),
        ("wide", "the function returns its value in the x87 register st0"),
    ],
)
def test_return_values(shapes: DebugInfo, name: str, expected: str) -> None:
    (function,) = shapes.functions(name)
    where = shapes.return_location(function)
    names = loc.X86_64_REGISTERS
    match where:
        case loc.InRegister(register=register):
            found = names[register]
        case loc.InMemory(address=(loc.PushRegister(register=register, offset=0),)):
            found = f"memory at {names[register]}"
        case loc.InPieces(pieces=pieces):
            found = " ".join(
                f"{each.size}:{names[each.where.register]}"
                for each in pieces
                if isinstance(each.where, loc.InRegister)
            )
        case loc.Refused(reason=reason):
            found = reason
        case _:
            pytest.fail(str(where))
    assert found == expected


def test_globals(shapes: DebugInfo) -> None:
    counter = shapes.global_variable("counter")
    assert counter is not None
    (symbol,) = (each for each in shapes.symbols() if each.name == "counter")
    anywhere = LinkAddress(0)
    assert shapes.location(counter, anywhere) == loc.InMemory((loc.PushAddress(symbol.address),))
    hidden = shapes.global_variable("hidden", "shapes.c")
    assert hidden is not None
    assert c_name(shapes, hidden.type) == "long[]" or "long int[]"
    per_thread = shapes.global_variable("per_thread")
    assert per_thread is not None
    assert shapes.location(per_thread, anywhere) == loc.InMemory((loc.PushThreadLocal(0),))
    assert shapes.global_variable("counter", "other.c") is None
    assert {each.name for each in shapes.globals("*o*n*")} >= {"counter", "origin"}


def test_inlined_instances_live_in_their_containers(build: Build) -> None:
    info = open_debuginfo(build("shapes", "gcc -O0"), RealSystem())
    (instance,) = info.inlined("twice_it")
    (main,) = info.functions("main")
    assert instance.kind is FunctionKind.INLINED
    assert instance.container == main.id
    assert any(each.holds(instance.address) for each in main.ranges)
    (parameter,) = info.parameters(instance)
    assert isinstance(info.location(parameter, instance.address), loc.InMemory)
    assert info.functions("twice_it") == ()
    another = open_debuginfo(info.path, RealSystem())  # asked of a value from before
    assert another.location(parameter, instance.address) == info.location(
        parameter, instance.address
    )


def test_functions_by_file_and_line(shapes: DebugInfo) -> None:
    (area,) = shapes.functions("area")
    assert area.line is not None
    assert shapes.functions("area", "shapes.c") == (area,)
    assert shapes.functions("ar*", "*.c", AnyLine()) == (area,)
    assert shapes.functions("area", "hapes.c") == ()
    assert area in shapes.functions("*", "shapes.c", LineAbsolute(area.line + 2))
    assert shapes.functions("area", "shapes.c", LineRelative(2)) == (area,)
    assert shapes.functions("area", "shapes.c", LineRelative(500)) == ()
    assert shapes.functions("area", "shapes.c", LineRange(1, area.line)) == (area,)
    assert shapes.functions("area", "shapes.c", LineRange(1, 2)) == ()


def test_statements(build: Build) -> None:
    info = open_debuginfo(build("prologues", "gcc -O0"), RealSystem())
    (function,) = info.functions("brace_on_line")
    (address,) = info.statement_addresses("prologues.c", 6)
    assert any(each.holds(address) for each in function.ranges)
    row = info.line_at(address)
    assert row is not None
    assert (row.line, Path(row.file).name) == (6, "prologues.c")
    names = {each.name for each in info.variables(function, address)}
    assert names == {"a", "buffer"}


@pytest.mark.parametrize(
    "variant", ["gcc -O0", "gcc -O2", "clang -O0", "gcc -O0 -gdwarf-4 -no-pie"]
)
def test_gdb_reads_the_same_values_there(build: Build, variant: str) -> None:
    """Stop at each probe address; our locations, read by hand, give what gdb prints."""
    gdb = shutil.which("gdb")
    if gdb is None:
        pytest.skip("gdb is not installed")
    path = build("shapes", variant)
    script = Path(__file__).parent / "read_in_gdb.py"
    root = str(Path(__file__).parent.parent.parent)
    ended = subprocess.run(
        [
            gdb,
            "-nx",
            "-batch",
            "-ex",
            f"python import sys; sys.path[:0] = {[root, *sys.path]!r}",
            "-x",
            str(script),
            path,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    result = re.search(r"^RESULT (.*)$", ended.stdout, re.MULTILINE)
    if result is None and "ptrace" in ended.stderr:
        pytest.skip("gdb may not trace programs here")
    assert result is not None, ended.stderr
    compared = json.loads(result[1])
    assert len(compared) >= 25
    assert [each for each in compared if each[1] != each[2]] == []
