"""process("PATH").function and .statement: code of user programs, by name, line or address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from translator.base.diagnostics import StapError
from translator.probes.attachment import (
    Attachment,
    Edge,
    LinkAddress,
    UserAddress,
    UserFunction,
    UserPlace,
    UserReturn,
)
from translator.probes.pattern import quoted
from translator.probes.point import (
    Candidate,
    CandidateKind,
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Problem,
    Resolution,
    ResolvedProbe,
    Rule,
    refused,
    unknown_name,
)
from translator.probes.program import HEADS, Program, complete_path, programs
from translator.probes.program_lines import Line, lines_of, nearest_lines
from translator.probes.targets import UserTargets

if TYPE_CHECKING:
    from translator.debuginfo.model import DebugInfo, Function
    from translator.probes.function_pattern import FunctionPattern


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    where = programs(match, environment)
    if isinstance(where, Problem):
        return Resolution(problems=(where,))
    if len(where) == 1:
        return _in_program(where[0], match, environment)
    parts = [_in_one_of_many(each, match, environment) for each in where]
    probes = tuple(probe for part in parts for probe in part.probes)
    if probes:
        return Resolution(probes)
    return Resolution(problems=parts[0].problems)


def _in_one_of_many(program: Program, match: FamilyMatch, environment: Environment) -> Resolution:
    """As `_in_program`, for files that a glob happened to match: they need not be programs."""
    try:
        return _in_program(program, match, environment)
    except StapError as error:
        return refused(Rule.NO_DEBUGINFO, str(error), 0)


def _in_program(program: Program, match: FamilyMatch, environment: Environment) -> Resolution:
    info = environment.debuginfo(program.path)
    text = match.string("function")
    if text is not None:
        return _functions(program, info, match, text)
    text = match.string("statement")
    if text is not None:
        return _statements(program, info, match, text)
    return _by_address(program, info, match)


# --- functions -------------------------------------------------------------------------


def _functions(program: Program, info: DebugInfo, match: FamilyMatch, text: str) -> Resolution:
    from translator.probes.function_pattern import PatternError, parse

    index = match.index("function")
    pattern = parse(text)
    if isinstance(pattern, PatternError):
        return refused(Rule.BAD_ARGUMENT, pattern.message, index)
    if pattern.file is not None and not info.has_types:
        return _no_debuginfo(program, info, "files and lines", index)
    functions: Iterable[Function]
    if match.has("inline"):
        functions = _inlined(info, pattern)
    elif match.has("return") or match.has("call"):
        functions = _whole(info, pattern)
    elif match.has("exported"):
        functions = (each for each in _whole(info, pattern) if each.external)
    else:
        functions = (*_whole(info, pattern), *_inlined(info, pattern))
    probes = tuple(_function_probes(program, info, functions, match))
    return Resolution(probes) if probes else _no_function(program, info, match, pattern)


def _whole(info: DebugInfo, pattern: FunctionPattern) -> tuple[Function, ...]:
    if not pattern.lines:
        return info.functions(pattern.name, pattern.file)
    found = {
        each.id: each
        for line in pattern.lines
        for each in info.functions(pattern.name, pattern.file, line)
    }
    return tuple(found.values())


def _inlined(info: DebugInfo, pattern: FunctionPattern) -> tuple[Function, ...]:
    return tuple(
        each
        for each in info.inlined(pattern.name, pattern.file)
        if not pattern.lines or (each.line is not None and pattern.accepts(each.line, each.line))
    )


def _function_probes(
    program: Program, info: DebugInfo, functions: Iterable[Function], match: FamilyMatch
) -> Iterator[ResolvedProbe]:
    from translator.debuginfo.model import FunctionKind

    returns = match.has("return")
    seen: set[tuple[str, LinkAddress]] = set()
    for function in functions:
        address = info.entry_address(function) if returns else info.probe_address(function)
        place = _place(program, info, address, function.name)
        # Symbols may be several names of one function; DWARF's functions are themselves.
        key = ("" if function.kind is FunctionKind.SYMBOL else function.name, address)
        if place is None or key in seen:
            continue
        seen.add(key)
        attachment: Attachment
        if returns:
            attachment = UserReturn(place)
        elif function.kind is FunctionKind.INLINED:
            attachment = UserAddress(place)
        else:
            attachment = UserFunction(place)
        edge = Edge.RETURN if returns else Edge.ENTRY
        argument = quoted(_declared(function))
        yield ResolvedProbe(
            attachment,
            f"{program.text}.function({argument}){_suffix(match, 'function')}",
            function.name,
            UserTargets(program.path, function, address, edge),
            "" if info.has_types else (info.why_no_types or ""),
        )


# --- statements ------------------------------------------------------------------------


def _statements(program: Program, info: DebugInfo, match: FamilyMatch, text: str) -> Resolution:
    from translator.probes.function_pattern import PatternError, parse

    index = match.index("statement")
    pattern = parse(text)
    if isinstance(pattern, PatternError):
        return refused(Rule.BAD_ARGUMENT, pattern.message, index)
    if not info.has_types:
        return _no_debuginfo(program, info, "statements", index)
    functions = (
        *info.functions(pattern.name, pattern.file),
        *info.inlined(pattern.name, pattern.file),
    )
    if not functions:
        return _no_function(program, info, match, pattern)
    if not pattern.lines:
        entries = [Line(each, each.line or 0, info.entry_address(each)) for each in functions]
        return Resolution(_statement_probes(program, info, entries))
    lines = lines_of(info, functions, pattern.file or "*")
    wanted = [each for each in lines if pattern.accepts(each.number, each.function.line)]
    if not wanted and match.has("nearest"):
        wanted = nearest_lines(lines, pattern)
    if not wanted:
        return _no_line(program, match, pattern, lines)
    return Resolution(_statement_probes(program, info, wanted))


def _statement_probes(
    program: Program, info: DebugInfo, lines: Iterable[Line]
) -> tuple[ResolvedProbe, ...]:
    # Where several lines begin at one address, its first one stands for all.
    found: dict[tuple[int, LinkAddress], ResolvedProbe] = {}
    for function, line, address in lines:
        place = _place(program, info, address, function.name)
        if place is None or (function.id, address) in found:
            continue
        at = f"@{function.file}:{line}" if function.file is not None else ""
        argument = quoted(f"{function.name}{at}")
        found[(function.id, address)] = ResolvedProbe(
            UserAddress(place),
            f"{program.text}.statement({argument})",
            function.name,
            UserTargets(program.path, function, address, Edge.ENTRY),
        )
    return tuple(found.values())


def _no_line(
    program: Program,
    match: FamilyMatch,
    pattern: FunctionPattern,
    lines: list[Line],
) -> Resolution:
    near = nearest_lines(lines, pattern)[:3]
    suggestions = tuple(f"{pattern.name}@{pattern.file}:{each.number}" for each in near)
    hint = f"; the nearest line with code is {near[0].number}" if near else ""
    message = f"no code of `{pattern.name}` in {program.path} begins at that line{hint}"
    return refused(Rule.NO_SUCH_LINE, message, match.index("statement"), suggestions)


# --- addresses -------------------------------------------------------------------------


def _by_address(program: Program, info: DebugInfo, match: FamilyMatch) -> Resolution:
    kind = "function" if match.has("function") else "statement"
    number = match.number(kind)
    assert number is not None, match
    index = match.index(kind)
    address = LinkAddress(number)
    function = info.function_at(address)
    if kind == "function":
        if function is None:
            message = f"{program.path} has no function at address {number:#x}"
            return refused(Rule.NO_SUCH_FUNCTION, message, index)
        return Resolution(tuple(_function_probes(program, info, (function,), match)))
    name = function.name if function is not None else ""
    place = _place(program, info, address, name)
    if place is None:
        message = f"{program.path} has no code at address {number:#x}"
        return refused(Rule.BAD_ARGUMENT, message, index)
    probe = ResolvedProbe(
        UserAddress(place),
        f"{program.text}.statement({number:#x}){_suffix(match, 'statement')}",
        name,
        UserTargets(program.path, function, address, Edge.ENTRY),
    )
    return Resolution((probe,))


# --- what they share -------------------------------------------------------------------


def _place(program: Program, info: DebugInfo, address: LinkAddress, name: str) -> UserPlace | None:
    """None for code that is not in the file, such as a dropped duplicate at address 0."""
    offset = info.file_offset(address)
    return None if offset is None else UserPlace(program.path, offset, address, name, program.pid)


def _declared(function: Function) -> str:
    if function.file is None:
        return function.name
    return f"{function.name}@{function.file}:{function.line or 0}"


def _suffix(match: FamilyMatch, after: str) -> str:
    from translator.probes.pattern import spelled

    rest = spelled(match.components[match.index(after) + 1 :])
    return f".{rest}" if rest else ""


def _no_debuginfo(program: Program, info: DebugInfo, what: str, index: int) -> Resolution:
    why = info.why_no_types or "install its debug information"
    message = f"{program.path} has no debug information, which {what} need: {why}"
    return refused(Rule.NO_DEBUGINFO, message, index)


def _no_function(
    program: Program, info: DebugInfo, match: FamilyMatch, pattern: FunctionPattern
) -> Resolution:
    kind = "statement" if match.string("statement") is not None else "function"
    index = match.index(kind)
    whole = info.functions(pattern.name)
    if whole and match.has("inline"):
        message = f"`{pattern.name}` is nowhere inlined in {program.path}"
        return refused(Rule.NO_SUCH_FUNCTION, message, index)
    if whole and pattern.file is not None:
        files = tuple(dict.fromkeys(_declared(each) for each in whole))
        at = f"{pattern.file}{' at that line' if pattern.lines else ''}"
        message = f"{program.path} has no function `{pattern.name}` in {at}; there is {files[0]}"
        return refused(Rule.NO_SUCH_FUNCTION, message, index, files[:3])
    if not whole and info.inlined(pattern.name):
        message = f"`{pattern.name}` is only inlined in {program.path}: write .inline, or neither"
        return refused(Rule.NO_SUCH_FUNCTION, message, index)
    message = f"{program.path} has no function `{pattern.name}`"
    names = dict.fromkeys(_names_like(info, pattern.name[:1]))
    return unknown_name(Rule.NO_SUCH_FUNCTION, message, index, pattern.name, names)


def _names_like(info: DebugInfo, start: str) -> Iterator[str]:
    """Names of functions that begin with ``start``; symbols have aliases that DWARF has not."""
    yield from (each.name for each in info.functions(f"{start}*"))
    yield from (
        each.name for each in info.symbols() if each.is_function and each.name.startswith(start)
    )


# --- completion ------------------------------------------------------------------------


def complete(match: FamilyMatch, partial: str, environment: Environment) -> Iterator[Candidate]:
    last = match.components[-1].name
    if last == "process":
        yield from complete_path(partial, environment)
        return
    where = programs(match, environment)
    if isinstance(where, Problem):
        return
    info = environment.debuginfo(where[0].path)
    name, at, file = partial.partition("@")
    if at:
        yield from _complete_file(info, name, file)
        return
    functions = (*info.functions(f"{name}*"), *info.inlined(f"{name}*"))
    seen: set[str] = set()
    for function in sorted(functions, key=lambda each: each.name):
        if function.name not in seen:
            seen.add(function.name)
            detail = f"{function.file}:{function.line}" if function.file else ""
            yield Candidate(function.name, CandidateKind.FUNCTION, detail)
    for symbol in info.symbols():
        if symbol.is_function and symbol.name.startswith(name) and symbol.name not in seen:
            seen.add(symbol.name)
            yield Candidate(symbol.name, CandidateKind.FUNCTION)


def _complete_file(info: DebugInfo, name: str, file: str) -> Iterator[Candidate]:
    """``name@file:line`` for each function of that name, its file by its last part."""
    seen: set[str] = set()
    for function in info.functions(name):
        if function.file is None:
            continue
        base = function.file.rpartition("/")[2]
        text = f"{name}@{base}:{function.line}"
        if text not in seen and fnmatchcase(base, f"{file.partition(':')[0]}*"):
            seen.add(text)
            yield Candidate(text, CandidateKind.FUNCTION, function.file)


_SUFFIXES = {
    "": "Entry of the functions, and each inlined copy of them.",
    ".call": "Entry of the functions; inlined copies do not count.",
    ".return": "Return of the functions.",
    ".return.maxactive(N)": "Return of the functions, at most N calls at a time.",
    ".inline": "Each inlined copy of the functions.",
    ".exported": "Entry of the functions that other binaries may call.",
}

FAMILY = Family(
    "process.function",
    (
        *(
            Pattern(f'{head}.function("PATTERN"){suffix}', summary)
            for head in HEADS
            for suffix, summary in _SUFFIXES.items()
        ),
        *(
            Pattern(f"{head}.function(ADDRESS){suffix}", summary)
            for head in HEADS
            for suffix, summary in (
                ("", "Entry of the function that holds the address."),
                (".call", "Entry of the function that holds the address."),
                (".return", "Return of the function that holds the address."),
            )
        ),
        *(
            Pattern(f"{head}.statement({argument}){suffix}", summary)
            for head in HEADS
            for argument, suffix, summary in (
                ('"PATTERN"', "", "The code of a line: name@file:line."),
                (
                    '"PATTERN"',
                    ".nearest",
                    "The code of a line, or of the nearest one that has any.",
                ),
                ("ADDRESS", "", "The instruction at an address of the binary."),
                ("ADDRESS", ".absolute", "The instruction at an address of the binary."),
            )
        ),
    ),
    resolve,
    complete,
)
