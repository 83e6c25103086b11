"""Which user programs ``process``, ``process(PID)`` and ``process("PATH")`` mean.

Refuses to look inside them: that is debug information's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice

from translator.probes.pattern import is_wildcard, nearest, quoted
from translator.probes.point import (
    Candidate,
    CandidateKind,
    Environment,
    FamilyMatch,
    Problem,
    Rule,
)

HEADS = ("process", "process(PID)", 'process("PATH")')

_BUILD_ID = re.compile(r"[0-9a-f]{40}")
_MATCH_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Program:
    """One binary; ``pid`` is set where only that process is meant."""

    path: str
    pid: int | None = None

    @property
    def text(self) -> str:
        return f"process({quoted(self.path)})"


def programs(match: FamilyMatch, environment: Environment) -> tuple[Program, ...] | Problem:
    """The programs that the probe point's `process` component names, sorted by path."""
    pid = match.number("process")
    if pid is not None:
        return _by_pid(pid, environment)
    path = match.string("process")
    if path is not None:
        return _by_path(path, environment)
    if environment.target_path is not None:
        return (Program(environment.target_path, environment.target_pid),)
    if environment.target_pid is not None:
        return _by_pid(environment.target_pid, environment)
    message = '`process` without a path means the program of -c or -x; write process("PATH")'
    return Problem(Rule.NO_SUCH_PROCESS, message, 0, ('process("PATH")',))


def complete_path(partial: str, environment: Environment) -> Iterator[Candidate]:
    """Programs on PATH, or below the directory that ``partial`` begins with."""
    system = environment.system
    directory, slash, start = partial.rpartition("/")
    if not slash:
        seen: set[str] = set()
        for place in _search_path(environment):
            for name in system.list_directory(place):
                if name.startswith(start) and not name.endswith("/") and name not in seen:
                    seen.add(name)
                    yield Candidate(name, CandidateKind.FILE, f"{place}/{name}")
        return
    for name in system.list_directory(directory or "/"):
        if not name.startswith(start) or (name.startswith(".") and not start):
            continue
        whole = f"{directory}/{name}"
        if name.endswith("/"):
            yield Candidate(whole, CandidateKind.DIRECTORY)
        elif ".so" in name or system.find_program(whole) is not None:
            yield Candidate(whole, CandidateKind.FILE)


def _by_pid(pid: int, environment: Environment) -> tuple[Program, ...] | Problem:
    path = environment.system.real_path(f"/proc/{pid}/exe") if pid > 0 else None
    if path is None:
        message = f"there is no process {pid} whose program can be read"
        return Problem(Rule.NO_SUCH_PROCESS, message, 0)
    return (Program(path, pid),)


def _by_path(path: str, environment: Environment) -> tuple[Program, ...] | Problem:
    system = environment.system
    if is_wildcard(path):
        found = islice(_matching(path, environment), _MATCH_LIMIT)
        real = {each for name in found if (each := system.real_path(name)) is not None}
        if real:
            return tuple(Program(each) for each in sorted(real))
        return Problem(Rule.NO_SUCH_FILE, f"no program matches `{path}`", 0)
    place = system.real_path(path) if "/" in path else system.find_program(path)
    if place is None and _BUILD_ID.fullmatch(path):
        place = system.real_path(f"/usr/lib/debug/.build-id/{path[:2]}/{path[2:]}")
    if place is not None:
        return (Program(_interpreter(place, environment) or place),)
    return _no_such_file(path, environment)


def _interpreter(script: str, environment: Environment) -> str | None:
    """The program that runs a script, which is what can be probed; None for other files."""
    image = environment.system.map_bytes(script)
    if image is None or image[:2] != b"#!":
        return None
    words = image[2:256].partition(b"\n")[0].decode("utf-8", "surrogateescape").split()
    if len(words) > 1 and words[0].endswith("/env"):
        words = words[1:]
    found = environment.system.find_program(words[0]) if words else None
    return None if found is None else environment.system.real_path(found)


def _no_such_file(path: str, environment: Environment) -> Problem:
    system = environment.system
    directory, slash, name = path.rpartition("/")
    if slash:
        entries: Iterator[str] = iter(system.list_directory(directory or "/"))
        near = tuple(f"{directory}/{each}" for each in nearest(name, islice(entries, _MATCH_LIMIT)))
        message = f"there is no file `{path}`"
    else:
        entries = (
            each
            for place in _search_path(environment)
            for each in system.list_directory(place)
            if each[:1] == name[:1]
        )
        near = nearest(name, islice(entries, _MATCH_LIMIT))
        message = f"there is no program `{path}` on PATH"
    hint = f"; did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
    return Problem(Rule.NO_SUCH_FILE, message + hint, 0, near)


def _matching(pattern: str, environment: Environment) -> Iterator[str]:
    """Paths that a glob names; one without a slash is looked for on PATH."""
    system = environment.system
    if "/" not in pattern:
        for place in _search_path(environment):
            for name in system.list_directory(place):
                if fnmatchcase(name, pattern):
                    yield f"{place}/{name}"
        return
    head, *rest = pattern.split("/")
    places = [head]  # "" for an absolute pattern: every name below gets its slash
    for piece in rest[:-1]:
        if is_wildcard(piece):
            places = [
                f"{place}/{name.rstrip('/')}"
                for place in places
                for name in system.list_directory(place or "/")
                if name.endswith("/") and fnmatchcase(name.rstrip("/"), piece)
            ][:_MATCH_LIMIT]
        else:
            places = [f"{place}/{piece}" for place in places]
    for place in places:
        if not is_wildcard(rest[-1]):
            yield f"{place}/{rest[-1]}"
            continue
        for name in system.list_directory(place or "/"):
            if fnmatchcase(name, rest[-1]):
                yield f"{place}/{name}"


def _search_path(environment: Environment) -> tuple[str, ...]:
    value = environment.system.variable("PATH") or "/usr/bin:/bin"
    return tuple(dict.fromkeys(each.rstrip("/") for each in value.split(":") if each))
