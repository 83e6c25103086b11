"""What the library's functions give, run for real by the host runtime."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tapsets

ROOT = Path(__file__).resolve().parents[2]

_RUN = """
import sys
from translator.analysis import Analysis, Settings
from translator.base.system import RealSystem
from translator.runtimes.host.runtime import HostRuntime
from translator.runtimes.protocol import Session
analysis = Analysis(RealSystem(), Settings((sys.argv[1],)))
analysis.set_text("/script.stp", sys.stdin.read())
found = analysis.elaborated("/script.stp")
for finding in found.findings:
    print(finding, file=sys.stderr)
runtime = HostRuntime()
image = runtime.compile(runtime.translate(found.program))
sys.exit(runtime.run(image, Session()))
"""


def lines(script: str, cache: Path) -> list[str]:
    """The lines that the script writes."""
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, str(tapsets.directory())],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin"},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def expect(pairs: dict[str, str], cache: Path) -> None:
    """Each expression of the language gives what stands beside it."""
    body = "\n".join(f"println({expression})" for expression in pairs)
    given = lines(f"probe begin {{ {body}\nexit() }}", cache)
    assert dict(zip(pairs, given, strict=True)) == pairs


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_strings(cache: Path) -> None:
    expect(
        {
            'isinstr("haystack", "st")': "1",
            'isinstr("haystack", "x")': "0",
            'isdigit("7a")': "1",
            'isdigit("")': "0",
            r'text_str("a\n\"b")': r"a\n\"b",
            'string_quoted("a")': '"a"',
            'tokenize("a b,c", " ,")': "a",
            'tokenize(" ,")': "b",
            'tokenize(" ,") . tokenize(" ,")': "c",
            '_point_function("kernel.function(\\"vfs_read@fs/a.c:1\\")")': "vfs_read",
            '_point_function("begin")': "",
            '_word_at("a b c", 2)': "c",
            '_first_words("a b c", 2)': "a b",
        },
        cache,
    )


def test_times(cache: Path) -> None:
    expect(
        {
            "ctime(0)": "Thu Jan  1 00:00:00 1970",
            "ctime(951782400)": "Tue Feb 29 00:00:00 2000",
            "ctime(-1)": "Wed Dec 31 23:59:59 1969",
            "ctime(2147483648)": "far far in the future...",
            "msecs_to_string(61001)": "1m1.001s",
            "bytes_to_string(100)": "  100",
            "bytes_to_string(1536)": "1.50K",
            "bytes_to_string(20 << 20)": "20.0M",
            "pages_to_string(1 << 18)": "1.00G",
        },
        cache,
    )


def test_errors_and_signals(cache: Path) -> None:
    expect(
        {
            "errno_str(-2)": "ENOENT",
            "errno_str(0)": "",
            "errno_p(-13)": "13",
            "return_str(1, -13)": "-13 (EACCES)",
            "return_str(2, 4096)": "0x1000",
            "return_str(3, 8)": "010",
            "return_str(1, -99999)": "-99999",
            "_signal_name(9)": "SIGKILL",
            "_signal_name(34)": "SIGRT_2",
            "_sigset_text(0x4003)": "[SIGHUP|SIGINT|SIGTERM]",
            "_sigset_text(0)": "[EMPTY]",
        },
        cache,
    )


def test_flags(cache: Path) -> None:
    expect(
        {
            "_sys_open_flag_str(0)": "O_RDONLY",
            "_sys_open_flag_str(0x80241)": "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC",
            "_dfd_str(-100)": "AT_FDCWD",
            "_mprotect_prot_str(0)": "PROT_NONE",
            "_mprotect_prot_str(3)": "PROT_READ|PROT_WRITE",
            "_mmap_flags(0x22)": "MAP_PRIVATE|MAP_ANONYMOUS",
            "_at_flag_str(0)": "0x0",
            "_at_flag_str(0x40000100)": "AT_SYMLINK_NOFOLLOW|0x40000000",
            "__fork_flags(0x1200011)": "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD",
            "_futex_op_str(128)": "FUTEX_WAIT|FUTEX_PRIVATE_FLAG",
            "_wait4_opt_str(1)": "WNOHANG",
            "_sock_type_str(0x80001)": "SOCK_STREAM|SOCK_CLOEXEC",
            "_sock_protocol_str(2, 6)": "IPPROTO_TCP",
            "_sock_protocol_str(16, 9)": "9",
            "_fcntl_cmd_str(1030)": "F_DUPFD_CLOEXEC",
            "_flock_cmd_str(6)": "LOCK_EX|LOCK_NB",
            "__sem_flags(0x380)": "IPC_CREAT|0600",
        },
        cache,
    )


def test_structures(cache: Path) -> None:
    expect(
        {
            '_sockaddr_text(0x0100007f50000002, 0, 0, "", "", 16)': "{AF_INET, 127.0.0.1, 80}",
            '_sockaddr_text(0x5000000a, 0, 1 << 56, "", "", 28)': (
                "{AF_INET6, 0000:0000:0000:0000:0000:0000:0000:0001, 80}"
            ),
            '_sockaddr_text(1, 0, 0, "/run/a", "", 110)': '{AF_UNIX, "/run/a"}',
            '_sockaddr_text(1, 0, 0, "", "bus", 6)': '{AF_UNIX, "\\000bus"}',
            "_timespec_text(1, 5)": "[1.000000005]",
            "_timeval_text(1, 5)": "[1.000005]",
            '_structure_text("x", 1, 0)': "NULL",
            '_structure_text("x", 0, 16)': "0x10",
            "_rlimit_text(1024, -1)": "[1024,-1]",
        },
        cache,
    )


def test_addresses_and_byte_order(cache: Path) -> None:
    expect(
        {
            "ip_ntop(0x0100007f)": "127.0.0.1",
            "htons(80)": "20480",
            "htonl(1)": "16777216",
            "ntohll(1)": str(1 << 56),
            "MAJOR(0x800001)": "8",
            "syscall_name(257)": "openat",
            'syscall_num("openat")': "257",
            'syscall_num("none")': "-1",
            "MINOR(MKDEV(8, 3))": "3",
        },
        cache,
    )


def test_indent_shows_the_same_depth_at_entry_and_return(cache: Path) -> None:
    given = lines(
        "probe begin { println(indent_depth(1)) println(indent_depth(1)) println(indent_depth(-1))"
        " println(indent_depth(-1)) println(indent(1)) exit() }",
        cache,
    )
    assert given == ["0", "1", "1", "0", "     0 :"]


def test_stopwatch_queue_and_speculation(cache: Path) -> None:
    given = lines(
        """
        probe begin {
          start_stopwatch("w") stop_stopwatch("w")
          println(read_stopwatch_ns("w") == read_stopwatch_ns("w"), read_stopwatch_ns("none"))
          qsq_start("q") qs_wait("q") qs_run("q") qs_done("q") qs_done("q")
          println(qsq_service_time("q", 1) >= 0)
          a = speculation() b = speculation()
          speculate(a, "one\\n") speculate(b, "two\\n") speculate(a, "three\\n")
          discard(b) commit(a)
          exit()
        }
        """,
        cache,
    )
    assert given == ["10", "1", "one", "three"]


def test_screen(cache: Path) -> None:
    text = "\n".join(
        lines(
            "probe begin { ansi_clear_screen() ansi_set_color(31) ansi_set_color2(31, 42)"
            " ansi_set_color3(31, 42, 1) ansi_cursor_move(3, 4) ansi_new_line() exit() }",
            cache,
        )
    )
    assert text == "\033[1;1H\033[J\033[31m\033[42;31m\033[42;31;1m\033[4;3H"


def test_oneshot_ends_by_itself(cache: Path) -> None:
    assert lines('probe oneshot { println("x") }', cache) == ["x"]
