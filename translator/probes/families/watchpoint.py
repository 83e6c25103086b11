"""kernel.data and process("PATH").data: hardware watchpoints on memory."""

from __future__ import annotations

import re

from translator.probes.attachment import Access, Watchpoint
from translator.probes.pattern import spelled
from translator.probes.point import (
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Problem,
    Resolution,
    ResolvedProbe,
    Rule,
    found,
    refused,
    unknown_name,
)
from translator.probes.program import HEADS, programs

_LENGTHS = (1, 2, 4, 8)  # bytes that debug registers can watch
_WORD = 8


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    index = match.index("data")
    length = match.number("length")
    if length is not None and length not in _LENGTHS:
        message = "a watchpoint is 1, 2, 4 or 8 bytes long"
        return refused(Rule.BAD_ARGUMENT, message, match.index("length"))
    access = Access(match.components[-1].name)
    path = None
    if match.has("process"):
        where = programs(match, environment)
        if isinstance(where, Problem):
            return Resolution(problems=(where,))
        path = where[0].path
    address, size = match.number("data"), 1
    symbol = match.string("data")
    if symbol is not None:
        place = _user(path, symbol, environment) if path else _kernel(symbol, environment)
        if not isinstance(place, tuple):
            return place
        address, size = place
    assert address is not None, match
    if length is None:
        length = size if size in _LENGTHS else _WORD
    if address % length:
        message = f"address {address:#x} is not a multiple of the watched {length} bytes"
        return refused(Rule.BAD_ARGUMENT, message, index)
    name = spelled(match.components)
    return found(ResolvedProbe(Watchpoint(address, length, access, path), name))


def _user(path: str, symbol: str, environment: Environment) -> tuple[int, int] | Resolution:
    objects = [each for each in environment.debuginfo(path).symbols() if not each.is_function]
    for each in objects:
        if each.name == symbol:
            return each.address, each.size
    message = f"{path} has no variable `{symbol}` among its symbols"
    return unknown_name(Rule.NO_SUCH_SYMBOL, message, 1, symbol, (each.name for each in objects))


def _kernel(symbol: str, environment: Environment) -> tuple[int, int] | Resolution:
    symbols = environment.kernel_symbols()
    line = re.compile(
        rb"^([0-9a-f]+) [dDbBrRvV] " + re.escape(symbol.encode("utf-8", "surrogateescape")) + b"$",
        re.MULTILINE,
    )
    place = line.search(symbols)
    if place is None:
        return refused(Rule.NO_SUCH_SYMBOL, f"the kernel has no variable `{symbol}`", 1)
    address = int(place[1], 16)
    if address == 0:
        message = "the kernel hides its addresses: run as root, or give the address"
        return refused(Rule.NO_SUCH_SYMBOL, message, 1)
    return address, 0


FAMILY = Family(
    "watchpoint",
    tuple(
        Pattern(f"{head}.data({argument}){length}.{access}", f"{what} of the watched memory.")
        for head in ("kernel", *HEADS)
        for argument in ("ADDRESS", '"SYMBOL"')
        for length in ("", ".length(N)")
        for access, what in (("write", "A write"), ("rw", "A read or write"))
    ),
    resolve,
)
