"""Pass 2: a script and the library become a `Program`, or diagnostics that say why not."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from translator.base.diagnostics import Severity
from translator.base.text import SourceText
from translator.base.value import dataclass
from translator.core import ir
from translator.core.types import Type
from translator.elaborate import passes
from translator.elaborate.chains import root, spelled
from translator.elaborate.derive import Derived
from translator.elaborate.entry_values import EntryProbe
from translator.elaborate.expressions import ExprLowering, Primitive
from translator.elaborate.global_kinds import global_kinds
from translator.elaborate.linting import lint_script
from translator.elaborate.meaning import Meaning
from translator.elaborate.memory import Memory
from translator.elaborate.options import Options
from translator.elaborate.statements import lower_block
from translator.elaborate.targets import TargetReads
from translator.elaborate.unit import Body
from translator.probes.attachment import Lifecycle, Moment
from translator.probes.point import Environment
from translator.semantics.facts import Facts, script_type
from translator.semantics.library import Library
from translator.semantics.problems import Finding
from translator.semantics.scope import (
    FileNames,
    FunctionPlace,
    Inside,
    Placed,
    Scope,
    inside,
)
from translator.semantics.solver import Solver
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


@dataclass(frozen=True, slots=True)
class Input:
    """What is elaborated, and against what.

    ``pause`` is called before each derived probe; what it raises ends the elaboration.
    ``memory`` carries facts from one elaboration to the next.
    """

    script: SourceText
    declarations: Sequence[Placed]
    library: Library
    environment: Environment
    options: Options
    pause: Callable[[], None] = lambda: None
    memory: Memory = field(default_factory=Memory)

    def meaning(self, expansions: int | None) -> Meaning:
        scope = Scope(self.script, self.library)
        scope.declare(self.declarations)
        return Meaning(
            scope,
            self.environment,
            self.options,
            list(self.declarations),
            self.memory,
            self.pause,
            expansions,
        )


def elaborate(given: Input) -> Elaborated:
    """Elaborate a script.  Findings are in it and, for a library's mistake, in its files."""
    meaning = given.meaning(None)
    meaning.derive()
    meaning.report_conflicts()
    kinds = global_kinds(meaning)
    lint_script(meaning)
    program = _Lowering(meaning).program(kinds)
    return _product(meaning, program)


def check(given: Input) -> Elaborated:
    """The findings of `elaborate`, without the program: only what can fail is lowered."""
    meaning = given.meaning(None)
    meaning.derive()
    meaning.report_conflicts()
    global_kinds(meaning)
    lint_script(meaning)
    _Lowering(meaning).check()
    return _product(meaning, None)


def sketch(given: Input, expansions: int) -> Elaborated:
    """Names and types only, for at most ``expansions`` probes of each wildcard: no program.

    What an editor asks of while one types.
    """
    meaning = given.meaning(expansions)
    meaning.derive()
    return _product(meaning, None)


def _product(meaning: Meaning, program: ir.Program | None) -> Elaborated:
    return Elaborated(
        program,
        tuple(meaning.findings),
        tuple(meaning.derived),
        meaning.solver,
        meaning.scope,
        function_units=meaning.function_units,
    )


