"""Pass 2: a script and the library become a `Program`, or diagnostics that say why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from translator.base.diagnostics import Diagnostic, Related, Severity
from translator.base.text import SourceText
from translator.core import ir
from translator.core.types import Type
from translator.elaborate import passes
from translator.elaborate.derive import AliasPlace, Derived, Deriver
from translator.elaborate.expressions import ExprLowering, Primitive
from translator.elaborate.options import Options
from translator.elaborate.statements import lower_block
from translator.elaborate.targets import EntryProbe, TargetReads
from translator.elaborate.unit import Body, Part
from translator.probes.pattern import nearest
from translator.probes.point import Environment
from translator.semantics import facts as gathering
from translator.semantics.facts import Facts
from translator.semantics.library import Library
from translator.semantics.problems import Finding
from translator.semantics.scope import FileNames, FunctionPlace, GlobalPlace, Placed, Scope
from translator.semantics.solver import Conflict, Site, Solver
from translator.syntax import ast

_PURITY = {"pure": ir.Purity.PURE, "context": ir.Purity.CONTEXT, "effect": None}


@dataclass(frozen=True, slots=True)
class Elaborated:
    """Pass 2's product.  ``program`` is None if a finding is an error.

    ``derived`` pairs each derived probe with the index of its declaration in the script
    (-1: it came along with a library file).  The solver knows a derived probe's locals by its
    index in ``derived``, a function's by ``function_units`` of its name in the program.
    """

    program: ir.Program | None
    findings: tuple[Finding, ...]
    derived: tuple[tuple[int, Derived], ...]
    solver: Solver
    scope: Scope
    embedded: int = 0
    function_units: Mapping[str, int] = field(default_factory=dict)


def elaborate(
    script: SourceText,
    declarations: Sequence[Placed],
    library: Library,
    environment: Environment,
    options: Options,
    *,
    pause: Callable[[], None] = lambda: None,
) -> Elaborated:
    """Elaborate ``script``, whose own declarations are ``declarations``.

    Findings are in the script and, for a mistake of the library, in its files.  ``pause`` is
    called before each derived probe; what it raises ends the elaboration.
    """
    scope = Scope(script, library)
    scope.declare(declarations)
    return _Elaboration(scope, environment, options, list(declarations), pause).run()


def sketch(
    script: SourceText,
    declarations: Sequence[Placed],
    library: Library,
    environment: Environment,
    options: Options,
    *,
    expansions: int,
) -> Elaborated:
    """Names and types only, for at most ``expansions`` probes of each wildcard: no program.

    What an editor asks of while one types.
    """
    scope = Scope(script, library)
    scope.declare(declarations)
    return _Elaboration(
        scope, environment, options, list(declarations), expansions=expansions
    ).sketch()


@dataclass(slots=True)
class _Elaboration:
    scope: Scope
    environment: Environment
    options: Options
    declarations: list[Placed]
    pause: Callable[[], None] = lambda: None
    expansions: int | None = None
    findings: list[Finding] = field(default_factory=list)
    solver: Solver = field(default_factory=Solver)
    derived: list[tuple[int, Derived]] = field(default_factory=list)
    uses: dict[str, list[tuple[Site, gathering.GlobalUse]]] = field(default_factory=dict)
    entries: list[tuple[EntryProbe, ir.Probe]] = field(default_factory=list)
    _facts: dict[tuple[int, str], tuple[object, Facts]] = field(default_factory=dict)
    _function_units: dict[str, int] = field(default_factory=dict)
    _reported: set[tuple[str, int, str]] = field(default_factory=set)

    def run(self) -> Elaborated:
        self._derive()
        self._gather()
        self._conflicts()
        kinds = self._global_kinds()
        meanings = {path: _Meanings(self.scope.names(path), self) for path in self._paths()}
        probes = [
            self._probe(index, derived, meanings) for index, (_, derived) in enumerate(self.derived)
        ]
        functions = [
            self._function(place, meanings)
            for place in self.scope.functions.values()
            if primitive_of(place.function) is None
        ]
        program: ir.Program | None = None
        if not any(item.diagnostic.severity is Severity.ERROR for item in self.findings):
            program = passes.run(
                ir.Program(kinds, tuple(functions), tuple(probes), self.options.limits)
            )
        return self._product(program)

    def sketch(self) -> Elaborated:
        self._derive()
        self._gather()
        return self._product(None)

    def _product(self, program: ir.Program | None) -> Elaborated:
        return Elaborated(
            program,
            tuple(self.findings),
            tuple(self.derived),
            self.solver,
            self.scope,
            function_units=self._function_units,
        )

    # --- probes and the facts of everything reachable -------------------------------------

    def _derive(self) -> None:
        aliases = tuple(
            AliasPlace(item.source, item.offset, item.decl)
            for item in self.declarations
            if isinstance(item.decl, ast.Alias)
        )
        deriver = Deriver(
            aliases, self.scope.library, self.environment, self.findings, self.expansions
        )
        for index, item in enumerate(self.declarations):
            if isinstance(item.decl, ast.Probe):
                for derived in deriver.derive(item.decl, item.source, item.offset):
                    self.derived.append((index, derived))
        self._come_along(deriver)

    def _come_along(self, deriver: Deriver) -> None:
        """Gather facts, which pulls library files in, whose probes come along, and so on."""
        done_probes = done_files = 0
        while True:
            for index in range(done_probes, len(self.derived)):
                self._gather_probe(index, self.derived[index][1])
            done_probes = len(self.derived)
            self._gather_functions()
            files = list(self.scope.pulled)[done_files:]
            if not files:
                return
            done_files += len(files)
            for path in files:
                for entry in self.scope.library.probes(path):
                    decl = self.scope.library.declaration(entry)
                    if isinstance(decl, ast.Probe):
                        source = self.scope.library.source(path)
                        for derived in deriver.derive(decl, source, entry.head.start):
                            self.derived.append((-1, derived))

    def _gather(self) -> None:
        """The script's own functions are checked even if nobody calls them."""
        for item in self.declarations:
            if isinstance(item.decl, ast.Function):
                names = self.scope.names(item.source.path)
                names.function_named(item.decl.name.text, len(item.decl.parameters))
        self._gather_functions()

    def _gather_probe(self, unit: int, derived: Derived) -> None:
        self.pause()
        for path in (part.path for part in derived.parts):
            if path != self.scope.script.path:
                self.scope.pull(path)
        for part in derived.parts:
            self._use(part, self._handler_facts(part, ()), unit)
        for condition in derived.conditions:
            empty = ast.Block(ast.NodeId(0), condition.expr.span, ())
            names = self.scope.names(condition.source.path)
            found = gathering.gather_handler(empty, (condition.expr,), names)
            self._use(Part(condition.source, condition.offset, empty), found, unit)

    def _handler_facts(self, part: Part, conditions: tuple[ast.Expr, ...]) -> Facts:
        key = (id(part.block), part.path)
        known = self._facts.get(key)
        if known is None:
            names = self.scope.names(part.path)
            found = gathering.gather_handler(part.block, conditions, names)
            known = self._facts[key] = (part.block, found)  # the block is held: ids stay unique
            self._problems(part, found)
        return known[1]

    def _gather_functions(self) -> None:
        while True:
            fresh = [
                place
                for name, place in self.scope.functions.items()
                if name not in self._function_units
            ]
            if not fresh:
                return
            for place in fresh:
                self._gather_function(place)

    def _gather_function(self, place: FunctionPlace) -> None:
        unit = self._function_units[place.name] = -1 - len(self._function_units)
        names = self.scope.names(place.source.path)
        found = gathering.gather_function(place.function, place.name, names)
        block = ast.Block(ast.NodeId(0), place.function.span, ())
        part = Part(place.source, place.offset, block)
        self._problems(part, found)
        self._use(part, found, unit)
        for other in place.next_overload:
            self.solver.add(
                [
                    gathering.Equality(
                        ("result", place.name), ("result", other), place.function.name.span
                    ),
                    *(
                        gathering.Equality(
                            ("param", place.name, at), ("param", other, at), item.span
                        )
                        for at, item in enumerate(place.function.parameters)
                    ),
                ],
                place.source.path,
                place.offset,
                unit,
            )

    def _use(self, part: Part, found: Facts, unit: int) -> None:
        self.solver.add(found.equalities, part.path, part.offset, unit)
        for use in found.globals:
            site = Site(part.path, part.offset, use.span)
            self.uses.setdefault(use.name, []).append((site, use))

    def _problems(self, part: Part, found: Facts) -> None:
        for problem in found.problems:
            self._report(part.path, problem.shifted(part.offset))
        for call in found.calls:
            if call.function is None:
                message = self._unresolved(call)
                self._report(
                    part.path,
                    Diagnostic(
                        "unresolved-function",
                        Severity.ERROR,
                        call.span.shifted(part.offset),
                        message,
                    ),
                )

    def _unresolved(self, call: gathering.CallUse) -> str:
        arities = self.scope.arities(call.name)
        if arities:
            takes = " or ".join(str(arity) for arity in arities)
            return f"function '{call.name}' takes {takes} arguments, given {call.arity}"
        known = (*self.scope.script_function_names(), *self.scope.library.function_names())
        near = tuple(nearest(call.name, known))
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"no function is called '{call.name}'{hint}"

    def _report(self, path: str, diagnostic: Diagnostic) -> None:
        key = (path, diagnostic.span.start, diagnostic.rule)
        if key not in self._reported:
            self._reported.add(key)
            self.findings.append(Finding(path, diagnostic))

    # --- types ----------------------------------------------------------------------------

    def _conflicts(self) -> None:
        for conflict in self.solver.conflicts:
            related: tuple[Related, ...] = ()
            if conflict.earlier is not None:
                earlier = conflict.earlier
                related = (
                    Related(
                        earlier.absolute,
                        f"{_subject(conflict)} is {_a(conflict.found)} here",
                        earlier.path,
                    ),
                )
            message = f"type mismatch: {_subject(conflict)} is {_a(conflict.found)}, {_a(conflict.wanted)} is needed here"
            self._report(
                conflict.site.path,
                Diagnostic(
                    "type-mismatch", Severity.ERROR, conflict.site.absolute, message, related
                ),
            )

    def _global_kinds(self) -> tuple[ir.Global, ...]:
        return tuple(self._global_kind(place) for place in self.scope.globals.values())

    def _global_kind(self, place: GlobalPlace) -> ir.Global:
        uses = self.uses.get(place.name, [])
        arity = self._arity(place, uses)
        kind = self.solver.type_of(("global", place.name))
        value = place.variable.value
        if kind is Type.UNKNOWN:
            kind = Type.STRING if isinstance(value, ast.String) else Type.LONG
        keys = tuple(
            Type.STRING
            if self.solver.type_of(("key", place.name, at)) is Type.STRING
            else Type.LONG
            for at in range(arity)
        )
        histograms: dict[ir.Histogram, None] = {}
        shift = 0
        for _, use in uses:
            match use.parameters:
                case ("log",):
                    histograms.setdefault(ir.LogHistogram())
                case ("linear", int(low), int(high), int(step)):
                    histograms.setdefault(ir.LinearHistogram(low, high, step))
                case ("shift", int(given)):
                    shift = max(shift, given)
        start: int | str | None = None if value is None else value.value
        size = place.variable.size
        return ir.Global(
            place.name,
            kind,
            keys,
            None if size is None else size.value,
            place.variable.wrap,
            start,
            tuple(histograms),
            shift,
            place.label,
        )

    def _arity(self, place: GlobalPlace, uses: Sequence[tuple[Site, gathering.GlobalUse]]) -> int:
        known: tuple[int, Site] | None = None
        for site, use in uses:
            if use.arity is None:
                continue
            if known is None:
                known = (use.arity, site)
            elif known[0] != use.arity:
                self._report(
                    site.path,
                    Diagnostic(
                        "inconsistent-arity",
                        Severity.ERROR,
                        site.absolute,
                        f"'{place.label}' is used {_as_array(use.arity)} here, "
                        f"{_as_array(known[0])} elsewhere",
                        (Related(known[1].absolute, "the other use", known[1].path),),
                    ),
                )
        return 0 if known is None else known[0]

    # --- lowering -------------------------------------------------------------------------

    def _paths(self) -> Iterator[str]:
        seen = {self.scope.script.path: None}
        for _, derived in self.derived:
            sources = [part.source for part in derived.parts]
            sources += [condition.source for condition in derived.conditions]
            for source in sources:
                seen.setdefault(source.path)
        for place in self.scope.functions.values():
            seen.setdefault(place.source.path)
        return iter(seen)

    def _probe(self, index: int, derived: Derived, meanings: dict[str, _Meanings]) -> ir.Probe:
        self.pause()
        body = Body(index, self.solver, self.findings)
        targets = TargetReads(derived.resolved.targets, self.environment, self.options, str(index))
        for part in derived.parts:
            lower = ExprLowering(body, meanings[part.path], targets, part.source, part.offset)
            for statement in lower_block(part.block, lower):
                body.emit(statement)
        for condition in reversed(derived.conditions):
            inner, body.statements = tuple(body.statements), []
            path = condition.source.path
            lower = ExprLowering(body, meanings[path], targets, condition.source, condition.offset)
            value = lower.value(condition.expr)
            body.emit(ir.If(value, inner))
        own = derived.parts[0]
        at = own.source.position(own.offset)
        if targets.entry is not None:
            body.statements[:0] = targets.entry.prologue()
        probe = ir.Probe(
            index,
            derived.resolved.name,
            derived.point,
            derived.resolved.attachment,
            tuple(body.locals.values()),
            tuple(body.statements),
            derived.resolved.function,
            ir.Place(own.path, at.line + 1, at.column + 1),
        )
        if targets.entry is not None:
            self.entries.append((targets.entry, probe))
        return probe

    def _function(self, place: FunctionPlace, meanings: dict[str, _Meanings]) -> ir.Function:
        unit = self._function_units[place.name]
        body = Body(unit, self.solver, self.findings)
        parameters = tuple(body.local(item.name.text) for item in place.function.parameters)
        targets = TargetReads(None, self.environment, self.options)
        path = place.source.path
        lower = ExprLowering(body, meanings[path], targets, place.source, place.offset)
        block: ir.Block = ()
        if not isinstance(place.function.body, ast.BadStmt):
            block = lower_block(place.function.body, lower)
        result = self.solver.type_of(("result", place.name))
        inner = tuple(local for local in body.locals.values() if local not in parameters)
        return ir.Function(place.name, parameters, inner, result, block, place.next_overload)


