"""What is kept between runs only saves time: damaged, lost, foreign or stale, a run is the same."""

from __future__ import annotations

import marshal
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HELLO, PROGRAM, SECONDS, Shell

KINDS = ("plan", "image", "code", "trees", "library")
RUN = ("run", "--runtime=host")


def _entries(shell: Shell) -> list[Path]:
    return sorted(path for path in (shell.place / "cache").rglob("*") if path.is_file())


def _hello(shell: Shell, **environment: str | None) -> None:
    told = shell.run(*RUN, "hello.stp", given=b"", **environment)
    assert (told.output, told.errors, told.status) == ("hello\n", "", 0)


def test_every_kind_is_kept(shell: Shell) -> None:
    shell.write("tapset.stp", 'probe begin { println(ansi_clear_screen() == "", "hello") exit() }')
    assert shell.run(*RUN, "tapset.stp").status == 0
    assert {path.parent.name for path in _entries(shell)} == set(KINDS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:20],
        lambda data: data[:-1],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data * 2,
        lambda data: bytes(reversed(data)),
        lambda data: marshal.dumps(5),
        lambda data: marshal.dumps((1, "two", None, [3], {})),
    ],
    ids=["empty", "head", "short", "bit", "twice", "reversed", "number", "tuple"],
)
def test_damaged(shell: Shell, damage: Callable[[bytes], bytes]) -> None:
    _hello(shell)
    for path in _entries(shell):
        whole = path.read_bytes()
        path.write_bytes(damage(whole))
        _hello(shell)
        assert "hello" in shell.run(*RUN, "-v", "hello.stp").output
        path.write_bytes(whole)
    for path in _entries(shell):
        path.write_bytes(damage(path.read_bytes()))
    _hello(shell)
    assert shell.run("check", "hello.stp").status == 0
    assert shell.run("list", "-l", "syscall.openat").output == "syscall.openat\n"


def test_lost(shell: Shell) -> None:
    _hello(shell)
    for path in _entries(shell):
        path.unlink()
        _hello(shell)


def test_no_place_to_keep(shell: Shell) -> None:
    shell.write("file", "in the way")
    for place in ("file", "file/below", "/proc/none", "/dev/null/none", "/dev/full"):
        for _ in range(2):
            _hello(shell, STAP_LSP_CACHE=place)
    assert (shell.place / "file").read_text() == "in the way"


def test_read_only(shell: Shell) -> None:
    (shell.place / "cache").mkdir(mode=0o500)
    for _ in range(2):
        _hello(shell.powerless())
    assert _entries(shell) == []
    (shell.place / "home").mkdir(mode=0o500)
    home = str(shell.place / "home")
    _hello(shell.powerless(), HOME=home, STAP_LSP_CACHE=None, XDG_CACHE_HOME=None)
    assert os.listdir(home) == []


def test_no_home(shell: Shell) -> None:
    for home in (None, "", "/nonexistent"):
        _hello(shell.powerless(), HOME=home, STAP_LSP_CACHE=None, XDG_CACHE_HOME=None)


def test_script_edited(shell: Shell) -> None:
    _hello(shell)
    shell.write("hello.stp", HELLO.replace("hello", "other"))
    assert shell.run(*RUN, "hello.stp").output == "other\n"
    shell.write("hello.stp", "probe begin {")
    assert shell.run(*RUN, "hello.stp").status == 1
    (shell.place / "hello.stp").unlink()
    assert shell.run(*RUN, "hello.stp").status == 2


def test_library_edited(shell: Shell) -> None:
    library = shell.place / "library"
    library.mkdir()
    tapset = library / "greeting.stp"
    words = (*RUN, "-I", "library", "-e", "probe begin { println(greeting()) exit() }")
    tapset.write_text('function greeting() { return "one" }\n')
    assert shell.run(*words).output == "one\n"
    tapset.write_text('function greeting() { return "two" }\n')
    assert shell.run(*words).output == "two\n"
    tapset.unlink()
    assert "greeting" in shell.run(*words).errors
    (library / "another.stp").write_text('function greeting() { return "three" }\n')
    assert shell.run(*words).output == "three\n"


def test_library_gets_a_file(shell: Shell) -> None:
    first, second = shell.place / "first", shell.place / "second"
    first.mkdir()
    second.mkdir()
    (second / "greeting.stp").write_text('function greeting() { return "second" }\n')
    script = "probe begin { println(greeting()) exit() }"
    words = (*RUN, "-I", "first", "-I", "second", "-e", script)
    assert [shell.run(*words).output for _ in range(2)] == ["second\n"] * 2
    (first / "greeting.stp").write_text('function greeting() { return "first" }\n')
    assert shell.run(*words).output == "first\n"


@pytest.mark.kernel
def test_program_rebuilt(shell: Shell) -> None:
    source = "#include <stdio.h>\n{pad}int work(int number) {{ return number + 1; }}\n"
    main = 'int main(void) { printf("%d\\n", work(41)); return 0; }\n'
    script = 'probe process("./program").function("work") { println($$parms) }'
    for pad, parameter in (("", "number=0x29"), ("int other(int a) { return a; }\n", "number=")):
        shell.write("program.c", source.format(pad=pad) + main)
        command = ["gcc", "-g", "-O0", "-o", "program", "program.c"]
        subprocess.run(command, cwd=shell.place, check=True, timeout=SECONDS)
        for _ in range(2):
            told = shell.run("run", "-e", script, "-c", "./program")
            assert parameter in told.output, told
            assert "42" in told.output


def test_two_at_once(shell: Shell) -> None:
    words = [PROGRAM, *RUN, "hello.stp"]
    environment = {**os.environ, "STAP_LSP_CACHE": str(shell.place / "cache")}
    runs = [
        subprocess.Popen(
            words,
            cwd=shell.place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(4)
    ]
    assert [run.communicate(timeout=SECONDS)[0] for run in runs] == ["hello\n"] * 4
    assert not [path for path in _entries(shell) if path.name.startswith(".")]
    _hello(shell)
