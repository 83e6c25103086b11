"""Primitives that ask the event, where there is none.

Memory reads give what a fault gives, as every runtime does; registers are a handler error,
since no script expects one there.
"""

from __future__ import annotations

from translator.runtimes.host.faults import HandlerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run


def user_mode(run: Run) -> int:
    return 0


def is_return(run: Run) -> int:
    return 0


def addr(run: Run) -> int:
    return 0


def uaddr(run: Run) -> int:
    return 0


def __argument(run: Run, number: int) -> int:
    return 0


def returnval(run: Run) -> int:
    raise HandlerError("returnval() needs a probe on a return")


def register(run: Run, name: str) -> int:
    raise HandlerError(f"no register '{name}' here: the probe has no event")


def u_register(run: Run, name: str) -> int:
    return register(run, name)


def __user_load(run: Run, address: int, size: int) -> int:
    return 0


def __user_readable(run: Run, address: int) -> int:
    return 0


def __user_string(run: Run, address: int, size: int) -> str:
    return ""


__kernel_load = __user_load
__kernel_readable = __user_readable
__kernel_string = __user_string


def user_buffer_quoted(run: Run, address: int, length: int, room: int) -> str:
    return f"{address & 0xFFFFFFFFFFFFFFFF:#x}"


kernel_buffer_quoted = user_buffer_quoted


def backtrace(run: Run) -> str:
    return ""


def ubacktrace(run: Run) -> str:
    return ""
