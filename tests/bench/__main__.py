"""`make bench`: this project beside Debian's bpftrace in one run; writes RESULTS.md here.

Needs root.  Figures are of this machine at that moment: the ratios are what carries over.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import frontend
from tests.bench.measure import in_turns, once

HERE = Path(__file__).parent
STAP_LSP = os.path.join(os.path.dirname(sys.executable), "stap-lsp")
CALLS = 400_000
LINES = 100_000


def main() -> int:
    if os.geteuid() != 0 or shutil.which("bpftrace") is None:
        print("bench: needs root and bpftrace (apt-get install bpftrace)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as directory:
        program = os.path.join(directory, "calls")
        source = HERE.parent / "fixtures" / "programs" / "calls.c"
        subprocess.run(["gcc", "-O1", "-o", program, source], check=True, timeout=60)
        rows = [*_starts(), *_events(program), *_printing(program), *frontend.rows()]
    table = "\n".join(("# Results", "", _machine(), "", *_table(rows))) + "\n"
    (HERE / "RESULTS.md").write_text(table)
    print(table)
    return 0


Row = tuple[str, str, str, str]


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| what | here | bpftrace | ratio |"
    yield "|---|---|---|---|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _machine() -> str:
    version = subprocess.run(
        ["bpftrace", "--version"], capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
    name = os.uname()
    return (
        f"Linux {name.release.partition('-')[0]}, {os.cpu_count()} CPUs, Python "
        f"{sys.version.split()[0]}, {version}. Least of the rounds; peers in turns; `make bench`."
    )


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}"


def _starts() -> Iterator[Row]:
    """Start to exit, second and later runs."""
    pairs = {
        "hello: begin, print, exit": (
            'probe begin { log("hello") exit() }',
            'BEGIN { printf("hello\\n"); exit(); }',
        ),
        "count of all system calls of `true`": (
            "global n probe syscall.* { n++ } probe end { println(n) }",
            "tracepoint:raw_syscalls:sys_enter { @n = count(); }",
        ),
    }
    for what, (ours, theirs) in pairs.items():
        commands = {
            "ours": [STAP_LSP, "run", "--runtime=bpf", "-e", ours],
            "theirs": ["bpftrace", "-e", theirs],
        }
        if "true" in what:
            commands = {name: [*command, "-c", "/bin/true"] for name, command in commands.items()}
        found = in_turns(commands, 15)
        mine, other = found["ours"], found["theirs"]
        for kind in ("wall", "cpu"):
            a, b = getattr(mine, kind), getattr(other, kind)
            yield f"{what}, {kind} ms", f"{a:.0f}", f"{b:.0f}", _ratio(a, b)


_NUMBER = re.compile(r"^(\d+\.\d)$", re.M)


def _per_call(command: list[str], rounds: int = 3) -> float:
    """Least ns per call that the program saw while the command ran it."""
    found = []
    for _ in range(rounds):
        match = _NUMBER.search(once(command).output)
        assert match is not None, command
        found.append(float(match[1]))
    return min(found)


def _events(program: str) -> Iterator[Row]:
    """What a probe adds to each system call."""
    bare = _per_call([program, str(CALLS)], 5)
    target = ["-c", f"{program} {CALLS}"]
    pairs = {
        "count": (
            "global n probe syscall.* { n++ } probe end { println(n) }",
            "tracepoint:raw_syscalls:sys_enter { @n = count(); }",
        ),
        "count by pid": (
            "global n probe syscall.* { n[pid()]++ } probe end { delete n }",
            "tracepoint:raw_syscalls:sys_enter { @n[pid]++; } END { clear(@n); }",
        ),
        "aggregate by program and call": (
            "global n probe syscall.* { n[execname(), name] <<< 1 } probe end { delete n }",
            "tracepoint:raw_syscalls:sys_enter { @n[comm, args->id] = count(); } "
            "END { clear(@n); }",
        ),
    }
    for what, (ours, theirs) in pairs.items():
        a = _per_call([STAP_LSP, "run", "--runtime=bpf", "-e", ours, *target]) - bare
        b = _per_call(["bpftrace", "-e", theirs, *target]) - bare
        yield f"{what}, ns added to a call", f"{a:.0f}", f"{b:.0f}", _ratio(a, b)


def _printing(program: str) -> Iterator[Row]:
    """A line per call: what it costs the program, and how many lines arrive."""
    bare = _per_call([program, str(CALLS)], 5)
    target = ["-c", f"{program} {LINES}"]
    ours = 'probe syscall.getppid { printf("%s %d %d %s\\n", execname(), pid(), tid(), name) }'
    theirs = (
        'tracepoint:syscalls:sys_enter_getppid { printf("%s %d %d %s\\n", '
        'comm, pid, tid, "getppid"); }'
    )
    figures = []
    for command in (
        [STAP_LSP, "run", "--runtime=bpf", "-e", ours, *target],
        ["bpftrace", "-e", theirs, *target],
    ):
        costs, delivered, per_call = [], [], []
        for _ in range(3):
            done = once(command)
            match = _NUMBER.search(done.output)
            assert match is not None, command
            per_call.append(float(match[1]) - bare)
            delivered.append(done.output.count(" getppid\n") / LINES)
            costs.append(done.cpu)
        figures.append((min(per_call), statistics.median(delivered), min(costs)))
    (call_a, share_a, cpu_a), (call_b, share_b, cpu_b) = figures
    yield (
        f"printf, ns added to a call, {LINES} lines",
        f"{call_a:.0f}",
        f"{call_b:.0f}",
        _ratio(call_a, call_b),
    )
    yield "printf, lines delivered", f"{share_a:.1%}", f"{share_b:.1%}", ""
    yield "printf, CPU ms of the whole run", f"{cpu_a:.0f}", f"{cpu_b:.0f}", _ratio(cpu_a, cpu_b)


if __name__ == "__main__":
    sys.exit(main())
