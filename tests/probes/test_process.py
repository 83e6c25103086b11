"""Probe points of user programs, on programs that the tests compile."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.probes.machine import names, problem, real, resolve
from translator.probes.attachment import (
    Edge,
    PerfEvent,
    ProcessEvent,
    ProcessMoment,
    UserAddress,
    UserFunction,
    UserReturn,
    Watchpoint,
)
from translator.probes.point import ResolvedProbe
from translator.probes.target_names import target_names
from translator.probes.targets import UserTargets

SOURCE = """\
#include <stdio.h>
struct point { int x, y; };
long counter = 3;
static inline __attribute__((always_inline)) int twice(int v) { return v * 2; }
static int add(int a, int b)
{
    int sum = 0;
    for (int i = 0; i < b; i++)
        sum += 1;
    return a + sum;
}
int norm(struct point *p) { return add(p->x, twice(p->y)); }
int main(int argc, char **argv)
{
    struct point p = { argc, 2 };
    printf("%d\\n", norm(&p));
    return 0;
}
"""


def compiled(directory: Path, name: str, *options: str) -> str:
    source = directory / "prog.c"
    source.write_text(SOURCE)
    program = directory / name
    subprocess.run(["gcc", *options, "-o", program, source], check=True, timeout=60, cwd=directory)
    return str(program)


@pytest.fixture(scope="module")
def prog(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled(tmp_path_factory.mktemp("prog"), "prog", "-g", "-O0")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled(tmp_path_factory.mktemp("bare"), "bare", "-O0")


def symbol(path: str, name: str) -> int:
    listing = subprocess.run(
        ["nm", path], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    (line,) = (line for line in listing.splitlines() if line.split()[-1] == name)
    return int(line.split()[0], 16)


def probe(text: str, target: str | None = None) -> ResolvedProbe:
    resolution = resolve(text, real(target))
    assert resolution.problems == ()
    (found,) = resolution.probes
    return found


def listed(path: str, text: str) -> list[str]:
    """What the probe point resolves to, without the program's path and the source's directory."""
    directory = path.rpartition("/")[0]
    head = f'process("{path}").'
    return [
        each.removeprefix(head).replace(f"{directory}/", "")
        for each in names(f"{head}{text}", real())
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('function("main")', ['function("main@prog.c:13")']),
        ('function("main").call', ['function("main@prog.c:13").call']),
        ('function("main").return', ['function("main@prog.c:13").return']),
        ('function("*@prog.c")', [
            'function("add@prog.c:5")',
            'function("norm@prog.c:12")',
            'function("main@prog.c:13")',
            'function("twice@prog.c:4")',
        ]),
        ('function("n*@*").exported', ['function("norm@prog.c:12").exported']),
        ('function("*@prog.c").inline', ['function("twice@prog.c:4").inline']),
        ('function("add@prog.c:9").call', ['function("add@prog.c:5").call']),
        ('statement("add@prog.c:9")', ['statement("add@prog.c:9")']),
        ('statement("*@prog.c:8")', ['statement("add@prog.c:8")']),
        ('statement("add@prog.c+2")', ['statement("add@prog.c:7")']),
        ('statement("*@prog.c:9-10,16")', [
            'statement("add@prog.c:9")',
            'statement("add@prog.c:10")',
            'statement("main@prog.c:16")',
        ]),
        ('statement("add@prog.c:3").nearest', ['statement("add@prog.c:6")']),
        ('statement("add@prog.c:*")', [f'statement("add@prog.c:{line}")' for line in range(6, 12)]),
        ("begin", ["begin"]),
        ("syscall.return", ["syscall.return"]),
    ],
)  # fmt: skip
def test_names(prog: str, text: str, expected: list[str]) -> None:
    assert listed(prog, text) == expected


def test_entry_return_and_statement(prog: str) -> None:
    start = symbol(prog, "norm")
    entry = probe(f'process("{prog}").function("norm")')
    assert isinstance(entry.attachment, UserFunction)
    assert entry.function == "norm"
    assert entry.attachment.place.path == prog
    assert entry.attachment.place.address > start  # past the prologue: unoptimised
    leave = probe(f'process("{prog}").function("norm").return')
    assert isinstance(leave.attachment, UserReturn)
    assert leave.attachment.place.address == start
    assert isinstance(leave.targets, UserTargets)
    assert leave.targets.edge is Edge.RETURN
    line = probe(f'process("{prog}").statement("norm@prog.c:12")')
    assert isinstance(line.attachment, UserAddress)
    assert line.attachment.place.address == start
    at = probe(f'process("{prog}").statement({start}).absolute')
    assert isinstance(at.attachment, UserAddress)
    assert at.attachment.place.offset == line.attachment.place.offset
    inside = probe(f'process("{prog}").function({start + 2})')
    assert inside.name == entry.name


def test_the_program_of_the_command(prog: str) -> None:
    assert probe('process.function("main")', prog).name.startswith(f'process("{prog}")')
    assert probe("process.begin", prog).attachment == ProcessEvent(ProcessMoment.BEGIN)
    assert problem('process.function("main")', real())[:2] == ("no-such-process", 0)


def test_a_process(prog: str) -> None:
    del prog
    pid = os.getpid()
    event = probe(f"process({pid}).end").attachment
    assert event == ProcessEvent(ProcessMoment.END, pid=pid)
    found = resolve(f'process({pid}).function("_start")', real()).probes
    assert [
        each.attachment.place.pid for each in found if isinstance(each.attachment, UserFunction)
    ] == [pid]
    assert problem('process(4194305).function("main")', real())[:2] == ("no-such-process", 0)


def test_programs_by_name_and_by_glob(prog: str) -> None:
    directory = prog.rpartition("/")[0]
    found = names(f'process("{directory}/pr*").function("main").call', real())
    assert [each.partition(".function")[0] for each in found] == [f'process("{prog}")']
    (event,) = resolve('process("sh").begin', real()).probes
    assert isinstance(event.attachment, ProcessEvent)
    assert event.attachment.path is not None
    assert event.attachment.path.startswith("/")


def test_a_script_means_its_interpreter(tmp_path: Path) -> None:
    for number, first in enumerate(("#!/bin/sh", "#! /usr/bin/env sh")):
        script = tmp_path / f"script{number}"
        script.write_text(f"{first}\necho\n")
        script.chmod(0o755)
        assert names(f'process("{script}").begin', real()) == names('process("sh").begin', real())


def test_other_families_on_a_program(prog: str) -> None:
    data = probe(f'process("{prog}").data("counter").write').attachment
    assert isinstance(data, Watchpoint)
    assert (data.address, data.length, data.path) == (symbol(prog, "counter"), 8, prog)
    sample = probe(f'perf.sw.cpu_clock.process("{prog}").hz(99)').attachment
    assert sample == PerfEvent(1, 0, frequency=99, process=prog)


@pytest.mark.parametrize(
    ("text", "rule", "index", "suggestions"),
    [
        ('function("nrm")', "no-such-function", 1, ("norm",)),
        ('function("norm@other.c")', "no-such-function", 1, None),
        ('function("norm").inline', "no-such-function", 1, ()),
        ('function("twice").return', "no-such-function", 1, ()),
        ('function("@prog.c")', "bad-argument", 1, ()),
        ('function("norm@prog.c:9-3")', "bad-argument", 1, ()),
        ('statement("add@prog.c:3")', "no-such-line", 1, ("add@prog.c:6",)),
        ("statement(1234567890)", "bad-argument", 1, ()),
        ("function(1)", "no-such-function", 1, ()),
        ('functon("norm")', "unknown-probe-point", 1, ("function",)),
        ("plt", "unsupported-probe-point", 1, ()),
    ],
)
def test_problems(
    prog: str, text: str, rule: str, index: int, suggestions: tuple[str, ...] | None
) -> None:
    found = problem(f'process("{prog}").{text}', real())
    assert found[:2] == (rule, index)
    if suggestions is not None:
        assert found[2] == suggestions


def test_no_such_program(prog: str) -> None:
    rule, index, suggestions = problem(f'process("{prog}x").function("main")', real())
    assert (rule, index, suggestions[0]) == ("no-such-file", 0, prog)
    assert problem('process("no-such-program-at-all").begin', real())[0] == "no-such-file"
    assert problem(f'process("{prog}.c").function("main")', real())[0] == "no-debuginfo"


def test_a_program_without_debug_information(bare: str) -> None:
    found = probe(f'process("{bare}").function("norm")')
    assert found.name == f'process("{bare}").function("norm")'
    assert "-g" in found.note
    assert problem(f'process("{bare}").function("norm@prog.c")', real())[:2] == ("no-debuginfo", 1)
    assert problem(f'process("{bare}").statement("norm@prog.c:9")', real())[0] == "no-debuginfo"
    assert [each.name for each in target_names(found.targets, real())] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('function("add")', {"$a": "int", "$b": "int", "$sum": "int"}),
        ('function("add").return', {"$return": "int", "$a": "int", "$b": "int"}),
        ('statement("add@prog.c:9")', {"$i": "int", "$sum": "int", "$a": "int", "$b": "int"}),
        ('function("main")', {"$argc": "int", "$argv": "char**", "$p": "struct point"}),
        ('function("twice")', {"$v": "int"}),
    ],
)
def test_target_names(prog: str, text: str, expected: dict[str, str]) -> None:
    context = probe(f'process("{prog}").{text}').targets
    found = target_names(context, real())
    own = {each.name: each.type for each in found if not each.name.startswith("$$")}
    assert own == expected
    assert {"$$vars", "$$parms"} <= {each.name for each in found}
