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


def uid(run: Run) -> int:
    return os.getuid()


def gid(run: Run) -> int:
    return os.getgid()


def execname(run: Run) -> str:
    with open("/proc/self/comm", "rb") as name:
        return decode(name.read().rstrip(b"\n"))


def cpu(run: Run) -> int:
    """The CPU that we run on, the 39th field of /proc/self/stat."""
    with open("/proc/self/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[36])


def task_current(run: Run) -> int:
    """The kernel's address of the task is not to be had here."""
    return 0
