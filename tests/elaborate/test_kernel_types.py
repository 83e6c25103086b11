"""Kernel types in scripts: which reads they become, against the running kernel's own BTF."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.support.running import elaborated
from translator.base.system import RealSystem
from translator.core.printer import print_program
from translator.debuginfo.btf import KERNEL_BTF, Btf, open_kernel_btf
from translator.debuginfo.ctype import TypeKind, find_member

pytestmark = pytest.mark.skipif(not os.access(KERNEL_BTF, os.R_OK), reason="needs the kernel's BTF")

PROGRAMS = Path(__file__).resolve().parents[1] / "fixtures" / "programs"
TASK = '@cast(task, "task_struct", "kernel")'


@cache
def _types() -> Btf:
    return open_kernel_btf(RealSystem(), None)


def _offset(record: str, member: str) -> int:
    type_id = _types().find_type(TypeKind.STRUCT, record)
    assert type_id is not None, record
    found = find_member(_types(), type_id, member)
    assert found is not None, member
    return found.offset


def _printed(script: str) -> str:
    program, messages = elaborated(script)
    assert program is not None, messages
    return print_program(program)


def _errors(script: str) -> tuple[str, ...]:
    program, messages = elaborated(script)
    assert program is None
    return messages


def _function(body: str) -> str:
    """The one statement of a function of ``task``."""
    text = _printed(f"function f:long (task:long) {{ {body} }} probe begin {{ print(f(1)) }}")
    return text[text.index("function f/1") :].partition("\n}")[0]


def test_cast_reads_the_kernels_memory() -> None:
    text = _function(f"return {TASK}->pid")
    assert f"return kernel_s32[(%1 + {_offset('task_struct', 'pid')})]" in text


def test_a_chain_of_pointers_loads_each() -> None:
    parent, tgid = _offset("task_struct", "real_parent"), _offset("task_struct", "tgid")
    assert f"kernel_s32[(kernel_u64[(%1 + {parent})] + {tgid})]" in _function(
        f"return {TASK}->real_parent->tgid"
    )


def test_an_array_and_an_address_are_not_loaded() -> None:
    comm = _offset("task_struct", "comm")
    assert f"return (%1 + {comm})\n" in _function(f"return &{TASK}->comm") + "\n"
    assert f"return (%1 + {comm})\n" in _function(f"return {TASK}->comm") + "\n"
    # The kernel's `char` is unsigned since 6.2.
    assert f"8[(%1 + {comm + 3})]" in _function(f"return {TASK}->comm[3]")


def test_an_indexed_cast_is_a_row_of_objects() -> None:
    size = 2 * 8
    assert f"kernel_u64[(%1 + {3 * size + 8})]" in _function(
        'return @cast(task, "iovec", "kernel")[3]->iov_len'
    )


@pytest.mark.parametrize("module", ["kernel", "kernel<linux/sched.h>", "kernel:other", ""])
def test_modules_that_mean_the_kernel(module: str) -> None:
    text = f'return @cast(task, "struct task_struct", "{module}")->pid'
    assert f"kernel_s32[(%1 + {_offset('task_struct', 'pid')})]" in _function(text)


def test_a_variable_keeps_the_type_of_what_it_points_at() -> None:
    parent, tgid = _offset("task_struct", "real_parent"), _offset("task_struct", "tgid")
    text = _function(f"p = {TASK}->real_parent; q = p; return q->tgid")
    assert f"p = kernel_u64[(%1 + {parent})]" in text
    assert f"return kernel_s32[(q + {tgid})]" in text
    bare = _function(f"p = {TASK}; return p->tgid")
    assert f"return kernel_s32[(p + {tgid})]" in bare


def test_a_variable_of_two_types_has_none() -> None:
    (message,) = _errors(
        f"function f:long (task:long) {{ p = {TASK}->mm; p = {TASK}->real_parent; "
        "return p->tgid } probe begin { print(f(1)) }"
    )
    assert "'struct mm_struct' and 'struct task_struct'" in message


def test_what_is_not_defined_is_not_lowered() -> None:
    pid = _offset("task_struct", "pid")
    nothing = f"@defined({TASK}->nothing)"
    for body in (
        f"if ({nothing}) return {TASK}->nothing; return {TASK}->pid",
        f"if (!{nothing}) return {TASK}->pid; return {TASK}->nothing",
        f"return {nothing} ? {TASK}->nothing : {TASK}->pid",
        f"return {nothing} && {TASK}->nothing ? 1 : {TASK}->pid",
    ):
        assert re.search(rf"kernel_s32\[\(%\d \+ {pid}\)\]", _function(body)), body


def test_pretty_text() -> None:
    text = _printed(
        'probe begin { p = 1; print(@cast(p, "list_head", "kernel")$) '
        'print(@cast(p, "hlist_head", "kernel")->first$) }'
    )
    assert '"{.next=%#x, .prev=%#x}"' in text
    # What is named is followed, what is in it is not.
    assert '"{.next=%#x, .pprev=%#x}"' in text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('@cast(1, "task_struct", "kernel")->pidd', "did you mean 'pid'?"),
        ('@cast(1, "no_such_struct", "kernel")->x', "has no type 'no_such_struct'"),
        ('@cast(1, "stat", "<sys/stat.h>")->st_size', "the header <sys/stat.h>"),
        ('@cast(1, "stat", "/no/such/file")->st_size', "there is no file '/no/such/file'"),
        ('@var("jiffies")', "is a variable of a program"),
        ('@var("jiffies", "kernel")', "variables of the kernel need its debug information"),
        ("p->x", "use @cast"),
        ("$x", "this probe point has no target variables"),
    ],
)
def test_refusals(expression: str, message: str) -> None:
    found = _errors(f"probe begin {{ p = 1; print({expression}) }}")
    assert message in found[0]


def test_a_programs_types_serve_anywhere(tmp_path: Path) -> None:
    program = tmp_path / "shapes"
    subprocess.run(["gcc", "-g", "-o", program, PROGRAMS / "shapes.c"], check=True, timeout=60)
    text = _printed(f'probe begin {{ print(@cast(64, "shape", "{program}")->corner->y) }}')
    assert "user_s32[76]" in text


def test_tracepoint_arguments() -> None:
    pid = _offset("task_struct", "pid")
    text = _printed(
        'probe kernel.trace("sched:sched_process_fork") { '
        'printf("%d %s %s", $child->pid, $$name, $$vars) }'
    )
    assert f"kernel_s32[(<tracepoint argument 1> + {pid})]" in text
    assert '"sched_process_fork"' in text
    assert (
        'sprintf("parent=%#x child=%#x", <tracepoint argument 0>, <tracepoint argument 1>)' in text
    )


def test_narrow_arguments_are_cut() -> None:
    text = _printed('probe kernel.trace("signal_generate") { printf("%d", $sig) }')
    assert "((<tracepoint argument 0> << 32) >> 32)" in text


def test_function_arguments_and_result() -> None:
    name = "vfs_read"
    text = _printed(
        f'probe kernel.function("{name}") {{ printf("%s %d", $$parms, $file->f_flags) }}'
        f'probe kernel.function("{name}").return {{ printf("%d %d %d", $return, $count, $count) }}'
    )
    flags = _offset("file", "f_flags")
    assert f"kernel_u32[(<function argument 0> + {flags})]" in text
    assert "file=%#x buf=%#x count=%#x pos=%#x" in text
    # One value is kept from entry, however often it is read.
    assert text.count("= <function argument 2>") == 1
    assert "<function result 0>" in text


def test_unknown_names_are_answered_with_known_ones() -> None:
    (message,) = _errors('probe kernel.trace("sched_switch") { print($previous) }')
    assert "tracepoint 'sched_switch' has no parameter '$previous'" in message
    (message,) = _errors('probe kernel.function("vfs_read") { print($fil) }')
    assert "did you mean '$file'?" in message


def test_the_librarys_points_in_the_kernel_elaborate() -> None:
    for pattern in (
        "scheduler.*",
        "signal.*",
        "kprocess.*",
        "irq_handler.*",
        "softirq.*",
        "workqueue.*",
        "ioblock.*",
        "ioblock_trace.*",
        "netdev.*",
        "vfs.*",
        "vfs.*.return",
        "vm.*",
    ):
        program, messages = elaborated(f"probe {pattern} {{ print(pp()) }}")
        assert program is not None, (pattern, messages)
