"""Pass 3 of the host runtime: core to the text of a Python module.

The module has one function per function, handler and deferred piece, and leaves free the
names of `environment.namespace`.  Its own names: ``HANDLERS`` (probe index to function),
the names of the deferred pieces, and ``PLACES`` (line of this text to the script's place,
for errors inside primitives).

Entries: `translate` for whole programs; `translate_handlers` for the part of a program that
another runtime leaves to user space; `translate_renderer` and `translate_expression` for
single expressions whose leaves were captured earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from translator.core import ir
from translator.core.types import Type
from translator.probes.attachment import Lifecycle
from translator.runtimes.host.cost import Costs
from translator.runtimes.host.environment import NoEvent, namespace
from translator.runtimes.host.expressions import (
    Expressions,
    Names,
    function_name,
    primitive_name,
    where,
)
from translator.runtimes.host.memory import MemoryStorage
from translator.runtimes.host.statements import Body, Calls


def _ignore(text: str) -> None:
    del text


# What a local variable must not be called in generated code.
RESERVED = frozenset(namespace(MemoryStorage(()), _ignore, lambda _: str, NoEvent())) | {
    "HANDLERS",
    "PLACES",
    "error",
    "result",
}


@dataclass(frozen=True, slots=True)
class Deferred:
    """A piece of a handler that is run later, from values captured at the event.

    It becomes ``def name(*parameters)``.  ``leaves`` gives, for expressions whose values
    were captured, their Python source over the parameters.  A parameter that is a `Local`
    is that variable with its captured value, which the block may change; ``locals`` are the
    other variables of the block.
    """

    name: str
    parameters: tuple[str | ir.Local, ...]
    block: ir.Block
    leaves: Mapping[ir.Expr, str]
    locals: tuple[ir.Local, ...] = ()


def translate(program: ir.Program) -> str:
    """The module text for every probe of the program."""
    return translate_handlers(program, program.probes)


def translate_handlers(
    program: ir.Program, probes: Iterable[ir.Probe], deferred: Iterable[Deferred] = ()
) -> str:
    """The module text for some probes, deferred pieces, and the functions that they need."""
    return _Module(program).text(tuple(probes), tuple(deferred))


def translate_renderer(
    name: str,
    what: ir.Expr | ir.Print,
    parameters: tuple[str, ...],
    leaves: Mapping[ir.Expr, str],
    limits: ir.Limits | None = None,
) -> str:
    """A module text that defines ``name(parameters)``, which returns the expression's value.

    For a `Print` that is the string to write.  ``leaves`` gives, for expressions whose values
    were captured, their Python source over the parameters; everything else is evaluated when
    the function is called.
    """
    limit = (limits or ir.Limits()).string
    expressions = Expressions(Names(RESERVED), frozenset(), limit, leaves)
    if isinstance(what, ir.Print):
        source = expressions.text(what.format, what.arguments)
    else:
        source = expressions.plain(what)
    lines = [
        *_bindings(expressions.primitives),
        *_searches(expressions.regexes),
        f"def {name}({', '.join(parameters)}):",
        f"    return {source}",
    ]
    return "\n".join(lines) + "\n"


def translate_expression(
    expr: ir.Expr, leaves: Mapping[ir.Expr, str], limits: ir.Limits | None = None
) -> str:
    """Python source of one expression; free names are `environment.namespace`'s and
    ``do_NAME`` for primitives."""
    limit = (limits or ir.Limits()).string
    return Expressions(Names(RESERVED), frozenset(), limit, leaves).plain(expr)


class _Module:
    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._costs = Costs(program)
        self._aggregates = frozenset(
            item.name for item in program.globals if item.type is Type.AGGREGATE
        )
        self._primitives: set[str] = set()
        self._regexes: list[str] = []
        self._counted: set[str] = set()
        self._interruptible = program.limits.action * 10  # MAXACTION_INTERRUPTIBLE

    def text(self, probes: tuple[ir.Probe, ...], deferred: tuple[Deferred, ...]) -> str:
        bodies = [(item.body, self._budget(item)) for item in probes]
        bodies += [(item.block, self._interruptible) for item in deferred]
        counting = [body for body, limit in bodies if self._costs.counts(body, limit)]
        counted = self._counted = self._costs.counted(counting)
        needed = self._costs.needed(body for body, _ in bodies)
        pieces = [
            *[self._function(item, item.name in counted) for item in needed],
            *[self._deferred(item) for item in deferred],
            *[self._probe(item) for item in probes],
        ]
        out = [*_bindings(self._primitives), *_searches(self._regexes)]
        places: dict[int, str] = {}
        for lines, found in pieces:
            out += ["", ""] if out else []
            places |= {len(out) + line + 1: text for line, text in found.items()}
            out += lines
        handlers = ", ".join(f"{item.index}: probe_{item.index}" for item in probes)
        out += ["", "", f"HANDLERS = {{{handlers}}}", "PLACES = {"]
        out += [f"    {line}: {text!r}," for line, text in places.items()]
        out.append("}")
        return "\n".join(out) + "\n"

    def _body(
        self,
        parameters: tuple[ir.Local, ...],
        calls: Calls,
        leaves: Mapping[ir.Expr, str] | None = None,
    ) -> Body:
        limit = self._program.limits.string
        expressions = Expressions(Names(RESERVED), self._aggregates, limit, leaves)
        expressions.primitives = self._primitives
        expressions.regexes = self._regexes
        body = Body(expressions, calls)
        for parameter in parameters:
            expressions.names.of(parameter)
        return body

    def _budget(self, probe: ir.Probe) -> int:
        """MAXACTION, or MAXACTION_INTERRUPTIBLE for begin, end and error."""
        if isinstance(probe.attachment, Lifecycle):
            return self._interruptible
        return self._program.limits.action

    def _probe(self, probe: ir.Probe) -> tuple[list[str], dict[int, str]]:
        limit = self._budget(probe)
        counts = self._costs.counts(probe.body, limit)
        body = self._body((), Calls(self._costs, counts, where(probe.place), None))
        body.declare(probe.locals)
        body.block(probe.body)
        head = f"def probe_{probe.index}():  # {_one_line(probe.point or probe.name)}"
        return body.finish(
            [head, *self._limits(limit if counts or self._shares_count(probe.body) else None)]
        )

    def _shares_count(self, body: ir.Block) -> bool:
        """Whether a function that counts for another piece is called: it needs a budget here too."""
        return not self._counted.isdisjoint(self._costs.counted([body]))

    def _deferred(self, piece: Deferred) -> tuple[list[str], dict[int, str]]:
        limit = self._interruptible
        counts = self._costs.counts(piece.block, limit)
        body = self._body((), Calls(self._costs, counts, "", None), piece.leaves)
        of = body.expressions.names.of
        names = [of(item) if isinstance(item, ir.Local) else item for item in piece.parameters]
        body.declare(piece.locals)
        body.block(piece.block)
        head = f"def {piece.name}({', '.join(names)}):"
        shares = counts or self._shares_count(piece.block)
        return body.finish([head, *self._limits(limit if shares else None)])

    def _limits(self, actions: int | None) -> list[str]:
        """Lines that set the counters of one handler."""
        state = {} if actions is None else {"actions": actions}
        if self._costs.limits_nesting():
            state["nesting"] = 0
        if not state:
            return []
        return [
            f"    global {', '.join(state)}",
            *[f"    {name} = {value}" for name, value in state.items()],
        ]

    def _function(self, function: ir.Function, counts: bool) -> tuple[list[str], dict[int, str]]:
        calls = Calls(self._costs, counts, f"near identifier '{function.name}'", function)
        body = self._body(function.parameters, calls)
        names = [body.expressions.names.of(item) for item in function.parameters]
        limited = self._costs.limits_nesting()
        splits = self._costs.splits(function.name)
        head = [f"def {function_name(function.name)}{'_body' * splits}({', '.join(names)}):"]
        changed = ["actions"] * counts + ["nesting"] * limited
        if changed:
            head.append(f"    global {', '.join(changed)}")
        if limited:
            head += ["    nesting += 1", "    try:"]
            body.indent()
        body.declare(tuple(x for x in function.locals if x not in function.parameters))
        body.block(function.body)
        returns = bool(function.body) and isinstance(function.body[-1], ir.Return)
        if function.result is not Type.UNKNOWN and not returns:
            body.line('return ""' if function.result is Type.STRING else "return 0")
        lines, places = body.finish(head)
        if limited:
            lines += ["    finally:", "        nesting -= 1"]
        if splits:
            lines += self._dispatch(function, names)
        return lines, places

    def _dispatch(self, function: ir.Function, names: list[str]) -> list[str]:
        """The function that runs the overloads in order until one does not pass."""
        given = ", ".join(names)
        lines = ["", "", f"def {function_name(function.name)}({given}):"]
        for name in (function.name, *function.overloads):
            if not self._costs.splits(name):
                lines.append(f"    return {function_name(name)}({given})")
                return lines
            lines.append(f"    result = {function_name(name)}_body({given})")
            lines += ["    if result is not NEXT:", "        return result"]
        lines.append('    fail("all functions exhausted")')
        return lines


def _bindings(primitives: Iterable[str]) -> list[str]:
    return [f"{primitive_name(name)} = primitive({name!r})" for name in sorted(primitives)]


def _searches(regexes: list[str]) -> list[str]:
    lines: list[str] = []
    for number, pattern in enumerate(regexes):
        lines += [
            "",
            "",
            f"def search_{number}(text, find=regex({pattern!r})):",
            "    global match",
            "    match = find(text)",
            "    return 0 if match is None else 1",
        ]
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())