@dataclass(slots=True)
class _Meanings:
    """`expressions.Meanings` for one file."""

    names: FileNames
    elaboration: _Elaboration

    def global_named(self, name: str) -> str | None:
        return self.names.global_named(name)

    def function_named(self, name: str, arity: int) -> str | None:
        return self.names.function_named(name, arity)

    def primitive(self, function: str) -> Primitive | None:
        return primitive_of(self.elaboration.scope.functions[function].function)

    def result_type(self, function: str) -> Type:
        return self.elaboration.solver.type_of(("result", function))

    def global_type(self, name: str) -> Type:
        found = self.elaboration.solver.type_of(("global", name))
        return Type.LONG if found is Type.UNKNOWN else found


def primitive_of(function: ast.Function) -> Primitive | None:
    """The primitive that a library function declares with ``%{ primitive PURITY %}``."""
    if not isinstance(function.body, ast.EmbeddedStmt):
        return None
    words = function.body.code.split()
    if len(words) != 2 or words[0] != "primitive" or words[1] not in _PURITY:
        return None
    result = Type.UNKNOWN if function.type is None else gathering.script_type(function.type)
    return Primitive(function.name.text, result, _PURITY[words[1]])


def _subject(conflict: Conflict) -> str:
    match conflict.variable:
        case ("local", str(name), *_):
            return f"'{name}'"
        case ("global", str(name)):
            return f"'{name.rpartition(':')[2]}'"
        case ("key", str(name), int(at)):
            return f"index {at + 1} of '{name.rpartition(':')[2]}'"
        case ("result", str(name)):
            return f"the value of '{_function(name)}'"
        case ("param", str(name), int(at)):
            return f"argument {at + 1} of '{_function(name)}'"
        case _:
            return "this"


def _function(name: str) -> str:
    return name.rpartition(":")[2].partition("/")[0]


def _a(kind: Type) -> str:
    return {
        Type.LONG: "a number (long)",
        Type.STRING: "a string",
        Type.AGGREGATE: "an aggregate (stats)",
        Type.UNKNOWN: "of unknown type",
    }[kind]


def _as_array(arity: int) -> str:
    if not arity:
        return "as a scalar"
    return f"as an array with {arity} index{'es' if arity > 1 else ''}"
