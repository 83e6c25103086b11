"""``"name@file:line"``, the argument of `.function` and `.statement`.

Line parts: ``:12``, ``:10-14``, ``:10,12-14``, ``:*`` and ``+3`` (lines past the
function's declaration).  Name and file may be globs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import assert_never

from translator.debuginfo.model import (
    AnyLine,
    LineAbsolute,
    LineRange,
    LineRelative,
    LineSpec,
)

_FILE = re.compile(r"(?P<file>.*?)(?::(?P<lines>[\d*][\d,*-]*)|\+(?P<past>\d+))?")
_ONE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class FunctionPattern:
    """``lines`` is empty where none were given; ``file`` None likewise."""

    name: str
    file: str | None = None
    lines: tuple[LineSpec, ...] = ()

    def accepts(self, line: int, declared: int | None) -> bool:
        """Whether ``line``, in a function declared at line ``declared``, is one of `lines`."""
        return any(_accepts(each, line, declared) for each in self.lines)


@dataclass(frozen=True, slots=True)
class PatternError:
    message: str


def parse(text: str) -> FunctionPattern | PatternError:
    name, at, rest = text.partition("@")
    if not name:
        return PatternError("a function's name is missing; `*` stands for every function")
    if not at:
        return FunctionPattern(name)
    place = _FILE.fullmatch(rest)
    assert place is not None, rest
    file = place["file"]
    if not file:
        return PatternError("a file's name is missing after `@`; `*` stands for every file")
    if place["past"] is not None:
        return FunctionPattern(name, file, (LineRelative(int(place["past"])),))
    if place["lines"] is None:
        return FunctionPattern(name, file)
    if place["lines"] == "*":
        return FunctionPattern(name, file, (AnyLine(),))
    lines: list[LineSpec] = []
    for piece in place["lines"].split(","):
        numbers = _ONE.fullmatch(piece)
        if numbers is None:
            return PatternError(
                f"`{piece}` is no line; lines are written :12, :10-14, :10,12 or :*"
            )
        first, last = numbers.groups()
        if last is None:
            lines.append(LineAbsolute(int(first)))
        elif int(first) <= int(last):
            lines.append(LineRange(int(first), int(last)))
        else:
            return PatternError(f"the lines {piece} are the wrong way round")
    return FunctionPattern(name, file, tuple(lines))


def _accepts(spec: LineSpec, line: int, declared: int | None) -> bool:
    match spec:
        case AnyLine():
            return True
        case LineAbsolute(line=wanted):
            return line == wanted
        case LineRange(first=first, last=last):
            return first <= line <= last
        case LineRelative(offset=offset):
            return declared is not None and line == declared + offset
        case _:
            assert_never(spec)


def first_line(pattern: FunctionPattern, declared: int | None) -> int:
    """The first line meant, for finding one that is near it."""
    match pattern.lines[0]:
        case AnyLine():
            return declared or 1
        case LineAbsolute(line=line):
            return line
        case LineRange(first=first):
            return first
        case LineRelative(offset=offset):
            return (declared or 0) + offset
        case _ as never:
            assert_never(never)
