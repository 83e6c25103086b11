"""What names mean at a place of a script: declarations, types, the probes a handler runs in.

What hover, completion and navigation ask.  Answers from a sketch of the script (see
`program.sketch`) and from the library's index; refuses to change either.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.core.types import Type
from translator.elaborate.derive import Derived, point_pattern
from translator.elaborate.program import Elaborated
from translator.elaborate.unit import Part
from translator.probes import registry
from translator.probes.pattern import is_wildcard, spelled
from translator.semantics.gather import gather_function, gather_handler
from translator.semantics.library import Entry, Library
from translator.syntax import ast
from translator.syntax.doc import Doc, parse_doc
from translator.syntax.parser import Placed, SyntaxTree


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration: ``name`` is the span of the name in ``source``, ``decl`` starts at ``offset``."""

    source: SourceText
    offset: int
    decl: ast.Function | ast.Alias | ast.Global
    label: str
    name: Span

    @property
    def span(self) -> Span:
        return self.decl.span.shifted(self.offset)

    @property
    def doc(self) -> Doc:
        return parse_doc(self.decl.doc or "")


class Kind(Enum):
    GLOBAL = "global"
    PARAMETER = "parameter"
    LOCAL = "local"
    CONTEXT = "context variable"  # set by an alias that the probe came through


@dataclass(frozen=True, slots=True)
class Variable:
    """``place`` is where it is declared or first assigned; ``keys`` are a global array's."""

    name: str
    kind: Kind
    type: Type
    source: SourceText
    place: Span
    keys: tuple[Type, ...] = ()
    doc: str = ""
    alias: str = ""  # that sets a context variable


