"""Primitives of the tapsets, by name: one table row and one function each.

A primitive takes the session's `Run` first, then the script's arguments, and gives an int
within 64 bits, a str or None.  It may raise `HandlerError`; the place is added by whoever
runs the handler.  Modules are imported when a program first needs them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from translator.runtimes.host.state import Run

    Primitive = Callable[..., Any]

_MODULES: dict[str, tuple[str, ...]] = {
    "session": (
        "exit", "abort", "error", "warn", "ftrace", "system", "target", "stp_pid",
        "module_name", "pp", "pn", "probefunc", "probemod", "matched", "ngroups", "randint",
    ),
    "words": (
        "strlen", "substr", "stringat", "strpos", "strtol", "str_replace", "text_strn",
    ),
    "clock": (
        "gettimeofday_ns", "ktime_get_ns", "get_cycles", "jiffies", "HZ", "tz_gmtoff", "tz_name",
    ),
    "task": ("pid", "tid", "uid", "gid", "execname", "cpu", "task_current"),
    "event": (
        "user_mode", "is_return", "addr", "uaddr", "__argument", "returnval", "register",
        "u_register", "__user_load", "__kernel_load", "__user_readable", "__kernel_readable",
        "__user_string", "__kernel_string", "user_buffer_quoted", "kernel_buffer_quoted",
        "backtrace", "ubacktrace",
    ),
    "symbols": (
        "print_stack", "print_ustack", "sprint_stack", "sprint_ustack", "symname", "symdata",
        "modname", "symfileline", "usymname", "usymdata", "umodname", "usymfileline",
    ),
}  # fmt: skip
_PLACE = {name: module for module, names in _MODULES.items() for name in names}

NAMES = frozenset(_PLACE)


def find(name: str) -> Primitive:
    """The function of a primitive.  Raises KeyError for a name that is not in `NAMES`."""
    package = __import__(f"{__name__}.{_PLACE[name]}", fromlist=[name])
    found: Primitive = getattr(package, name)
    return found


def bind(run: Run, name: str) -> Primitive:
    """A primitive that knows its session, as generated code calls it."""
    function = find(name)
    return lambda *arguments: function(run, *arguments)