@dataclass(slots=True)
class _Lowering:
    """The second half of pass 2: bodies to core."""

    meaning: Meaning
    entries: list[tuple[EntryProbe, ir.Probe]] = field(default_factory=list)

    def program(self, kinds: tuple[ir.Global, ...]) -> ir.Program | None:
        """The whole program; None if there are errors."""
        meanings = self._meanings()
        probes = [
            self._probe(index, derived, meanings)
            for index, (_, derived) in enumerate(self.meaning.derived)
        ]
        for entry, like in self.entries:
            probes.append(entry.probe(len(probes), like))
            kinds = (*kinds, *entry.globals())
        functions = [
            self._function(place)
            for place in self.meaning.scope.functions.values()
            if primitive_of(place.function) is None
        ]
        if any(item.diagnostic.severity is Severity.ERROR for item in self.meaning.findings):
            return None
        limits = self.meaning.options.limits
        read = frozenset(
            name
            for name, uses in self.meaning.uses.items()
            if any(use.reads and not use.writes for _, use in uses)
        )
        return passes.run(ir.Program(kinds, tuple(functions), tuple(probes), limits), read)

    def check(self) -> None:
        """Lower for the findings' sake: what names target variables, and nothing else."""
        meanings = self._meanings()
        for index, (_, derived) in enumerate(self.meaning.derived):
            # What a part assigns may be followed in later ones, not in earlier ones.
            parts = derived.parts
            while parts and not self.meaning.handler_facts(parts[-1]).targets:
                parts = parts[:-1]
            if derived.conditions:
                self._probe(index, derived, meanings)
            elif parts:
                self._check_parts(index, replace(derived, parts=parts), meanings)
        for place in self.meaning.scope.functions.values():
            if self.meaning.function_facts[place.name].targets:
                self._function(place)

    def _check_parts(self, index: int, derived: Derived, meanings: dict[str, _Meanings]) -> None:
        """Lower what was not lowered without a finding before."""
        meaning = self.meaning
        if any(part.path == meaning.scope.script.path for part in derived.parts):
            self._probe(index, derived, meanings)
            return
        signature: list[Hashable] = []
        for part in derived.parts:
            signature += self._asked(index, meaning.handler_facts(part))
        lowered = (derived.resolved, *(part.block for part in derived.parts))
        if meaning.memory.is_sound(tuple(signature), *lowered):
            return
        before = len(meaning.findings)
        self._probe(index, derived, meanings)
        if len(meaning.findings) == before:
            meaning.memory.keep_sound(tuple(signature), *lowered)

    def _asked(self, unit: int, facts: Facts) -> Iterator[Hashable]:
        """All that lowering a body depends on, beside the body: what its names mean and are."""
        solver, functions = self.meaning.solver, self.meaning.scope.functions
        yield facts.lookups
        for use in facts.locals:
            yield solver.local(unit, use.name)
        for call in facts.calls:
            if call.function is not None:
                yield functions[call.function].function
                yield solver.type_of(("result", call.function))
        for variable in facts.globals:
            yield solver.type_of(("global", variable.name))

    def _meanings(self) -> dict[str, _Meanings]:
        names = self.meaning.scope.names
        return {path: _Meanings(names(path), self.meaning) for path in self._paths()}

    def _paths(self) -> Iterator[str]:
        seen = {self.meaning.scope.script.path: None}
        for _, derived in self.meaning.derived:
            sources = [part.source for part in derived.parts]
            sources += [condition.source for condition in derived.conditions]
            for source in sources:
                seen.setdefault(source.path)
        for place in self.meaning.scope.functions.values():
            seen.setdefault(place.source.path)
        return iter(seen)

    def _probe(self, index: int, derived: Derived, meanings: dict[str, _Meanings]) -> ir.Probe:
        self.meaning.pause()
        body = Body(index, self.meaning.solver, self.meaning.findings)
        resolved = derived.resolved
        targets = TargetReads(
            resolved.targets,
            self.meaning.environment,
            self.meaning.options,
            str(index),
            resolved.attachment != Lifecycle(Moment.NEVER),
            written=_written(derived.handler.block),
        )
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

    def _function(self, place: FunctionPlace) -> ir.Function:
        unit = self.meaning.function_units[place.name]
        body = Body(unit, self.meaning.solver, self.meaning.findings)
        parameters = tuple(body.local(item.name.text) for item in place.function.parameters)
        targets = TargetReads(None, self.meaning.environment, self.meaning.options)
        path = place.source.path
        within = _Meanings(inside(self.meaning.scope.names(path), place.function), self.meaning)
        lower = ExprLowering(body, within, targets, place.source, place.offset)
        block: ir.Block = ()
        if not isinstance(place.function.body, ast.BadStmt):
            block = lower_block(place.function.body, lower)
        result = self.meaning.solver.type_of(("result", place.name))
        inner = tuple(local for local in body.locals.values() if local not in parameters)
        return ir.Function(place.name, parameters, inner, result, block, place.next_overload)


@dataclass(slots=True)
class _Meanings:
    """`expressions.Meanings` for one file."""

    names: FileNames | Inside
    meaning: Meaning

    def global_named(self, name: str) -> str | None:
        return self.names.global_named(name)

    def function_named(self, name: str, arity: int) -> str | None:
        return self.names.function_named(name, arity)

    def primitive(self, function: str) -> Primitive | None:
        return primitive_of(self.meaning.scope.functions[function].function)

    def result_type(self, function: str) -> Type:
        return self.meaning.solver.type_of(("result", function))

    def global_type(self, name: str) -> Type:
        found = self.meaning.solver.type_of(("global", name))
        return Type.LONG if found is Type.UNKNOWN else found


def primitive_of(function: ast.Function) -> Primitive | None:
    """The primitive that a library function declares with ``%{ primitive PURITY %}``."""
    if not isinstance(function.body, ast.EmbeddedStmt):
        return None
    words = function.body.code.split()
    if len(words) != 2 or words[0] != "primitive" or words[1] not in _PURITY:
        return None
    result = Type.UNKNOWN if function.type is None else script_type(function.type)
    return Primitive(function.name.text, result, _PURITY[words[1]])


def _written(block: ast.Block) -> frozenset[str]:
    """Variables that a handler assigns, as `@probewrite` asks."""
    targets = (
        node.target if isinstance(node, ast.Assign) else node.operand
        for node in ast.walk(block)
        if isinstance(node, ast.Assign | ast.Step)
    )
    return frozenset(spelled(root(each)) for each in targets)
