"""Primitives about the current task.

In begin, end and timer handlers that is the process that runs the session, as it is
stapio with SystemTap.
"""

from __future__ import annotations

import os

from translator.runtimes.host.strings import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run


def pid(run: Run) -> int:
    return os.getpid()


def tid(run: Run) -> int:
    """The session's loop runs in the process's first thread."""
    return os.getpid()


def ppid(run: Run) -> int:
    return os.getppid()


def pgrp(run: Run) -> int:
    return os.getpgrp()


def sid(run: Run) -> int:
    return os.getsid(0)


def uid(run: Run) -> int:
    return os.getuid()


def euid(run: Run) -> int:
    return os.geteuid()


def gid(run: Run) -> int:
    return os.getgid()


def egid(run: Run) -> int:
    return os.getegid()


def execname(run: Run) -> str:
    return _name_of(os.getpid())


def pexecname(run: Run) -> str:
    return _name_of(os.getppid())


def cpu(run: Run) -> int:
    """The CPU that we run on, from the 39th field of /proc/self/stat."""
    with open("/proc/self/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[36])


def env_var(run: Run, name: str) -> str:
    return os.environ.get(name, "")


def cmdline_str(run: Run) -> str:
    with open("/proc/self/cmdline", "rb") as line:
        return decode(line.read().replace(b"\0", b" ").rstrip())


def is_myproc(run: Run) -> int:
    return 1


def current_exe_file(run: Run) -> str:
    return os.readlink("/proc/self/exe")


def _name_of(process: int) -> str:
    try:
        with open(f"/proc/{process}/comm", "rb") as name:
            return decode(name.read().rstrip(b"\n"))
    except OSError:
        return ""  # it has ended
