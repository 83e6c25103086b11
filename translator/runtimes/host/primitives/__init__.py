"""Primitives of the tapsets, by name: one table row and one function each.

A primitive takes the session's `Run` first, then the script's arguments, and gives an int
within 64 bits, a str or None.  It may raise `HandlerError`; the place is added by the
caller.  Modules are imported when a program first needs them.
"""

from __future__ import annotations

from translator.runtimes.host.faults import HandlerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from translator.runtimes.host.state import Run

    Primitive = Callable[..., Any]

_MODULES: dict[str, tuple[str, ...]] = {
    "session": (
        "exit",
        "log",
        "warn",
        "ftrace",
        "system",
        "target",
        "pp",
        "probe_point",
        "probefunc",
        "module_name",
        "matched",
        "ngroups",
        "randint",
    ),
    "words": (
        "strlen",
        "substr",
        "stringat",
        "isinstr",
        "strpos",
        "strtol",
        "text_str",
        "text_strn",
        "str_replace",
        "tokenize",
        "errno_str",
        "errno_name",
    ),
    "clock": (
        "gettimeofday_ns",
        "gettimeofday_us",
        "gettimeofday_ms",
        "gettimeofday_s",
        "ktime_get_ns",
        "local_clock_ns",
        "cpu_clock_ns",
        "get_cycles",
        "jiffies",
        "ctime",
        "tz_ctime",
        "tz_gmtoff",
        "tz_name",
    ),
    "task": (
        "pid",
        "tid",
        "ppid",
        "pgrp",
        "sid",
        "uid",
        "euid",
        "gid",
        "egid",
        "execname",
        "pexecname",
        "cpu",
        "env_var",
        "cmdline_str",
        "is_myproc",
        "current_exe_file",
    ),
}
_PLACE = {name: module for module, names in _MODULES.items() for name in names}
_MEMORY = frozenset(
    f"{space}_{kind}"
    for space in ("user", "kernel")
    for kind in (
        "string", "string_n", "string_quoted", "string_n_quoted", "char", "short", "int",
        "long", "pointer", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
        "uint64", "ushort", "ulong", "string_warn", "string_n_warn", "buffer_quoted",
    )
)  # fmt: skip

NAMES = frozenset(_PLACE)


def find(name: str) -> Primitive:
    """The function of a primitive; one that needs an event fails as a handler error."""
    if name in _PLACE:
        package = __import__(f"{__name__}.{_PLACE[name]}", fromlist=[name])
        found: Primitive = getattr(package, name)
        return found
    what = "reads memory" if name in _MEMORY else "needs an event"
    return lambda run, *arguments: _refuse(f"{name}() {what}: not in this probe")


def bind(run: Run, name: str) -> Primitive:
    """A primitive that knows its session, as generated code calls it."""
    function = find(name)
    return lambda *arguments: function(run, *arguments)


def _refuse(reason: str) -> None:
    raise HandlerError(reason)
