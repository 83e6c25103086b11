"""Primitives about the session itself: ending it, messages, the target, the last match."""

from __future__ import annotations

import os

from translator.runtimes.host.faults import Abandoned, HandlerError
from translator.runtimes.host.strings import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run


def exit(run: Run) -> None:
    run.exit()


def abort(run: Run) -> None:
    """End the session, and this handler at once."""
    run.exit()
    raise Abandoned


def error(run: Run, message: str) -> None:
    raise HandlerError(message)


def warn(run: Run, text: str) -> None:
    run.warn(text.removesuffix("\n"))


def ftrace(run: Run, text: str) -> None:
    """A line in the kernel's trace buffer, where this machine lets us."""
    del run
    for path in ("/sys/kernel/tracing/trace_marker", "/sys/kernel/debug/tracing/trace_marker"):
        try:
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as marker:
                marker.write(text)
        except OSError:
            continue
        return
    raise HandlerError("ftrace: the kernel's trace_marker cannot be written")


def system(run: Run, command: str) -> None:
    """Run a shell command once the handler is done."""
    run.commands.append(command)


def target(run: Run) -> int:
    return run.target


def stp_pid(run: Run) -> int:
    return os.getpid()


def pp(run: Run) -> str:
    return run.probe[0]


def pn(run: Run) -> str:
    return run.probe[1]


def probefunc(run: Run) -> str:
    return run.probe[2]


def probemod(run: Run) -> str:
    return ""


def module_name(run: Run) -> str:
    return run.session.module


def matched(run: Run, group: int) -> str:
    """Text of a group of the last regex, which must have matched."""
    match = run.names.get("match")
    if match is None:
        raise HandlerError(f"Attempted to get subexpression {group} from failed match")
    if not 0 <= group <= match.re.groups:
        raise HandlerError(f"Attempted to get nonexistent subexpression {group}")
    return decode(match[group] or b"")


def ngroups(run: Run) -> int:
    """How many groups the last match has, the whole of it included."""
    match = run.names.get("match")
    if match is None:
        raise HandlerError("Attempted to get subexpression count from failed match")
    return int(match.re.groups) + 1


def randint(run: Run, limit: int) -> int:
    """A random number from 0 to ``limit`` - 1."""
    del run
    if limit <= 0:
        return 0
    from random import randrange

    return randrange(limit)
