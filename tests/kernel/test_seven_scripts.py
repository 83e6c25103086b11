"""The scripts that the whole path was first shown with, on the real kernel through bpf."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.running import stap_lsp

pytestmark = pytest.mark.kernel

_USING = r"using \d+virt/\d+res/\d+shr/\d+data kb, in \d+usr/\d+sys/\d+real ms\."
_STAP_LSP = os.path.join(os.path.dirname(sys.executable), "stap-lsp")


def test_hello(tmp_path: Path) -> None:
    arguments = ("run", "--runtime=bpf", "-v", "-e", 'probe begin { log("hello world") exit() }')
    cache = {"STAP_LSP_CACHE": str(tmp_path)}
    first = stap_lsp(*arguments, **cache)
    assert (first.output, first.status) == ("hello world\n", 0)
    lines = first.errors.splitlines()
    assert re.fullmatch(rf"Pass 1: parsed user script and \d+ library scripts {_USING}", lines[0])
    assert re.fullmatch(
        rf"Pass 2: analyzed script: 1 probe, 1 function, 0 embeds, 0 globals {_USING}", lines[1]
    )
    assert re.fullmatch(rf'Pass 3: translated for bpf into ".+" {_USING}', lines[2])
    assert re.fullmatch(rf'Pass 4: compiled into ".+" {_USING}', lines[3])
    assert lines[4] == "Pass 5: starting run."
    assert re.fullmatch(r"Pass 5: run completed in \d+usr/\d+sys/\d+real ms\.", lines[5])
    second = stap_lsp(*arguments, **cache)
    assert second.output == "hello world\n"
    assert [line.split(": ")[1].split(" /")[0] for line in second.errors.splitlines()[2:4]] == [
        "using cached",
        "using cached",
    ]


def test_opens(tmp_path: Path) -> None:
    script = tmp_path / "opens.stp"
    script.write_text(
        'probe begin { log("monitor on") }\n'
        "probe syscall.open, syscall.openat {\n"
        '  printf("%s(%d) open (%s)\\n", execname(), pid(), argstr)\n'
        "}\n"
        "probe timer.ms(4000) { exit() }\n"
        'probe end { log("monitor off") }\n'
    )
    wanted = tmp_path / "opened by the test"
    wanted.write_text("x")
    with subprocess.Popen(
        [_STAP_LSP, "run", "--runtime=bpf", script], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "monitor on\n"
        time.sleep(1)  # until the probes are in place
        subprocess.run(["cat", wanted], check=True, timeout=10, stdout=subprocess.DEVNULL)
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    lines = output.splitlines()
    assert lines[-1] == "monitor off"
    opened = [line for line in lines if str(wanted) in line]
    assert len(opened) == 1
    assert re.fullmatch(
        rf'cat\(\d+\) open \(AT_FDCWD, "{re.escape(str(wanted))}", O_RDONLY\)', opened[0]
    )


def test_strace(tmp_path: Path) -> None:
    script = (
        'probe syscall.* { if (pid() == target()) printf("%s(%d) %s %s\\n", '
        "execname(), pid(), name, argstr) }"
    )
    data = tmp_path / "data"
    code = (
        "import os, sys, mmap, socket, signal\n"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o640)\n"
        "os.write(fd, b'hello\\n')\n"
        "os.lseek(fd, 0, 0)\n"
        "os.read(fd, 100)\n"
        "os.fsync(fd)\n"
        "os.close(fd)\n"
        "os.mkdir(sys.argv[1] + '.d', 0o755)\n"
        "os.rmdir(sys.argv[1] + '.d')\n"
        "os.kill(os.getpid(), 0)\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
        "s.connect_ex(('127.0.0.1', 9))\n"
        "os.unlink(sys.argv[1])\n"
    )
    program = tmp_path / "calls.py"
    program.write_text(code)
    outcome = stap_lsp(
        "run", "--runtime=bpf", "-e", script, "-c", f"{sys.executable} -I -S {program} {data}"
    )
    assert outcome.status == 0, outcome.errors
    lines = [line.partition(") ")[2] for line in outcome.output.splitlines()]
    path = re.escape(str(data))
    expected = [
        rf'openat AT_FDCWD, "{path}", O_RDWR\|O_CREAT\|O_CLOEXEC, 0640',
        r'write \d+, "hello\\n", 6',
        r"lseek \d+, 0, SEEK_SET",
        r"read \d+, 0x[0-9a-f]+, 100",
        r"fsync \d+",
        r"close \d+",
        rf'mkdir "{path}\.d", 0755',
        rf'rmdir "{path}\.d"',
        r"kill \d+, SIG_?0|kill \d+, 0x0|kill \d+, 0",
        r"socket PF_INET, SOCK_STREAM\|SOCK_CLOEXEC, IPPROTO_IP|socket .*INET.*STREAM.*",
        r"connect \d+, \{AF_INET, 127\.0\.0\.1, 9\}, 16",
        rf'unlink "{path}"',
    ]
    at = 0
    for pattern in expected:
        while at < len(lines) and not re.fullmatch(pattern, lines[at]):
            at += 1
        assert at < len(lines), f"no {pattern!r} in order among\n{outcome.output[-4000:]}"
    # All calls are seen, also those whose arguments are shown in hexadecimal.
    assert len(lines) > 30
    assert "skipped" not in outcome.errors


def test_counts() -> None:
    script = """
    global s, sizes
    probe syscall.* { s[execname(), name] <<< 1 }
    probe syscall.read.return { if ($return > 0) sizes <<< $return }
    probe end {
      foreach ([e, n] in s- limit 10) printf("%s %s %d\\n", e, n, @count(s[e, n]))
      printf("%d\\n", @count(s["dd", "read"]))
      print(@hist_log(sizes))
    }
    """
    outcome = stap_lsp(
        *("run", "--runtime=bpf", "-e", script),
        *("-c", "dd if=/dev/zero of=/dev/null bs=1000 count=5000"),
    )
    assert outcome.status == 0, outcome.errors
    lines = outcome.output.splitlines()
    rows = [line.split(" ") for line in lines[:10]]
    counts = [int(row[2]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    by_key = {(row[0], row[1]): int(row[2]) for row in rows}
    assert 5000 <= by_key["dd", "read"] <= 5020
    assert 5000 <= by_key["dd", "write"] <= 5020
    assert int(lines[10]) == by_key["dd", "read"]
    assert lines[11].startswith("value |---")
    bucket = next(line for line in lines if line.strip().startswith("512 |"))
    assert int(bucket.split()[-1]) >= 5000


def test_latency() -> None:
    script = """
    global start, total, n
    probe syscall.clock_nanosleep { start[tid()] = gettimeofday_ns() }
    probe syscall.clock_nanosleep.return {
      if (tid() in start) {
        if (pid() == target()) { total <<< gettimeofday_ns() - start[tid()]; n++ }
        delete start[tid()]
      }
    }
    probe end { printf("%d %d %d\\n", n, @min(total), @max(total)) }
    """
    sleeper = "import time\nfor _ in range(20): time.sleep(0.02)"
    outcome = stap_lsp(
        "run", "--runtime=bpf", "-e", script, "-c", f'{sys.executable} -S -c "{sleeper}"'
    )
    assert outcome.status == 0, outcome.errors
    n, least, most = map(int, outcome.output.split())
    assert n == 20
    assert least >= 20_000_000
    assert most < 60_000_000_000


@pytest.mark.parametrize("flags", [("-g", "-O0"), ("-g", "-O2")], ids=["O0", "O2"])
def test_user_function(compiled: Callable[..., str], flags: tuple[str, ...]) -> None:
    program = compiled("shapes", *flags)
    script = f"""
    probe process("{program}").function("area") {{
      printf("area %s scale=%d x=%d sides=%d\\n", $$parms, $scale,
             $shape->corner->x, $shape->sides)
      printf("next %s %s\\n", user_string($shape->next->name), $shape->next->corner$)
    }}
    probe process("{program}").function("area").return {{
      printf("area returns %d scale=%d\\n", $return, $scale)
    }}
    probe process("{program}").function("label") {{ printf("label %s %c\\n", $text$, $mark) }}
    probe process("{program}").function("label").return {{ printf("label %s\\n", $$return) }}
    probe process("{program}").function("recursive").return {{ printf("r(%d)=%d ", $n, $return) }}
    """
    outcome = stap_lsp("run", "--runtime=bpf", "-e", script, "-c", f"{program} 2")
    assert outcome.status == 0, outcome.errors
    # The program's own output comes straight from it.
    lines = [line for line in outcome.output.splitlines() if not re.fullmatch(r"-?\d+", line)]
    text = "\n".join(lines)
    assert re.search(r"^area shape=0x[0-9a-f]+ scale=0x1 scale=1 x=-7 sides=4$", text, re.M)
    assert "next inner {.x=2, .y=3}" in text
    assert "area returns -77 scale=1" in text
    assert "area returns -154 scale=2" in text
    assert 'label "a longer text" k' in text
    assert "label return=0x8" in text
    if flags[1] == "-O0":
        assert "r(0)=0 r(1)=1 r(2)=3 r(3)=6" in text


def test_profile(compiled: Callable[..., str]) -> None:
    program = compiled("burn")
    script = """
    global s
    probe timer.profile { if (pid() == target()) s[ubacktrace()] <<< 1 }
    probe end {
      foreach (stack in s- limit 3) { printf("%d\\n", @count(s[stack])); print_ustack(stack) }
    }
    """
    outcome = stap_lsp("run", "--runtime=bpf", "-e", script, "-c", f"{program} 1000")
    assert outcome.status == 0, outcome.errors
    lines = outcome.output.splitlines()
    assert int(lines[0]) >= 10
    symbols = [line.split(" : ")[1].split("+")[0] for line in lines if " : " in line]
    assert symbols[:3] == ["spin", "work", "main"]
