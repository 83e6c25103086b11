"""The first half of pass 2: which probes there are, what names mean, which types they have.

Everything reachable from the script is walked once for its facts; looking a library name up
pulls its file in, whose plain probes come along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from translator.base.diagnostics import Diagnostic, Related, Severity, replacement
from translator.base.text import Span
from translator.core.types import Type
from translator.elaborate.derive import AliasPlace, Derived, Deriver
from translator.elaborate.memory import Memory
from translator.elaborate.options import Options
from translator.elaborate.unit import Part
from translator.probes.pattern import nearest
from translator.probes.point import Environment
from translator.semantics import facts
from translator.semantics.facts import Facts
from translator.semantics.gather import gather_function, gather_handler
from translator.semantics.problems import Finding
from translator.semantics.scope import FunctionPlace, Placed, Scope, inside
from translator.semantics.solver import Conflict, Site, Solver
from translator.syntax import ast

_PRINTS = ("print", "println", "printf", "printd", "printdln", "sprint", "sprintln", "sprintf")


@dataclass(slots=True)
class Meaning:
    """What a script means, as it is found out; `derive`, then `report_conflicts`."""

    scope: Scope
    environment: Environment
    options: Options
    declarations: list[Placed]
    memory: Memory
    pause: Callable[[], None] = lambda: None
    expansions: int | None = None
    findings: list[Finding] = field(default_factory=list)
    solver: Solver = field(default_factory=Solver)
    derived: list[tuple[int, Derived]] = field(default_factory=list)
    uses: dict[str, list[tuple[Site, facts.GlobalUse]]] = field(default_factory=dict)
    function_units: dict[str, int] = field(default_factory=dict)
    function_facts: dict[str, Facts] = field(default_factory=dict)
    _facts: dict[tuple[int, str, int], Facts] = field(default_factory=dict)
    _reported: set[tuple[str, int, str]] = field(default_factory=set)
    _declared: set[str] = field(default_factory=set)
    _wanted: list[tuple[Site, facts.CallUse]] = field(default_factory=list)

    # --- probes and the facts of everything reachable -------------------------------------

    def derive(self) -> None:
        aliases = tuple(
            AliasPlace(item.source, item.offset, item.decl)
            for item in self.declarations
            if isinstance(item.decl, ast.Alias)
        )
        library = self.scope.library
        self.memory.attend(library, self.environment)
        deriver = Deriver(
            aliases, library, self.environment, self.findings, self.expansions, memory=self.memory
        )
        for index, item in enumerate(self.declarations):
            if isinstance(item.decl, ast.Probe):
                for derived in deriver.derive(item.decl, item.source, item.offset):
                    self.derived.append((index, derived))
        self._come_along(deriver)
        self._gather_uncalled()

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

    def _gather_uncalled(self) -> None:
        """The script's own functions are checked even if nobody calls them."""
        for item in self.declarations:
            if isinstance(item.decl, ast.Function):
                names = self.scope.names(item.source.path)
                names.function_named(item.decl.name.text, len(item.decl.parameters))
        self._gather_functions()

    def _declare(self, found: Facts) -> None:
        """Types that declarations give, before a use can be at odds with them."""
        for use in found.globals:
            place = self.scope.globals.get(use.name)
            if place is None or use.name in self._declared:
                continue
            self._declared.add(use.name)
            value = place.variable.value
            if value is not None:
                kind = Type.STRING if isinstance(value, ast.String) else Type.LONG
                equality = facts.Equality(("global", use.name), kind, value.span)
                self.solver.add([equality], place.source.path, place.offset, 0)
        for call in found.calls:
            function = None if call.function is None else self.scope.functions.get(call.function)
            if function is None or function.name in self._declared:
                continue
            self._declared.add(function.name)
            result, *parameters = function.declared_types()
            given: list[tuple[facts.Variable, Type, Span]] = [
                (("result", function.name), result, function.function.name.span)
            ]
            for at, kind in enumerate(parameters):
                span = function.function.parameters[at].span
                given.append((("param", function.name, at), kind, span))
            self.solver.add(
                [facts.Equality(*item) for item in given if item[1] is not Type.UNKNOWN],
                function.source.path,
                function.offset,
                0,
            )

    def _gather_probe(self, unit: int, derived: Derived) -> None:
        self.pause()
        for path in (part.path for part in derived.parts):
            if path != self.scope.script.path:
                self.scope.pull(path)
        for part in derived.parts:
            self._use(part, self.handler_facts(part), unit)
        for condition in derived.conditions:
            empty = ast.Block(ast.NodeId(0), condition.expr.span, ())
            names = self.scope.names(condition.source.path)
            found = gather_handler(empty, (condition.expr,), names)
            part = Part(condition.source, condition.offset, empty)
            self._problems(part, found)
            self._use(part, found, unit)

    def handler_facts(self, part: Part) -> Facts:
        # Two declarations of one text share their tree, but not their place.
        key = (id(part.block), part.path, part.offset)
        known = self._facts.get(key)
        if known is None:
            names = self.scope.names(part.path)
            found = self.memory.facts(
                part.block, part.path, names, lambda: gather_handler(part.block, (), names)
            )
            known = self._facts[key] = found
            self._problems(part, found)
        return known

    def _gather_functions(self) -> None:
        while True:
            fresh = [
                place
                for name, place in self.scope.functions.items()
                if name not in self.function_units
            ]
            if not fresh:
                return
            for place in fresh:
                self._gather_function(place)

    def _gather_function(self, place: FunctionPlace) -> None:
        unit = self.function_units[place.name] = -1 - len(self.function_units)
        names = inside(self.scope.names(place.source.path), place.function)
        found = self.memory.facts(
            place.function,
            place.name,
            names,
            lambda: gather_function(place.function, place.name, names),
        )
        self.function_facts[place.name] = found
        block = ast.Block(ast.NodeId(0), place.function.span, ())
        part = Part(place.source, place.offset, block)
        self._problems(part, found)
        self._use(part, found, unit)
        for other in place.next_overload:
            self.solver.add(
                [
                    facts.Equality(
                        ("result", place.name), ("result", other), place.function.name.span
                    ),
                    *(
                        facts.Equality(("param", place.name, at), ("param", other, at), item.span)
                        for at, item in enumerate(place.function.parameters)
                    ),
                ],
                place.source.path,
                place.offset,
                unit,
            )

    def _use(self, part: Part, found: Facts, unit: int) -> None:
        self._declare(found)
        for call in found.calls:
            if call.wanted and call.function is not None:
                site = Site(part.path, part.offset, call.span)
                self._wanted.append((site, call))
        self.solver.add(found.equalities, part.path, part.offset, unit)
        for use in found.globals:
            site = Site(part.path, part.offset, use.span)
            self.uses.setdefault(use.name, []).append((site, use))

    def _problems(self, part: Part, found: Facts) -> None:
        for problem in found.problems:
            self.report(part.path, problem.shifted(part.offset))
        for call in found.calls:
            if call.function is None:
                message, near = self._unresolved(call)
                self.report(
                    part.path,
                    Diagnostic(
                        "unresolved-function",
                        Severity.ERROR,
                        call.span.shifted(part.offset),
                        message,
                        fixes=replacement(call.span.shifted(part.offset), near),
                    ),
                )

    def _unresolved(self, call: facts.CallUse) -> tuple[str, tuple[str, ...]]:
        """What is wrong, and the names that may have been meant."""
        arities = self.scope.arities(call.name)
        if arities:
            takes = " or ".join(str(arity) for arity in arities)
            plural = "" if takes == "1" else "s"
            return f"function '{call.name}' takes {takes} argument{plural}, given {call.arity}", ()
        scope = self.scope
        known = (*_PRINTS, *scope.script_function_names(), *scope.library.function_names())
        near = tuple(nearest(call.name, known))
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"no function is called '{call.name}'{hint}", near

    def report(self, path: str, diagnostic: Diagnostic) -> None:
        key = (path, diagnostic.span.start, diagnostic.rule)
        if key not in self._reported:
            self._reported.add(key)
            self.findings.append(Finding(path, diagnostic))

    # --- types ----------------------------------------------------------------------------

    def report_conflicts(self) -> None:
        for site, call in self._wanted:
            if self.solver.type_of(("result", str(call.function))) is Type.UNKNOWN:
                message = f"'{call.name}' returns nothing"
                self.report(
                    site.path, Diagnostic("no-value", Severity.ERROR, site.absolute, message)
                )
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
            wanted = _a(conflict.wanted)
            given = conflict.variable is not None and conflict.variable[0] in ("param", "key")
            here = f"this is {wanted}" if given else f"{wanted} is needed here"
            message = f"type mismatch: {_subject(conflict)} is {_a(conflict.found)}, {here}"
            self.report(
                conflict.site.path,
                Diagnostic(
                    "type-mismatch", Severity.ERROR, conflict.site.absolute, message, related
                ),
            )


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
