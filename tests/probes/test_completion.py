from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.probes.machine import components, memory, real
from tests.probes.test_families import KERNEL
from translator.probes.attachment import Edge
from translator.probes.point import CandidateKind, Environment
from translator.probes.registry import CANDIDATE_LIMIT, complete_argument, complete_component
from translator.probes.target_names import target_names
from translator.probes.targets import MarkTargets, ProcfsTargets, SyscallTargets


def texts(before: str, partial: str) -> list[str]:
    """What may follow ``before``, as a manual writes it."""
    parts = components(before) if before else ()
    return [each.detail for each in complete_component(parts, partial, memory())]


def arguments(upto: str, partial: str, environment: Environment) -> list[str]:
    """Arguments of the last component of ``upto``."""
    found = complete_argument(components(upto), partial, environment)
    return [each.text for each in found]


def test_first_components() -> None:
    found = texts("", "")
    assert found[:3] == ["begin", "begin(N)", "end"]
    assert {"timer", "kernel", 'process("PATH")', 'procfs("PATH")', "netfilter"} <= set(found)
    assert texts("", "ne") == ["never", "netfilter"]
    assert texts("", "zzz") == []


def test_components_of_a_family() -> None:
    assert texts("timer", "ms") == ["ms(N)", "msec(N)"]
    assert texts("timer.ms(1)", "") == ["randomize(M)"]
    assert texts("timer", "pro") == ["profile"]
    assert texts('process("x")', "fun") == ['function("PATTERN")', "function(ADDRESS)"]
    after = texts('process("x").function("f")', "")
    assert set(after) >= {"call", "return", "inline", "exported", 'label("LABEL")'}
    assert texts("begin", "") == []


def test_a_candidate_says_what_it_is() -> None:
    (found,) = complete_component(components("timer"), "hz", memory())
    assert found.kind is CandidateKind.COMPONENT
    assert found.snippet == "hz(${1:N})"
    assert found.documentation == "Runs N times a second."
    (path,) = (
        each for each in complete_component((), "process", memory()) if "PATH" in each.detail
    )
    assert path.snippet == 'process("${1:PATH}")'


def test_arguments_from_the_kernel() -> None:
    machine = memory(KERNEL)
    assert arguments('kernel.function("")', "vfs", machine) == ["vfs_read", "vfs_readv"]
    assert arguments('module("")', "", machine) == ["ext4"]
    assert arguments('module("ext4").function("")', "ext", machine) == ["ext4_map_blocks"]
    assert arguments('kernel.trace("")', "sched_s", machine) == ["sched_switch"]
    assert arguments('kernel.trace("")', "sched:sched_s", machine) == ["sched:sched_switch"]
    assert arguments('__syscall("")', "openat", machine) == ["openat", "openat2"]
    assert arguments('netfilter.pf("NFPROTO_ARP").hook("")', "NF_ARP_O", machine) == ["NF_ARP_OUT"]
    assert arguments('timer.nothing("")', "", machine) == []
    assert len(arguments('__syscall("")', "", machine)) == CANDIDATE_LIMIT


def test_programs_on_the_path() -> None:
    machine = memory({"/usr/bin/gcc": b"", "/usr/bin/gdb": b"", "/usr/bin/ls": b""})
    assert arguments('process("")', "g", machine) == ["gcc", "gdb"]
    assert arguments('process("")', "/usr", machine) == ["/usr/"]
    assert arguments('process("")', "/usr/bin/l", machine) == ["/usr/bin/ls"]
    assert arguments('perf.sw.cpu_clock.process("")', "l", machine) == ["ls"]
    assert arguments('process("/usr/bin/ls").function("")', "m", machine) == []


def test_functions_and_files_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "two.c").write_text(
        "int mine(int a) { return a; }\nint main(void) { return mine(1); }\n"
    )
    program = tmp_path / "two"
    subprocess.run(["gcc", "-g", "-o", program, tmp_path / "two.c"], check=True, timeout=60)
    machine = real()
    head = f'process("{program}")'
    assert arguments(f'{head}.function("")', "m", machine) == ["main", "mine"]
    assert arguments(f'{head}.statement("")', "main@", machine) == ["main@two.c:2"]
    assert arguments(f'{head}.function("")', "mine@t", machine) == ["mine@two.c:1"]
    (tmp_path / "sub").mkdir()
    found = complete_argument(components('process("")'), f"{tmp_path}/", machine)
    assert {(each.text.rpartition("/")[2] or "sub/", each.kind) for each in found} == {
        ("sub/", CandidateKind.DIRECTORY),
        ("two", CandidateKind.FILE),
    }


@pytest.mark.parametrize(
    ("context", "first"),
    [
        (SyscallTargets("read", Edge.ENTRY), "$arg1"),
        (SyscallTargets("read", Edge.RETURN), "$return"),
        (ProcfsTargets(), "$value"),
        (MarkTargets("/x", "p", "m", "-4@%edi 8@-16(%rbp)"), "$arg1"),
    ],
)
def test_target_names_without_debug_information(
    context: SyscallTargets | ProcfsTargets | MarkTargets, first: str
) -> None:
    assert target_names(context, memory())[0].name == first