@dataclass(frozen=True)
class Lookup:
    """Questions about one script."""

    tree: SyntaxTree
    sketch: Elaborated
    library: Library

    # --- functions and aliases -----------------------------------------------------------

    def functions(self, name: str) -> tuple[Declared, ...]:
        """Functions of that name that the script may call: its own, else the library's."""
        own = [
            _function(self.tree.source, item.offset, item.decl)
            for item in self.tree.declarations
            if isinstance(item.decl, ast.Function) and item.decl.name.text == name
        ]
        if own:
            return tuple(own)
        path = self.tree.source.path
        return tuple(
            _function(self.library.source(entry.path), entry.head.start, decl)
            for entry in self.library.functions(name)
            if entry.path != path and not entry.head.private
            if isinstance(decl := self.library.declaration(entry), ast.Function)
        )

    def called(self, name: str, arity: int) -> tuple[Declared, ...]:
        """As `functions`, only those that take ``arity`` arguments where there are any."""
        every = self.functions(name)
        fitting = tuple(
            each
            for each in every
            if isinstance(each.decl, ast.Function) and len(each.decl.parameters) == arity
        )
        return fitting or every

    def aliases(self, components: tuple[ast.Component, ...]) -> tuple[Declared, ...]:
        """Aliases that the components name as a whole; several if they hold wildcards."""
        written = spelled(components)
        wild = any(is_wildcard(each.name) for each in components)
        pattern = point_pattern(".".join(each.name for each in components)) if wild else None
        found = [
            _alias(self.tree.source, item.offset, item.decl, name)
            for item, name in self.script_aliases
            if name == written or (pattern is not None and pattern.fullmatch(name))
        ]
        path = self.tree.source.path
        for label, entry in self._library_aliases(components):
            hit = label == written if pattern is None else pattern.fullmatch(label) is not None
            if hit and entry.path != path and not (wild and label.startswith("_")):
                declared = self.library_alias(label, entry)
                if declared is not None:
                    found.append(declared)
        return tuple(found)

    @cached_property
    def script_aliases(self) -> tuple[tuple[Placed, str], ...]:
        return tuple(
            (item, spelled(components))
            for item in self.tree.declarations
            if isinstance(item.decl, ast.Alias)
            for name in item.decl.names
            for components in registry.expand(name)
        )

    def library_alias(self, label: str, entry: Entry) -> Declared | None:
        decl = self.library.declaration(entry)
        if not isinstance(decl, ast.Alias):
            return None
        return _alias(self.library.source(entry.path), entry.head.start, decl, label)

    def _library_aliases(
        self, components: tuple[ast.Component, ...]
    ) -> Iterator[tuple[str, Entry]]:
        if not components or any(each.has_parentheses for each in components):
            return
        first = components[0].name
        known = self.library.aliases() if is_wildcard(first) else self.library.aliases_under(first)
        for names, entry in known:
            yield ".".join(names), entry

    # --- variables -----------------------------------------------------------------------

    def globals(self) -> tuple[Variable, ...]:
        """The script's own."""
        return tuple(
            self._global(self.tree.source, item.offset, variable, variable.name.text)
            for item in self.tree.declarations
            if isinstance(item.decl, ast.Global)
            for variable in item.decl.variables
            if variable.name.text
        )

    def variable(self, name: str, placed: Placed) -> Variable | None:
        """What ``name`` means in the declaration: a global, else one of its own."""
        for item in self.tree.declarations:
            if isinstance(item.decl, ast.Global):
                for each in item.decl.variables:
                    if each.name.text == name:
                        return self._global(self.tree.source, item.offset, each, name)
        entry = self.library.global_entry(name, "")
        if entry is not None and entry.path != self.tree.source.path:
            decl = self.library.declaration(entry)
            for each in decl.variables if isinstance(decl, ast.Global) else ():
                if each.name.text == name:
                    source = self.library.source(entry.path)
                    return self._global(source, entry.head.start, each, name)
        return next((each for each in self.locals(placed) if each.name == name), None)

    def _global(
        self, source: SourceText, offset: int, variable: ast.GlobalVariable, name: str
    ) -> Variable:
        solver = self.sketch.solver
        label = name
        for known in self.sketch.scope.globals.values():
            if known.source.path == source.path and known.label == name:
                label = known.name
        keys: list[Type] = []
        while len(keys) < 9 and (solver.type_of(("key", label, len(keys))) is not Type.UNKNOWN):
            keys.append(solver.type_of(("key", label, len(keys))))
        kind = solver.type_of(("global", label))
        if kind is Type.UNKNOWN and variable.value is not None:
            kind = Type.STRING if isinstance(variable.value, ast.String) else Type.LONG
        place = variable.name.span.shifted(offset)
        return Variable(name, Kind.GLOBAL, kind, source, place, tuple(keys))

    def locals(self, placed: Placed) -> tuple[Variable, ...]:
        """Variables of a handler or function, with those its aliases set."""
        if isinstance(placed.decl, ast.Function):
            return tuple(self._function_locals(placed, placed.decl))
        found: dict[str, Variable] = {}
        for unit, derived in self.derived(placed):
            for part in derived.parts:
                for variable in self._part_locals(part, unit, derived, placed):
                    found.setdefault(variable.name, variable)
        return tuple(found.values())

    def derived(self, placed: Placed) -> tuple[tuple[int, Derived], ...]:
        """The probes that a probe's or alias's handler runs in, with their units in the solver."""
        index = self._index(placed)
        return tuple(
            (unit, derived)
            for unit, (owner, derived) in enumerate(self.sketch.derived)
            if owner == index
        )

    def _index(self, placed: Placed) -> int:
        declarations = self.tree.declarations
        if isinstance(placed.decl, ast.Alias):
            aliases = [item for item in declarations if isinstance(item.decl, ast.Alias)]
            return len(declarations) + _position(aliases, placed)
        return _position(declarations, placed)

    def _part_locals(
        self, part: Part, unit: int, derived: Derived, placed: Placed
    ) -> Iterator[Variable]:
        own = part.path == self.tree.source.path and part.offset == placed.offset
        alias, docs = ("", {}) if own else self._alias_of(part, derived)
        names = self.sketch.scope.names(part.path)
        for use in gather_handler(part.block, (), names).locals:
            if use.name:
                yield Variable(
                    use.name,
                    Kind.LOCAL if own else Kind.CONTEXT,
                    self.sketch.solver.local(unit, use.name),
                    part.source,
                    use.span.shifted(part.offset),
                    doc=docs.get(use.name, ""),
                    alias=alias,
                )

    def _alias_of(self, part: Part, derived: Derived) -> tuple[str, dict[str, str]]:
        """The alias of the chain that a part belongs to, and what it says of its variables."""
        for label in derived.chain:
            for names, entry in self.library.aliases_under(label.partition(".")[0]):
                here = entry.path == part.path and entry.head.start == part.offset
                if here and ".".join(names) == label:
                    declared = self.library_alias(label, entry)
                    if declared is not None:
                        return label, {item.name: item.text for item in declared.doc.arguments}
        for item, label in self.script_aliases:
            if item.offset == part.offset and part.path == self.tree.source.path:
                doc = parse_doc(item.decl.doc or "") if isinstance(item.decl, ast.Alias) else Doc()
                return label, {each.name: each.text for each in doc.arguments}
        return "", {}

    def _function_locals(self, placed: Placed, function: ast.Function) -> Iterator[Variable]:
        source = self.tree.source
        names = self.sketch.scope.names(source.path)
        place = next(
            (
                each
                for each in self.sketch.scope.functions.values()
                if each.source.path == source.path and each.offset == placed.offset
            ),
            None,
        )
        unit = None if place is None else self.sketch.function_units.get(place.name)
        docs = {item.name: item.text for item in parse_doc(function.doc or "").arguments}
        parameters = {item.name.text for item in function.parameters}
        seen: set[str] = set()
        for use in gather_function(function, function.name.text, names).locals:
            if use.name and use.name not in seen:
                seen.add(use.name)
                kind = Kind.PARAMETER if use.name in parameters else Kind.LOCAL
                known = Type.UNKNOWN if unit is None else self.sketch.solver.local(unit, use.name)
                where = use.span.shifted(placed.offset)
                yield Variable(use.name, kind, known, source, where, doc=docs.get(use.name, ""))


def _position(items: tuple[Placed, ...] | list[Placed], placed: Placed) -> int:
    return next((at for at, item in enumerate(items) if item is placed), -1)


def _function(source: SourceText, offset: int, decl: ast.Function) -> Declared:
    return Declared(source, offset, decl, decl.name.text, decl.name.span.shifted(offset))


def _alias(source: SourceText, offset: int, decl: ast.Decl, label: str) -> Declared:
    assert isinstance(decl, ast.Alias)
    names = [name for name in decl.names if label in map(spelled, registry.expand(name))]
    span = (names or list(decl.names))[0].span
    return Declared(source, offset, decl, label, span.shifted(offset))
