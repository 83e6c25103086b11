"""What happens to a traced program, and to the kernel, when a session ends badly or at once."""

from __future__ import annotations

import errno
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from translator.runtimes.bpf.syscall import Command, bpf

pytestmark = pytest.mark.kernel

_STAP_LSP = os.path.join(os.path.dirname(sys.executable), "stap-lsp")
_SECONDS = 60  # a bound, not a claim
# Works and makes system calls until its input ends; then says how often, and ends with 7.
_TARGET = r"""
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) long work(long n) { __asm__ volatile("" ::: "memory"); return n + 1; }
int main(void)
{
    struct pollfd input = { 0, POLLIN, 0 };
    long n = 0;
    while (poll(&input, 1, 0) == 0)
        for (int i = 0; i < 1000; i++)
            n = work(n), getppid();
    printf("%ld\n", n);
    return 7;
}
"""


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("target")
    source, program = directory / "target.c", directory / "target"
    source.write_text(_TARGET)
    subprocess.run(["gcc", "-g", "-O1", "-o", program, source], check=True, timeout=_SECONDS)
    return program


@pytest.fixture
def target(binary: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _ends_well(target: subprocess.Popen[str]) -> None:
    """It still works, and ends as it always does."""
    assert target.poll() is None
    output, _ = target.communicate(timeout=_SECONDS)
    assert target.returncode == 7
    assert int(output) % 1000 == 0


def _start(script: str, *options: str) -> subprocess.Popen[str]:
    command = [_STAP_LSP, "run", "--runtime=bpf", "-e", script, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _kernel_objects(pid: int) -> set[tuple[Command, int]]:
    """Programs, links and maps that a process holds, as commands that open them by number."""
    opening = {
        "prog_id": Command.PROG_GET_FD_BY_ID,
        "map_id": Command.MAP_GET_FD_BY_ID,
        "link_id": Command.LINK_GET_FD_BY_ID,
    }
    found = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        for name, number in re.findall(
            r"^(prog_id|map_id|link_id):\s*(\d+)$", info.read_text(), re.M
        ):
            found.add((opening[name], int(number)))
    return found


def _exists(item: tuple[Command, int]) -> bool:
    command, number = item
    descriptor = bpf(command, struct.pack("<IIII", number, 0, 0, 0))
    if descriptor >= 0:
        os.close(descriptor)
    assert descriptor >= 0 or descriptor == -errno.ENOENT, descriptor
    return descriptor >= 0


KILLED = {
    "strace": 'probe syscall.* { if (pid() == target()) printf("%s(%s)\\n", name, argstr) }',
    "uprobe": 'probe process("@BINARY@").function("work") { printf("work %d\\n", $n) }',
    "uretprobe": 'probe process("@BINARY@").function("work").return { printf("%d\\n", $return) }',
    "profile": "global s probe timer.profile { s[execname(), ubacktrace()] <<< 1 } "
    'probe timer.ms(50) { println("tick") }',
    "locks": 'global a, b probe process("@BINARY@").function("work") { a += $n; b = a } '
    "probe timer.ms(50) { println(b) }",
}


@pytest.mark.parametrize("name", KILLED)
def test_kill_9_of_the_runner(name: str, binary: Path, target: subprocess.Popen[str]) -> None:
    script = KILLED[name].replace("@BINARY@", str(binary))
    with _start(script, "-x", str(target.pid)) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline()
        held = _kernel_objects(runner.pid)
        assert any(command is Command.PROG_GET_FD_BY_ID for command, _ in held)
        runner.send_signal(signal.SIGKILL)
        runner.stdout.close()
        runner.wait(timeout=_SECONDS)
    until = time.monotonic() + _SECONDS
    while any(map(_exists, held)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_exists, held))
    _ends_well(target)


ERRORS = {
    "division": "println(1 / ($n - $n))",
    "bad address": "println(user_string($n))",
    "endless": "while (1) n++",
    "array": "a[$n] = 1",
    "user space": 'foreach (k in a) println(k) error(sprintf("no %d", strtol("7", 10)))',
}


@pytest.mark.parametrize("name", ERRORS)
def test_handler_errors_do_not_hurt_the_program(
    name: str, binary: Path, target: subprocess.Popen[str]
) -> None:
    script = f'global a[5] probe process("{binary}").function("work") {{ {ERRORS[name]} }}'
    with _start(script, "-x", str(target.pid)) as runner:
        _, errors = runner.communicate(timeout=_SECONDS)
    assert runner.returncode == 1
    assert "ERROR: " in errors
    _ends_well(target)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_session_in_order(
    number: signal.Signals, binary: Path, target: subprocess.Popen[str]
) -> None:
    """Also while records come faster than they can be printed."""
    script = (
        f'probe process("{binary}").function("work") {{ printf("work %d\\n", $n) }} '
        'probe end { println("the end") } probe timer.ms(10) { next }'
    )
    with _start(script, "-x", str(target.pid)) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline()
        runner.send_signal(number)
        output, _ = runner.communicate(timeout=_SECONDS)
    assert runner.returncode == 0
    assert output.splitlines()[-1] == "the end"
    _ends_well(target)


def test_a_reader_that_goes_away_ends_the_session(
    binary: Path, target: subprocess.Popen[str]
) -> None:
    script = f'probe process("{binary}").function("work") {{ printf("work %d\\n", $n) }}'
    with _start(script, "-x", str(target.pid)) as runner:
        assert runner.stdout is not None
        assert runner.stderr is not None
        assert runner.stdout.readline()
        runner.stdout.close()
        runner.wait(timeout=_SECONDS)
        assert "Traceback" not in runner.stderr.read()
    _ends_well(target)


def test_process_x_is_only_named(binary: Path, target: subprocess.Popen[str]) -> None:
    """Probes run for every process; the session goes on when the one named by -x has ended."""
    script = (
        f'global n probe process("{binary}").function("work") {{ n[pid() == target()]++ }} '
        "global seen, others probe timer.ms(20) { "
        'if (!seen && n[1]) { seen = 1; println("seen") others = n[0] } '
        'if (seen && n[0] > others + 5000) { println("others") exit() } }'
    )
    with (
        _start(script, "-x", str(target.pid)) as runner,
        subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        try:
            assert runner.stdout is not None
            assert runner.stdout.readline() == "seen\n"
            _ends_well(target)
            output, errors = runner.communicate(timeout=_SECONDS)
        finally:
            other.kill()
    assert (output, errors, runner.returncode) == ("others\n", "", 0)
