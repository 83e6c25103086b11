"""What names mean, file by file, in the program of one script.

A script sees its own globals and functions, then the library's public ones; a library file
sees its private ones first.  Looking a library name up pulls its declaration in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from translator.base.text import SourceText
from translator.base.value import dataclass
from translator.core.types import Type
from translator.semantics.facts import script_type
from translator.semantics.library import Entry, Library
from translator.syntax import ast


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration and where it starts in its file."""

    source: SourceText
    offset: int
    decl: ast.Decl


@dataclass(frozen=True, slots=True)
class GlobalPlace:
    """A global of the program: its name there, and its declaration."""

    name: str
    source: SourceText
    offset: int
    variable: ast.GlobalVariable

    @property
    def label(self) -> str:
        return self.variable.name.text


@dataclass(frozen=True, slots=True)
class FunctionPlace:
    """A function of the program; ``next_overload`` is what `next` in it falls through to."""

    name: str
    source: SourceText
    offset: int
    function: ast.Function
    next_overload: tuple[str, ...] = ()

    def declared_types(self) -> tuple[Type, ...]:
        """Result, then parameters; UNKNOWN where the script leaves it open."""
        declared = (self.function.type, *(item.type for item in self.function.parameters))
        return tuple(Type.UNKNOWN if name is None else script_type(name) for name in declared)


@dataclass(slots=True)
class Scope:
    """All names of one script's program; grows as the library is drawn on."""

    script: SourceText
    library: Library
    globals: dict[str, GlobalPlace] = field(default_factory=dict)
    functions: dict[str, FunctionPlace] = field(default_factory=dict)
    pulled: dict[str, None] = field(default_factory=dict)  # library files, in order of use
    _script_globals: dict[str, str] = field(default_factory=dict)
    _script_functions: dict[tuple[str, int], list[Placed]] = field(default_factory=dict)
    _files: dict[str, FileNames] = field(default_factory=dict)

    def declare(self, placed: Iterable[Placed]) -> None:
        """Enter the script's own declarations."""
        for item in placed:
            match item.decl:
                case ast.Global(variables=variables):
                    for variable in variables:
                        name = variable.name.text
                        self._script_globals.setdefault(name, name)
                        self.globals.setdefault(
                            name, GlobalPlace(name, item.source, item.offset, variable)
                        )
                case ast.Function(name=word, parameters=parameters):
                    key = (word.text, len(parameters))
                    self._script_functions.setdefault(key, []).append(item)
                case _:
                    pass

    def names(self, path: str) -> FileNames:
        """What names mean in that file."""
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = FileNames(self, path)
        return found

    def script_function_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self._script_functions)

    def arities(self, name: str) -> tuple[int, ...]:
        """How many arguments functions of that name take."""
        found = {arity for known, arity in self._script_functions if known == name}
        for entry in self.library.functions(name):
            decl = self.library.declaration(entry)
            if isinstance(decl, ast.Function) and not decl.private:
                found.add(len(decl.parameters))
        return tuple(sorted(found))

    def pull(self, path: str) -> None:
        """Note that a library file is part of the program."""
        self.pulled.setdefault(path)

    def find_global(self, name: str, path: str) -> str | None:
        """The program's name of a global; a script's globals do not reach into the library.

        (SystemTap lets them, and a script's ``global n`` then breaks library code that has a
        local of that name.)
        """
        if path == self.script.path:
            found = self._script_globals.get(name)
            if found is not None:
                return found
        entry = self.library.global_entry(name, path)
        return None if entry is None else self._library_global(name, entry)

    def find_function(self, name: str, arity: int, path: str) -> str | None:
        own: list[Entry] = []
        public: list[Entry] = []
        for entry in self.library.functions(name):
            if entry.path == path:
                own.append(entry)
            elif not entry.head.private:
                public.append(entry)
        for places in (
            self._parsed(own, arity),
            self._script_functions.get((name, arity), []),
            self._parsed(public, arity),
        ):
            if places:
                return self._enter_function(name, arity, places)
        return None

    def _parsed(self, entries: Sequence[Entry], arity: int) -> list[Placed]:
        placed = []
        for entry in entries:
            decl = self.library.declaration(entry)
            if isinstance(decl, ast.Function) and len(decl.parameters) == arity:
                source = self.library.source(entry.path)
                placed.append(Placed(source, entry.head.start, decl))
        return placed

    def _enter_function(self, name: str, arity: int, places: list[Placed]) -> str:
        """Name the overloads of one name and arity, tried in order of priority."""
        first = places[0]
        scope = "" if first.source.path == self.script.path else self._prefix(first.source.path)
        base = f"{scope}{name}/{arity}"
        if base in self.functions:
            return base
        functions = [(item, item.decl) for item in places if isinstance(item.decl, ast.Function)]
        functions.sort(key=lambda pair: 1 if pair[1].priority is None else pair[1].priority)
        labels = [base if at == 0 else f"{base}#{at + 1}" for at in range(len(functions))]
        for at, (item, function) in enumerate(functions):
            self.functions[labels[at]] = FunctionPlace(
                labels[at], item.source, item.offset, function, tuple(labels[at + 1 :])
            )
            if item.source.path != self.script.path:
                self.pull(item.source.path)
        return base

    def _prefix(self, path: str) -> str:
        """What names of a library file begin with in the program: its path in the library."""
        return f"{self.library.relative(path).removesuffix('.stp')}:"

    def _library_global(self, name: str, entry: Entry) -> str:
        label = f"{self._prefix(entry.path)}{name}"
        if label not in self.globals:
            decl = self.library.declaration(entry)
            assert isinstance(decl, ast.Global), entry
            variable = next(item for item in decl.variables if item.name.text == name)
            source = self.library.source(entry.path)
            self.globals[label] = GlobalPlace(label, source, entry.head.start, variable)
            self.pull(entry.path)
        return label


@dataclass(slots=True)
class FileNames:
    """`facts.Names` for one file, remembered."""

    scope: Scope
    path: str
    _globals: dict[str, str | None] = field(default_factory=dict)
    _functions: dict[tuple[str, int], str | None] = field(default_factory=dict)

    def global_named(self, name: str) -> str | None:
        if name not in self._globals:
            self._globals[name] = self.scope.find_global(name, self.path)
        return self._globals[name]

    def function_named(self, name: str, arity: int) -> str | None:
        key = (name, arity)
        if key not in self._functions:
            self._functions[key] = self.scope.find_function(name, arity, self.path)
        return self._functions[key]


@dataclass(frozen=True, slots=True)
class Inside:
    """`facts.Names` inside a function: its parameters hide globals of their names."""

    names: FileNames
    parameters: frozenset[str]

    def global_named(self, name: str) -> str | None:
        return None if name in self.parameters else self.names.global_named(name)

    def function_named(self, name: str, arity: int) -> str | None:
        return self.names.function_named(name, arity)


def inside(names: FileNames, function: ast.Function) -> Inside:
    return Inside(names, frozenset(item.name.text for item in function.parameters))
