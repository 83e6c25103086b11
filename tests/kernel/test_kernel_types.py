"""Kernel types and tracepoints on the running kernel, compared with what /proc says."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.running import stap_lsp

pytestmark = pytest.mark.kernel

# Its only thread says who it is and then calls getppid once.
_ASKS = (
    "import os; "
    "ids = [os.getpid(), os.getpgrp(), os.getsid(0), os.geteuid(), os.getegid()]; "
    "parent = open('/proc/%d/comm' % os.getppid()).read().strip(); "
    "print('said', *ids, parent, flush=True)"
)


def _run(script: str, command: str) -> list[str]:
    outcome = stap_lsp("run", "--runtime=bpf", "-e", script, "-c", command)
    assert outcome.status == 0, outcome.errors
    return outcome.output.splitlines()


def _python(code: str, *arguments: str) -> str:
    words = " ".join(f"'{each}'" for each in arguments)
    return f'{sys.executable} -c "{code}" {words}'


def test_the_current_task() -> None:
    script = """
    probe syscall.getppid { if (pid() == target())
      printf("seen %d %d %d %d %d %s\\nparent %d\\n", pid(), pgrp(), sid(), euid(), egid(),
             pexecname(), ppid()) }
    """
    lines = _run(script, _python(_ASKS))
    said = next(line for line in lines if line.startswith("said"))
    seen = [line for line in lines if line.startswith("seen")]
    assert seen
    assert set(seen) == {said.replace("said", "seen")}


def test_a_tasks_figures() -> None:
    code = (
        "import os; os.nice(5); "
        "print('said', os.getpid(), os.getppid(), os.getuid(), os.getgid(), flush=True); "
        "os.getppid()"
    )
    script = """
    probe syscall.getppid { if (pid() == target()) {
      t = task_current()
      printf("seen %d %d %d %d\\n", task_pid(t), task_pid(task_parent(t)), task_uid(t), task_gid(t))
      printf("nice %d state %d %s\\n", task_nice(t), task_state(t), task_execname(t))
    } }
    """
    lines = _run(script, _python(code))
    said = next(line for line in lines if line.startswith("said"))
    assert said.replace("said", "seen") in lines
    assert f"nice 5 state 0 {os.path.basename(sys.executable)[:15]}" in lines


def test_the_command_line() -> None:
    script = """
    probe syscall.getppid { if (pid() == target())
      printf("%s|%s|%s\\n", cmdline_arg(1), cmdline_args(3, 4, ","), cmdline_arg(9)) }
    """
    lines = _run(script, _python("import os; os.getppid()", "two words", "end"))
    assert "-c|two words,end|" in lines


def test_ancestors() -> None:
    script = """
    probe syscall.getppid { if (pid() == target())
      printf("%s\\n", task_ancestry(task_current(), 0)) }
    """
    (*_, line) = _run(script, _python("import os; os.getppid()"))
    names = line.split("=>")
    assert names[-2].startswith("stap-lsp") or len(names) == 12
    assert names[-1].startswith("python")


def test_paths_of_files(tmp_path: Path) -> None:
    place = tmp_path / "some" / "place"
    place.mkdir(parents=True)
    script = """
    probe syscall.getppid { if (pid() == target()) {
      fs = @cast(task_current(), "task_struct", "kernel")->fs
      printf("%s\\n", fullpath_struct_path(&fs->pwd))
    } }
    """
    lines = _run(script, _python(f"import os; os.chdir('{place}'); os.getppid()"))
    names = str(place).split("/")[1:]
    assert "/" + "/".join(names[-8:]) in lines


def test_switches() -> None:
    script = """
    probe scheduler.ctxswitch { if (prev_pid == target())
      printf("%s %s %d %d %d %d\\n", name, prev_task_name, prev_pid == pid(), prev_tid == tid(),
             prev_priority, next_tid != tid()) }
    """
    lines = _run(script, "for i in 1 2 3; do sleep 0.01; done")
    assert any(re.fullmatch(r"ctxswitch \S+ 1 1 120 1", line) for line in lines), lines


def test_signals() -> None:
    script = """
    probe signal.send { if (sig_pid == target() && pid() == target())
      printf("send %d %s %s %d\\n", sig, sig_name, si_code, shared) }
    probe signal.handle { if (pid() == target() && sig == 10) printf("handle %s\\n", sig_name) }
    """
    lines = _run(script, "trap 'echo trapped' USR1; kill -USR1 $$; true")
    assert "send 10 SIGUSR1 SI_USER or SI_TIMER or SI_ASYNCIO 1" in lines
    assert "handle SIGUSR1" in lines
    assert "trapped" in lines


def test_lives_of_processes() -> None:
    script = """
    global child
    probe kprocess.create { if (pid() == target()) child[new_pid] = 1 }
    probe kprocess.exit { if (pid() in child) printf("exit %d %s\\n", code >> 8, execname()) }
    """
    lines = _run(script, "(exit 3); /bin/true; true")
    assert any(re.fullmatch(r"exit 3 \S+", line) for line in lines), lines
    assert "exit 0 true" in lines


def test_block_requests(tmp_path: Path) -> None:
    script = """
    global started, requests, bytes, ends
    probe ioblock.request { if (pid() == target()) {
      requests[devname, bio_rw_str(rw)] <<< size; started[sector] = 1 } }
    probe ioblock.end { if (sector in started) { ends++; bytes += bytes_done } }
    probe end {
      foreach ([d, w] in requests) printf("%s %s %d\\n", d, w, @sum(requests[d, w]))
      printf("%d %d\\n", ends, bytes)
    }
    """
    target = tmp_path / "written"
    lines = _run(script, f"dd if=/dev/zero of={target} bs=4096 count=20 oflag=direct")
    *rows, last = lines
    if not rows:
        pytest.skip("needs temporary files on a block device")
    devices = set(os.listdir("/sys/class/block"))
    assert {row.split()[0] for row in rows} <= devices
    assert sum(int(row.split()[2]) for row in rows if " W " in row) >= 20 * 4096
    ends, written = map(int, last.split())
    assert ends > 0
    assert written >= 20 * 4096


def test_packets() -> None:
    send = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(bytes(321), ('127.0.0.1', 9))"
    )
    script = """
    probe netdev.transmit { if (pid() == target())
      printf("%s %d %x\\n", dev_name, length, ntohs(protocol)) }
    """
    assert f"lo {321 + 8 + 20 + 14} 800" in _run(script, _python(send))


def test_records_as_text() -> None:
    script = """
    probe kernel.trace("sched_process_fork") { if (pid() == target()) {
      printf("%s\\n%s\\n", $$parms, $child->thread_info$) exit() } }
    """
    lines = _run(script, "true; (true); true")
    assert any(
        re.fullmatch(r"parent=0xffff[0-9a-f]{12} child=0xffff[0-9a-f]{12}", e) for e in lines
    )
    assert any(re.match(r"\{\.flags=\d+, ", line) for line in lines)


def test_a_null_pointer_is_a_handler_error() -> None:
    script = 'probe syscall.getppid { print(@cast(8, "task_struct", "kernel")->pid) }'
    outcome = stap_lsp(
        "run", "--runtime=bpf", "-e", script, "-c", _python("import os; os.getppid()")
    )
    assert outcome.status == 1
    assert "read fault" in outcome.errors
    assert "near @cast" in outcome.errors
