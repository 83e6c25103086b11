"""Scripts on the bpf runtime: the command line, the running kernel, a compiled program."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

TIMEOUT = 120


class Stap:
    """Runs scripts on ``work`` (tests/bpf/conftest.py), whose place scripts call @WORK@."""

    def __init__(self, binary: Path, cache: Path) -> None:
        self.binary = binary
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}

    def command(self, script: str, *options: str) -> list[str]:
        text = script.replace("@WORK@", f'process("{self.binary}").function("work")')
        return [sys.executable, "-m", "stap_lsp", "run", "--bpf", *options, "-e", text]

    def run(self, script: str, calls: int, *options: str) -> subprocess.CompletedProcess[str]:
        """With ``work`` called ``calls`` times."""
        command = self.command(script, "-c", f"{self.binary} {calls}", *options)
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=self.environment,
        )

    def output(self, script: str, calls: int, *options: str) -> str:
        done = self.run(script, calls, *options)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout


@pytest.fixture(scope="session")
def getppid(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A command that calls getppid 5000 times, through no shell (which calls it too)."""
    program = tmp_path_factory.mktemp("getppid") / "loop.py"
    program.write_text("import os\nfor i in range(5000): os.getppid()\n")
    return f"{sys.executable} {program}"


@pytest.fixture(scope="session")
def stap(work_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Stap:
    return Stap(work_binary, tmp_path_factory.mktemp("cache"))


AT_END = {
    "scalars": (
        'global n, s = "x" probe @WORK@ { n += $n; if ($n == 3) s = execname() }'
        r' probe end { printf("%d %s\n", n, s) }',
        "4950 work\n",
    ),
    "arrays": (
        "global a probe @WORK@ { a[$n % 3, execname()] += $n; if ($n == 50) delete a[0, execname()] }"
        r' probe end { foreach ([k+, e] in a) printf("%d %s %d\n", k, e, a[k, e]) }',
        "0 work 1275\n1 work 1617\n2 work 1650\n",
    ),
    "aggregates": (
        "global s probe @WORK@ { s <<< $n - 50 } probe end {"
        r' printf("%d %d %d %d %d %d\n", @count(s), @sum(s), @min(s), @max(s), @avg(s), @variance(s)) }',
        "100 -50 -50 49 0 841\n",
    ),
    "keyed aggregates": (
        "global s probe @WORK@ { s[$n % 2] <<< $n } probe end { foreach (k+ in s)"
        r' printf("%d: %d %d %d\n", k, @count(s[k]), @min(s[k]), @max(s[k])) }',
        "0: 50 0 98\n1: 50 1 99\n",
    ),
    "histogram buckets": (
        "global s probe @WORK@ { s <<< $n } probe end {"
        ' foreach (b in @hist_linear(s, 0, 80, 20)) printf("%d ", @hist_linear(s, 0, 80, 20)[b]) println("") }',
        "0 20 20 20 20 20 0 \n",
    ),
    "membership": (
        "global seen, twice probe @WORK@ { if (($n % 40) in seen) twice++; seen[$n % 40] = 1 }"
        " probe end { println(twice) }",
        "60\n",
    ),
    "a walk at the event": (
        'global a probe @WORK@ { a[$n] = $n * $n; if ($n == 4) { foreach (k- in a limit 3) printf("%d=%d ", k, a[k])'
        ' println("") exit() } }',
        "4=16 3=9 2=4 \n",
    ),
    "a computed key": (
        'global k probe @WORK@ { k[sprintf("%d-%s", $n % 2, execname())]++ }'
        r' probe end { foreach (n+ in k) printf("%s %d\n", n, k[n]) }',
        "0-work 50\n1-work 50\n",
    ),
}


@pytest.mark.parametrize("name", AT_END)
def test_globals_at_the_end(stap: Stap, name: str) -> None:
    script, expected = AT_END[name]
    assert stap.output(script, 100) == expected


PRINTED = {
    "formats": (r'printf("%d %x %5d|%-5d|%c %s\n", $n, $n + 255, $n, $n, 65 + $n, execname())',
                "0 ff     0|0    |A work\n1 100     1|1    |B work\n2 101     2|2    |C work\n"),
    "arithmetic": (r'printf("%d %d %d %d\n", (1 - $n) / 2, (1 - $n) % 2, -7 / ($n + 1), 1 << $n)',
                   "0 1 -7 1\n0 0 -3 2\n0 -1 -2 4\n"),
    "a string by branches": (r'if ($n == 1) t = "one" else t = sprintf("<%d>", $n) println(t)',
                             "<0>\none\n<2>\n"),
    "a string by a loop": (r't = "" for (i = 0; i <= $n; i++) t .= sprintf("%d,", i) println(t)',
                           "0,\n0,1,\n0,1,2,\n"),
    "loops": (r'for (i = 0; i < 5; i++) { if (i == 1) continue; if (i == 3) break; printf("%d", i + $n) } println("")',
              "02\n13\n24\n"),
    "strings compared": (r'printf("%d%d%d ", execname() == "work", execname() < "worm", "wor" >= execname())',
                         "110 110 110 "),
    "a regular expression": (r'if (execname() =~ "w(.*)k") printf("%s ", matched(1))', "or or or "),
    "next": (r'if ($n == 1) next; printf("%d ", $n)', "0 2 "),
    "catch": (r'try { printf("%d\n", 10 / ($n - 1)) } catch (m) { printf("caught %s\n", m) }',
              "-10\ncaught division by 0\n10\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_printed_at_the_event(stap: Stap, name: str) -> None:
    body, expected = PRINTED[name]
    assert stap.output(f"probe @WORK@ {{ {body} }}", 3) == expected


def test_functions_with_early_returns(stap: Stap) -> None:
    script = (
        "function f(x) { if (x > 2) return x * 10; for (i = 0; i < 9; i++) if (i == x) return -i; return 5 }"
        ' probe @WORK@ { printf("%d ", f($n)) }'
    )
    assert stap.output(script, 5) == "0 -1 -2 30 40 "


def test_returns_and_their_values(stap: Stap) -> None:
    script = 'probe @WORK@.return { printf("%d ", $return) }'
    assert stap.output(script, 4) == "0 2 4 6 "


def test_the_first_error_ends_the_session(stap: Stap) -> None:
    done = stap.run(
        r'probe @WORK@ { printf("%d\n", 10 / ($n - 2)) } probe end { println("no") }', 9
    )
    assert done.returncode == 1
    assert done.stdout == "-5\n-10\n"
    assert "ERROR: division by 0 near operator '/' at" in done.stderr


def test_errors_up_to_the_limit(stap: Stap) -> None:
    script = r'probe @WORK@ { printf("%d\n", 10 / ($n % 2)) } probe end { println("end") }'
    done = stap.run(script, 6, "-D", "MAXERRORS=3")
    assert done.stdout == "10\n10\n10\nend\n"
    assert done.stderr.count("ERROR: division by 0") == 3


def test_a_full_array_is_an_error(stap: Stap) -> None:
    done = stap.run("global a[3] probe @WORK@ { a[$n] = 1 }", 9)
    assert done.returncode == 1
    assert "Array overflow, check size limit (3) near identifier 'a'" in done.stderr


def test_a_bad_address_is_an_error(stap: Stap) -> None:
    done = stap.run("probe @WORK@ { println(user_string($n)) }", 1)
    assert done.returncode == 1
    assert "ERROR: user string copy fault at 0x0 near" in done.stderr


def test_system_calls_are_counted_exactly(stap: Stap, getppid: str) -> None:
    script = (
        "global n probe syscall.getppid { if (pid() == target()) n[name] <<< 1 }"
        r' probe end { foreach (k in n) printf("%s %d\n", k, @count(n[k])) }'
    )
    command = stap.command(script, "-c", getppid)
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=TIMEOUT, env=stap.environment
    )
    assert done.stdout == "getppid 5000\n"


def test_two_handlers_on_one_call_and_a_latency(stap: Stap, getppid: str) -> None:
    script = """
        global t, lat, other
        probe syscall.getppid { if (pid() == target()) t[tid()] = gettimeofday_ns() }
        probe syscall.getppid { if (pid() == target()) other++ }
        probe syscall.getppid.return {
          if (tid() in t) { lat <<< gettimeofday_ns() - t[tid()]; delete t[tid()] }
        }
        probe end { printf("%d %d %d\\n", @count(lat), @min(lat) > 0, other) }
    """
    done = subprocess.run(
        stap.command(script, "-c", getppid),
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env=stap.environment,
    )
    assert done.stdout == "5000 1 5000\n"


def test_updates_of_several_globals_are_atomic(stap: Stap) -> None:
    """Two processes at once: a and b are never seen apart, and nothing is lost uncounted."""
    script = """
        global a, b, bad
        probe @WORK@ { if (a != b) bad++; a++; b++ }
        probe end { printf("%d %d %d\\n", a, a - b, bad) }
    """
    both = f"{stap.binary} 40000 & {stap.binary} 40000 & wait"
    done = subprocess.run(
        stap.command(script, "-D", "MAXSKIPPED=100000", "-c", both),
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env=stap.environment,
    )
    skipped = re.search(r"skipped probes: (\d+)", done.stderr)
    a, difference, bad = map(int, done.stdout.split())
    assert a + (int(skipped[1]) if skipped else 0) == 80000
    assert (difference, bad) == (0, 0)


def test_all_system_calls_with_their_arguments(stap: Stap) -> None:
    script = r'probe syscall.* { if (pid() == target()) printf("%s(%s)\n", name, argstr) }'
    command = stap.command(script, "-c", "cat /etc/hostname")
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=TIMEOUT, env=stap.environment
    )
    assert re.search(r'^openat\(AT_FDCWD, "/etc/hostname", O_RDONLY\)$', done.stdout, re.MULTILINE)
    assert re.search(r"^read\(\d+, 0x[0-9a-f]+, \d+\)$", done.stdout, re.MULTILINE)
    assert re.search(r"^write\(1, \".*\\n\", \d+\)$", done.stdout, re.MULTILINE)
    assert done.stdout.rstrip().endswith("exit_group(0)")


def test_a_profile_with_symbols(stap: Stap) -> None:
    script = """
        global s
        probe timer.profile { if (pid() == target()) s[ubacktrace()] <<< 1 }
        probe end { foreach (k in s-) print_ustack(k) }
    """
    command = stap.command(script, "-c", f"{stap.binary} 300000000")
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=TIMEOUT, env=stap.environment
    )
    # A stripped library's frames have no symbol; the program's own have.
    symbol = r"^ 0x[0-9a-f]+ : \w+\+0x[0-9a-f]+/0x[0-9a-f]+ \[/.*\]$"
    assert re.search(symbol, done.stdout, re.MULTILINE), done


def test_kill_9_of_the_runner_leaves_the_program_alone(stap: Stap) -> None:
    target = subprocess.Popen([stap.binary, "0", "forever"])
    try:
        script = 'probe @WORK@ { printf("hit\\n") exit_after = 1 }'
        runner = subprocess.Popen(
            stap.command(script, "-x", str(target.pid)),
            stdout=subprocess.PIPE,
            env=stap.environment,
        )
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"hit\n"
        runner.send_signal(signal.SIGKILL)
        runner.communicate(timeout=TIMEOUT)
        time.sleep(0.2)
        assert target.poll() is None
    finally:
        target.kill()
        target.wait(timeout=TIMEOUT)


def test_many_lines_of_two_kinds_come_in_order(stap: Stap) -> None:
    script = (
        r'probe @WORK@ { printf("%d %s|%5x\n", $n, execname(), $n)'
        r' if ($n % 100 == 99) printf("hundred %d\n", $n + 1) }'
    )
    expected = []
    for n in range(3000):
        expected.append(f"{n} work|{n:5x}")
        if n % 100 == 99:
            expected.append(f"hundred {n + 1}")
    assert stap.output(script, 3000).splitlines() == expected
