"""kernel.function, module("NAME").function and kprobe.function: kernel code by its symbol.

Which functions there are comes from the running kernel's symbol table.  What needs the
kernel's DWARF (files, lines, statements, inlined copies) says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate

from translator.probes.attachment import Attachment, Edge, KernelFunction, KernelReturn
from translator.probes.pattern import is_wildcard, quoted, spelled
from translator.probes.point import (
    KERNEL_SYMBOLS,
    Candidate,
    CandidateKind,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    Rule,
    refused,
    unknown_name,
)
from translator.probes.targets import KernelTargets

_NEEDS_DWARF = ("inline", "label", "callee", "callees", "statement", "exported")
_PADDING = (b"__pfx_", b"__cfi_")  # the bytes before a function, not one
_MAXACTIVE_LIMIT = 65_536


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    text = match.string("function")
    needs = next((each for each in _NEEDS_DWARF if match.has(each)), None)
    if text is None or needs is not None:
        what = f"`.{needs}`" if needs is not None else "an address"
        return _no_dwarf(what, match.index(needs or "function"))
    index = match.index("function")
    name, at, _ = text.partition("@")
    if at:
        return _no_dwarf("a file or line", index)
    maxactive = match.number("maxactive") or 0
    if not 0 <= maxactive <= _MAXACTIVE_LIMIT:
        message = f"`maxactive` takes 0 to {_MAXACTIVE_LIMIT}"
        return refused(Rule.BAD_ARGUMENT, message, match.index("maxactive"))
    module = match.string("module")
    symbols = environment.kernel_symbols()
    if not symbols:
        message = f"{KERNEL_SYMBOLS} cannot be read: which functions the kernel has is not known"
        return refused(Rule.NO_DEBUGINFO, message, index)
    names = tuple(dict.fromkeys(_functions(environment, name, module)))
    if names:
        return Resolution(tuple(_probe(each, owner, match) for each, owner in names))
    where = "the kernel" if module is None else f"module `{module}` (if it is loaded)"
    candidates = (
        each for each, _ in _functions(environment, name[: max(2, len(name) // 3)] + "*", module)
    )
    message = f"{where} has no function `{name}`"
    return unknown_name(Rule.NO_SUCH_FUNCTION, message, index, name, candidates)


def _no_dwarf(what: str, index: int) -> Resolution:
    message = f"{what} needs the kernel's debug information, which cannot be read yet"
    return refused(Rule.NO_DEBUGINFO, message, index)


def _probe(symbol: str, module: str | None, match: FamilyMatch) -> ResolvedProbe:
    returns = match.has("return")
    attachment: Attachment
    if returns:
        attachment = KernelReturn(symbol, module, match.number("maxactive") or 0)
    else:
        attachment = KernelFunction(symbol, module)
    at = match.index("function")
    # A glob of modules is shown as the module it was found in.
    head = spelled(match.components[:at]) if module is None else f"module({quoted(module)})"
    rest = spelled(match.components[at + 1 :])
    return ResolvedProbe(
        attachment,
        f"{head}.function({quoted(symbol)}){'.' if rest else ''}{rest}",
        symbol,
        KernelTargets(symbol, module, Edge.RETURN if returns else Edge.ENTRY),
    )


def _functions(
    environment: Environment, pattern: str, module: str | None
) -> Iterator[tuple[str, str | None]]:
    """(function, module) of the functions of the kernel proper, or of modules, that match."""
    symbols = environment.kernel_symbols()
    if module is None and not is_wildcard(pattern):
        # Mostly asked, so it does not wait for the table.
        name = pattern.encode("utf-8", "surrogateescape")
        if any(_lines(symbols, name)) and not name.startswith(_PADDING):
            yield pattern, None
        return
    table = environment.kernel_functions
    if not table:
        table.update(_by_module(symbols))
    line = re.compile(b"^" + _expression(pattern) + b"$", re.MULTILINE)
    owner = re.compile(b"" if module is None else _expression(module))
    for each, names in table.items():
        if owner.fullmatch(each) and bool(each) is (module is not None):
            for found in line.finditer(names):
                if not found[0].startswith(_PADDING):
                    yield found[0].decode(), each.decode() or None


def _lines(symbols: bytes, name: bytes) -> Iterator[bool]:
    """True for each function of the kernel proper with that name."""
    wanted = b" " + name + b"\n"
    at = symbols.find(wanted)
    while at >= 0:
        if symbols[at - 1 : at] in (b"t", b"T", b"w", b"W"):
            yield True
        at = symbols.find(wanted, at + 1)


def _by_module(symbols: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, list[bytes]] = {b"": []}
    for name, owner in _FUNCTION.findall(symbols):
        found.setdefault(owner, []).append(name)
    return {owner: b"\n".join(names) for owner, names in found.items()}


_FUNCTION = re.compile(rb"^[0-9a-f]+ [tTwW] ([^\s]+)(?:\t\[(\w+)\])?$", re.MULTILINE)


def _expression(pattern: str) -> bytes:
    """A glob as a regular expression that stays inside a column.

    Compilers' clones (``name.cold``, ``name.part.0``) match only a pattern with a dot.
    """
    if not is_wildcard(pattern):
        return re.escape(pattern.encode("utf-8", "surrogateescape"))
    inner = translate(pattern).removeprefix("(?s:").removesuffix(r")\Z")
    column = r"[^\s]" if "." in pattern else r"[^\s.]"
    return (
        inner.replace(".", column).replace("\\" + column, r"\.").encode("utf-8", "surrogateescape")
    )


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    symbols = environment.kernel_symbols()
    last = match.components[-1].name
    if last == "module":
        names = {name.decode() for name in re.findall(rb"\t\[(\w+)\]$", symbols, re.MULTILINE)}
        for name in sorted(names):
            if name.startswith(partial):
                yield Candidate(name, CandidateKind.VALUE, "loaded module")
        return
    if last != "function":
        return
    for name, module in sorted(set(_functions(environment, partial + "*", match.string("module")))):
        yield Candidate(name, CandidateKind.FUNCTION, module or "kernel")


_HEADS = {
    "kernel": "the kernel",
    'module("NAME")': "a kernel module",
    "kprobe": "the kernel",
    'kprobe.module("NAME")': "a kernel module",
}
_SUFFIXES = {
    "": "Entry of functions of",
    ".call": "Entry, inlined copies left out, of functions of",
    ".return": "Return of functions of",
    ".return.maxactive(N)": "Return, at most N calls at a time, of functions of",
    ".inline": "Each inlined copy of functions of",
    ".exported": "Entry of exported functions of",
    '.callee("NAME")': "Calls of NAME made by functions of",
    ".callees": "Every function called by functions of",
    ".callees(N)": "Every function called, N calls deep, by functions of",
    '.label("LABEL")': "A label of the source inside functions of",
}
_STATEMENTS = {
    'statement("PATTERN")': "The code of a line (name@file:line) of",
    'statement("PATTERN").nearest': "The code of a line, or the nearest that has any, of",
    "statement(ADDRESS)": "The instruction at an address of",
    "statement(ADDRESS).absolute": "The instruction at an address of",
}

FAMILY = Family(
    "kernel.function",
    (
        *(
            Pattern(f'{head}.function("PATTERN"){suffix}', f"{summary} {what}.")
            for head, what in _HEADS.items()
            for suffix, summary in _SUFFIXES.items()
        ),
        *(
            Pattern(f"{head}.function(ADDRESS){suffix}", f"{summary} {what}.")
            for head, what in _HEADS.items()
            for suffix, summary in tuple(_SUFFIXES.items())[:3]
        ),
        *(
            Pattern(f"{head}.{shape}", f"{summary} {what}.")
            for head, what in _HEADS.items()
            for shape, summary in _STATEMENTS.items()
        ),
    ),
    resolve,
    complete,
)
