"""Where the lines of a user program's functions begin, for statement probes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from translator.probes.attachment import LinkAddress

if TYPE_CHECKING:
    from translator.debuginfo.model import DebugInfo, Function
    from translator.probes.function_pattern import FunctionPattern


class Line(NamedTuple):
    function: Function
    number: int
    address: LinkAddress


def lines_of(info: DebugInfo, functions: tuple[Function, ...], file: str) -> list[Line]:
    """Lines of files that match ``file`` whose code lies in one of the functions, by address.

    A line of a loop begins at several addresses; as in SystemTap the lowest counts.  Inlined
    code belongs to the inlined function and to those around it.
    """
    first: dict[tuple[int, int], Line] = {}
    for row in info.lines(file):
        if not row.is_statement:
            continue
        for function in functions:
            if not any(span.start <= row.address < span.end for span in function.ranges):
                continue
            key = (function.id, row.line)
            if key not in first or row.address < first[key].address:
                first[key] = Line(function, row.line, row.address)
    return sorted(first.values(), key=lambda each: each.address)


def nearest_lines(lines: list[Line], pattern: FunctionPattern) -> list[Line]:
    """Of each function the line nearest to the first one that the pattern means."""
    from translator.probes.function_pattern import first_line

    def distance(line: Line) -> tuple[int, bool]:
        wanted = first_line(pattern, line.function.line)
        return abs(line.number - wanted), line.number < wanted

    best: dict[int, Line] = {}
    for line in lines:
        current = best.get(line.function.id)
        if current is None or distance(line) < distance(current):
            best[line.function.id] = line
    return list(best.values())
