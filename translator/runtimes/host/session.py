"""Pass 5 of the host runtime: run an image.

An image is a dict of plain data: ``code`` (a code object), ``globals`` (`memory.GlobalRow`),
``probes`` (rows: index, moment, order, period, spread, name, point, function) and
``limits`` (string, errors).  This module and what it imports is all that a run loads.
"""

from __future__ import annotations

from translator.runtimes.host import primitives
from translator.runtimes.host.environment import NoEvent, namespace, run_module
from translator.runtimes.host.loop import Loop, UserProbe
from translator.runtimes.host.memory import MemoryStorage
from translator.runtimes.host.state import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, TypedDict

    from translator.runtimes.host.memory import GlobalRow
    from translator.runtimes.protocol import Session

    ProbeRow = tuple[int, str, int, int, int, str, str, str]

    class Image(TypedDict):
        code: CodeType
        globals: list[GlobalRow]
        probes: list[ProbeRow]
        limits: tuple[int, int]


def run_image(image: Image, session: Session) -> int:
    """Run to the end; returns the exit status.

    Raises StapError, before any probe runs, if the session cannot begin.
    """
    string_limit, max_errors = image["limits"]
    storage = MemoryStorage(overridden(image["globals"], session.globals))
    try:
        run = Run(session, max_errors, string_limit)
    except OSError as error:
        raise _refused(f"cannot write '{session.output}': {error.strerror}") from None
    run.names = namespace(
        storage,
        run.output.write,
        lambda name: primitives.bind(run, name),
        NoEvent(),
        string_limit,
    )
    handlers = run_module(image["code"], run.names)
    probes = user_probes(image["probes"], handlers)
    return Loop(run, probes, storage.exclusive).run()


def user_probes(rows: list[ProbeRow], handlers: dict[int, Any]) -> list[UserProbe]:
    """The probes of an image that run in this process."""
    return [
        UserProbe(moment, order, handlers[index], (name, point, function), (period, spread))
        for index, moment, order, period, spread, name, point, function in rows
    ]


def overridden(rows: list[GlobalRow], values: tuple[tuple[str, str], ...]) -> list[GlobalRow]:
    """Global rows with the initial values that ``-G name=value`` gives.

    Raises UsageError for a name that is no scalar or a number that is none.
    """
    wanted = dict(values)
    out: list[GlobalRow] = []
    for row in rows:
        value = wanted.pop(row[0], None)
        if value is None:
            out.append(row)
            continue
        if row[2] or row[1] == "stats":
            raise _refused(f"-G {row[0]}={value}: only a scalar global can be set")
        try:
            initial = int(value, 0) if row[1] == "long" else value
        except ValueError:
            raise _refused(f"-G {row[0]}={value}: '{row[0]}' is a number") from None
        if isinstance(initial, int) and not -(1 << 63) <= initial < 1 << 63:
            raise _refused(f"-G {row[0]}={value}: does not fit in 64 bits")
        out.append((*row[:6], initial, row[7]))
    if wanted:
        known = ", ".join(row[0] for row in rows if not row[2] and row[1] != "stats") or "none"
        raise _refused(f"-G {next(iter(wanted))}: no such global; scalars are: {known}")
    return out


def _refused(message: str) -> Exception:
    from translator.base.diagnostics import UsageError

    return UsageError(message)
