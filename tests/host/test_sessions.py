"""Sessions in processes of their own: order, timers, commands, signals, lost readers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host.programs import (
    BEGIN,
    END,
    ERROR,
    EXIT,
    ROOT,
    RUNNER,
    ask,
    count_to,
    every_ms,
    less,
    packed,
    perform,
    program,
    run,
    show,
)
from translator.core import ir
from translator.core.types import Type
from translator.probes.attachment import Lifecycle, Moment, Syscall, Timer
from translator.probes.attachment import Nanoseconds as Ns
from translator.runtimes.host.runtime import HostRuntime

N = ir.Global("n", Type.LONG)
COUNTED = ir.GetGlobal("n", Type.LONG)


def counting(end: int) -> ir.Block:
    return (ir.AddGlobal("n", ir.Integer(1)), ir.If(less(end - 1, COUNTED), (EXIT,)))


def test_order_of_begin_and_end() -> None:
    made = program(
        (Lifecycle(Moment.BEGIN, 5), (show("third "),)),
        (Lifecycle(Moment.BEGIN, -5), (show("first "),)),
        (BEGIN, (show("second "),)),
        (Lifecycle(Moment.END, 1), (show("last"),)),
        (END, (show("end "),)),
        (ERROR, (show("never"),)),
        (Lifecycle(Moment.NEVER), (show("never"),)),
        (every_ms(1), (EXIT,)),
    )
    assert run(made).output == "first second third end last"


def test_exit_in_begin_skips_the_other_begins() -> None:
    made = program((BEGIN, (EXIT,)), (BEGIN, (show("no"),)), (END, (show("end"),)))
    assert run(made).output == "end"


def test_timers_count_and_keep_their_ratio() -> None:
    fast = (ir.AddElement("t", (ir.Integer(1),), ir.Integer(1)),)
    slow = (
        ir.AddElement("t", (ir.Integer(2),), ir.Integer(1)),
        ir.If(less(4, ir.GetElement("t", (ir.Integer(2),), Type.LONG)), (EXIT,)),
    )
    shown = show("%d", ir.GetElement("t", (ir.Integer(1),), Type.LONG))
    made = program(
        (every_ms(10), fast),
        (Timer(Ns(40_000_000), Ns(2_000_000)), slow),
        (END, (shown,)),
        globals=(ir.Global("t", Type.LONG, (Type.LONG,)),),
    )
    assert 1 <= int(run(made).output) <= 25


def test_timeout_ends_the_session() -> None:
    made = program((every_ms(20), counting(1000)), (END, (show("%s", "end"),)), globals=(N,))
    assert run(made, timeout_ms=100).output == "end"


def test_command_runs_after_begin_and_its_end_ends_the_session() -> None:
    target = ask("target", Type.LONG)
    made = program((BEGIN, (show("begin %d\n", less(0, target)),)), (END, (show("end\n"),)))
    ran = run(made, command="echo from command")
    assert (ran.status, ran.output, ran.errors) == (0, "begin 1\nfrom command\nend\n", "")
    ran = run(made, command="echo $((1+1)); exit 3")
    assert (ran.status, ran.output) == (1, "begin 1\n2\nend\n")
    assert ran.errors == "WARNING: Child process exited with status 3\n"


def test_command_that_cannot_be_run() -> None:
    ran = run(program((END, (show("end\n"),))), command="/no/such/program")
    assert ran.status == 1
    assert "ERROR: the command '/no/such/program' cannot be run: No such file" in ran.errors


def test_command_is_not_run_if_begin_exits() -> None:
    ran = run(program((BEGIN, (EXIT,)), (END, (show("end"),))), command="echo no")
    assert (ran.status, ran.output) == (0, "end")


def test_system_runs_after_the_handler_into_the_output(tmp_path: Path) -> None:
    made = program((BEGIN, (perform("system", "echo two"), show("one\n"), EXIT)))
    assert run(made).output == "one\ntwo\n"
    path = tmp_path / "out"
    ran = run(made, output=str(path))
    assert (ran.output, path.read_text()) == ("", "one\ntwo\n")


def test_globals_from_the_command_line() -> None:
    text = ir.Global("text", Type.STRING, initial="old")
    shown = show("%d %s", COUNTED, ir.GetGlobal("text", Type.STRING))
    made = program((BEGIN, (shown, EXIT)), globals=(N, text))
    assert run(made, globals=(("n", "0x10"), ("text", "new"))).output == "16 new"
    assert "no such global; scalars are: n, text" in run(made, globals=(("m", "1"),)).errors
    assert "'n' is a number" in run(made, globals=(("n", "x"),)).errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_run_the_end_probes(number: signal.Signals) -> None:
    made = program((BEGIN, (show("ready\n"),)), (END, (show("end\n"),)))
    with started(made) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(number)
        output, errors = child.communicate(timeout=20)
    assert (output, errors, child.returncode) == (b"end\n", b"", 0)


def test_reader_that_goes_away_ends_the_session_quietly() -> None:
    made = program((BEGIN, (show("ready\n"),)), (every_ms(5), (show("more\n"),)))
    silent = program((BEGIN, (show("ready\n"),)))
    for each in (made, silent):
        with started(each) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            assert child.stdout.readline() == b"ready\n"
            child.stdout.close()
            assert child.wait(timeout=20) == 0
            assert child.stderr.read() == b""


def test_slow_reader_of_a_non_blocking_pipe_gets_everything() -> None:
    line = "x" * 200
    made = program(
        (BEGIN, (*count_to(ir.Local("i", Type.LONG), 1000, show(f"{line}\n")), EXIT)),
    )
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNER], stdin=subprocess.PIPE, stdout=writing, cwd=ROOT, bufsize=0
    )
    os.close(writing)
    with child, os.fdopen(reading) as output:
        assert child.stdin is not None
        child.stdin.write(packed(made))
        child.stdin.close()
        assert output.read() == f"{line}\n" * 1000
        assert child.wait(timeout=20) == 0


def test_command_that_somebody_kills() -> None:
    made = program((BEGIN, (show("%d\n", ask("target", Type.LONG)),)))
    with started(made, command="sleep 20") as child:
        assert child.stdout is not None
        os.kill(int(child.stdout.readline()), signal.SIGKILL)
        _, errors = child.communicate(timeout=20)
    assert errors == b"WARNING: Child process exited with signal 9 (Killed)\n"


def started(made: ir.Program, **session: object) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        bufsize=0,
    )
    assert child.stdin is not None
    child.stdin.write(packed(made, **session))
    child.stdin.close()
    child.stdin = None
    return child


def test_refusals_name_the_probe_and_a_remedy() -> None:
    made = program((BEGIN, (EXIT,)), (Syscall("openat", 257), (show("x"),)))
    (refusal,) = HostRuntime().refusals(made)
    assert refusal.probe == 1
    assert "probe.1" in refusal.reason
    assert "--runtime=bpf" in refusal.remedy


def test_a_run_imports_only_light_modules() -> None:
    script = "import sys, translator.runtimes.host.session; print(' '.join(sys.modules))"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}",
        ],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    heavy = {"typing", "dataclasses", "re", "contextlib", "subprocess", "translator.core", "ctypes"}
    assert heavy.isdisjoint(done.stdout.split())
