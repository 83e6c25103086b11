"""Streams that close, fill or break, and Ctrl-C: quiet ends, or one message."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, Shell

COMMANDS = (
    ["-h"],
    ["doctor"],
    ["check", "bad.stp"],
    ["list", "-l", "syscall.*"],
    ["dump", "tokens", "hello.stp"],
    ["run", "-p2", "hello.stp"],
    ["run", "--runtime=host", "hello.stp"],
)


@pytest.fixture
def place(shell: Shell) -> Path:
    shell.write("bad.stp", "probe begin { x y }\n" * 50)
    return shell.place


def _shell(place: Path, text: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell in which ``"$@"`` is the command."""
    done = subprocess.run(
        ["/bin/sh", "-c", text, "sh", PROGRAM],
        cwd=place,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "STAP_LSP_CACHE": str(place / "cache")},
    )
    for sign in (b"Traceback", b"Exception ignored", b"Error:"):
        assert sign not in done.stderr, done.stderr.decode()
    return done


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_reader_goes_away(place: Path, words: list[str]) -> None:
    command = " ".join(f"'{word}'" for word in words)
    _shell(place, f'"$@" {command} | :')
    _shell(place, f'"$@" {command} | head -1')


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_full_disk(place: Path, words: list[str]) -> None:
    command = " ".join(f"'{word}'" for word in words)
    done = _shell(place, f'"$@" {command} >/dev/full')
    assert b"stap-lsp: input or output: No space left on device\n" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_closed_streams(place: Path, words: list[str]) -> None:
    command = " ".join(f"'{word}'" for word in words)
    expected = _shell(place, f'"$@" {command} >/dev/null 2>&1').returncode
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        assert _shell(place, f'"$@" {command} {closed}').returncode == expected


def test_closed_input_is_an_empty_script(place: Path) -> None:
    assert b"no probes" in _shell(place, '"$@" run - <&-').stderr


def test_interrupted_in_a_pass(place: Path) -> None:
    words = [PROGRAM, "run", "-v", "-p4", "-e", "probe syscall.* { println(pid()) }"]
    with subprocess.Popen(
        words,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "STAP_LSP_CACHE": str(place / "cache")},
        text=True,
    ) as run:
        assert run.stderr is not None
        assert run.stderr.readline().startswith("Pass 1: ")
        run.send_signal(signal.SIGINT)
        output, errors = run.communicate(timeout=SECONDS)
    assert (output, errors.strip(), run.returncode) == ("", "", 130)


def test_interrupted_in_the_run(place: Path) -> None:
    script = 'probe begin { println("begun") } probe timer.s(100) {} probe end { println("end") }'
    with subprocess.Popen(
        [PROGRAM, "run", "--runtime=host", "-e", script],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "STAP_LSP_CACHE": str(place / "cache")},
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        run.send_signal(signal.SIGINT)
        output, errors = run.communicate(timeout=SECONDS)
    assert (output, errors, run.returncode) == ("end\n", "", 0)


@pytest.mark.kernel
def test_no_privilege(shell: Shell) -> None:
    script = ("-e", "probe syscall.openat { println(1) }")
    for words in (("run", "--runtime=bpf", *script), ("run", *script)):
        shell.powerless().refused(1, "run as root or grant CAP_BPF, CAP_PERFMON", *words)
    shell.powerless().refused(2, "-x 1: may not look at that process", "run", "-x1", *script)
