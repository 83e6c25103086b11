"""Registers, plain reads and enumerators: what they become, in the kernel and in a program."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.support.running import elaborated
from translator.core.printer import print_program
from translator.debuginfo.btf import KERNEL_BTF

needs_btf = pytest.mark.skipif(not os.access(KERNEL_BTF, os.R_OK), reason="needs the kernel's BTF")
SOURCE = """\
enum color { RED = 3, GREEN = -7, BLUE = 40 };
enum { NAMELESS = 77 };
int paint(enum color value) { return value == NAMELESS; }
int main(void) { return paint(BLUE); }
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("program")
    (folder / "paint.c").write_text(SOURCE)
    subprocess.run(
        ["gcc", "-g", "-O0", "-o", "paint", "paint.c"], cwd=folder, check=True, timeout=60
    )
    return str(folder / "paint")


def printed(script: str) -> str:
    found, messages = elaborated(script)
    assert found is not None, messages
    return print_program(found)


def messages(script: str) -> tuple[str, ...]:
    found, told = elaborated(script)
    assert found is None
    return told


def in_program(program: str, body: str) -> str:
    return f'probe process("{program}").function("paint") {{ {body} }}'


def test_enumerators_of_the_probed_program(program: str) -> None:
    text = printed(in_program(program, 'printf("%d %d", @enum("GREEN"), @enum("NAMELESS"))'))
    assert "-7" in text
    assert "77" in text
    elsewhere = f'probe begin {{ println(@enum("BLUE", "{program}")) }}'
    assert "40" in printed(elsewhere)


def test_the_name_of_a_value(program: str) -> None:
    named = printed(in_program(program, 'println(@enumname($value, "color"))'))
    assert all(f'"{name}"' in named for name in ("RED", "GREEN", "BLUE"))
    own = printed(in_program(program, "println(@enumname($value))"))
    assert own == named


def test_registers_and_reads(program: str) -> None:
    text = printed(in_program(program, "println(@uregister(5), @uderef(4, @uregister(7)))"))
    assert "user_u32[" in text


@needs_btf
def test_enumerators_of_the_kernel() -> None:
    text = printed(
        'probe begin { println(@enum("PIDTYPE_TGID", "kernel"), @const("PIDTYPE_TGID"), '
        '@enumname(pid(), "enum pid_type", "kernel")) }'
    )
    assert '"PIDTYPE_TGID"' in text


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("@kderef(3, 0)", "bad-argument"),
        ("@kderef(n, 0)", "not-constant"),
        ("@kderef(8)", "wrong-argument-count"),
        ("@uregister(-1)", "bad-argument"),
        ("@kregister(0)", "unresolved-target"),
        ("@enum(1)", "not-constant"),
        ('@enum("no such name", "kernel")', "unresolved-target"),
        ('@const("f(1)")', "unresolved-target"),
        ('@perf("cycles")', "unresolved-target"),
        ("@defined($a, $b)", "wrong-argument-count"),
        ('@kderef(8, "text")', "type-mismatch"),
    ],
)
def test_mistakes(expression: str, rule: str) -> None:
    told = messages(f"probe begin {{ n = 1; println(n, {expression}) }}")
    assert any(each.startswith(f"{rule}: ") for each in told), told


def test_written_in_the_handler() -> None:
    alias = "probe a = begin { x = 0 }, { println(@probewrite(x)) }"
    yes = printed(f"{alias} probe a {{ x = 5 }}")
    no = printed(f"{alias} probe a {{ println(x) }}")
    assert "1)" in yes
    assert "0)" in no
