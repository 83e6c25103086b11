"""The tapset library: which file offers a name, and its declarations, parsed when asked for.

An index of heads is kept on disk by the files' stamps, and parsed declarations by their
text, so that a start does not pay for what it does not use.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Final

from translator.base.cache import DiskCache, code_version, digest
from translator.base.system import System
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.semantics.summary import Declares, Head, head_of, heads, macro_names
from translator.syntax import ast
from translator.syntax.conditions import Conditions
from translator.syntax.environment import NO_CONTEXT, Context, Environment
from translator.syntax.macros import Definition
from translator.syntax.parser import Parsed, SyntaxTree, parse_chunk, parse_file


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration of the library."""

    path: str
    head: Head


@dataclass(slots=True)
class Library:
    """All tapset files of one set of directories, earlier directories first.

    ``environment`` is what scripts' texts see: the conditions and the library's macros.
    """

    system: System
    cache: DiskCache
    directories: tuple[str, ...]
    files: tuple[str, ...]
    key: str  # changes when any file does, or a condition
    environment: Environment
    _index: _Index
    _texts: dict[str, str] = field(default_factory=dict)
    _sources: dict[str, SourceText] = field(default_factory=dict)
    _parsed: dict[Entry, Parsed] = field(default_factory=dict)
    _stored: dict[str, dict[str, tuple[Parsed, ...]]] = field(default_factory=dict)
    _local: dict[str, dict[str, Definition]] = field(default_factory=dict)
    _unsaved: set[str] = field(default_factory=set)

    def functions(self, name: str) -> tuple[Entry, ...]:
        """Public and private functions of that name."""
        return self._index.functions.get(name, ())

    def global_entry(self, name: str, path: str) -> Entry | None:
        """The global that ``name`` means in file ``path``; private ones only in their file."""
        for entry in self._index.globals.get(name, ()):
            if entry.path == path or not entry.head.private:
                return entry
        return None

    def aliases(self) -> tuple[tuple[tuple[str, ...], Entry], ...]:
        """Every alias point as component names, with its declaration."""
        return self._index.aliases

    def aliases_under(self, first: str) -> tuple[tuple[tuple[str, ...], Entry], ...]:
        """Those whose first component is ``first``."""
        return self._index.by_first.get(first, ())

    def first_components(self) -> tuple[str, ...]:
        return tuple(self._index.by_first)

    def probes(self, path: str) -> tuple[Entry, ...]:
        """Probes (not aliases) of a file: they come along with anything taken from it."""
        return self._index.probes.get(path, ())

    def function_names(self) -> tuple[str, ...]:
        """Names of all functions that scripts may call."""
        return tuple(
            name
            for name, entries in self._index.functions.items()
            if any(not entry.head.private for entry in entries)
        )

    def macros(self) -> Mapping[str, Definition]:
        """The macros of all `.stpm` files, by name without `@`."""
        return self.environment.macros

    def source(self, path: str) -> SourceText:
        found = self._sources.get(path)
        if found is None:
            found = self._sources[path] = SourceText(path, self._text(path))
        return found

    def declaration(self, entry: Entry) -> ast.Decl:
        """The tree of one declaration; its spans start at ``entry.head.start``."""
        return self.parsed(entry).decl

    def parsed(self, entry: Entry) -> Parsed:
        found = self._parsed.get(entry)
        if found is None:
            found = self._parsed[entry] = self._parse(entry)
        return found

    def relative(self, path: str) -> str:
        """The file's path below its tapset directory."""
        for directory in self.directories:
            if path.startswith(f"{directory}/"):
                return path[len(directory) + 1 :]
        return path

    def save(self) -> None:
        """Keep on disk what was parsed since the last time."""
        for path in self._unsaved:
            self.cache.write("trees", self._tree_key(path), pickle.dumps(self._stored[path]))
        self._unsaved.clear()

    def _text(self, path: str) -> str:
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = self.system.read_text(path) or ""
        return text

    def _tree_key(self, path: str) -> str:
        return digest(self.key, path)

    def _parse(self, entry: Entry) -> Parsed:
        whole = self._text(entry.path)
        text = whole[entry.head.start : entry.head.end]
        stored = self._stored.get(entry.path)
        if stored is None:
            data = self.cache.read("trees", self._tree_key(entry.path))
            stored = self._stored[entry.path] = _unpickled(data)
        context = self.environment.relevant_to(text, self._macros_of(entry.path))
        key = text if context == NO_CONTEXT else f"{text}\0{context!r}"
        found = stored.get(key)
        if found is None:
            found = stored[key] = _declarations(text, context)
            self._unsaved.add(entry.path)
        return found[min(entry.head.nth, len(found) - 1)]

    def _macros_of(self, path: str) -> dict[str, Definition]:
        """Those that the file defines for itself."""
        found = self._local.get(path)
        if found is None:
            found = {}
            if "@define" in self._text(path):
                tree = parse_file(self.source(path), environment=self.environment)
                found = {item.macro.name: item for item in tree.macros}
            self._local[path] = found
        return found


def _declarations(text: str, context: Context) -> tuple[Parsed, ...]:
    found = parse_chunk(text, context).parsed
    return found or (Parsed(ast.BadDecl(ast.NodeId(1), Span(0, len(text))), ()),)


class _Macros(Mapping[str, Definition]):
    """The library's macros; a file is read when one of its names is asked for."""

    def __init__(
        self, system: System, conditions: Conditions | None, places: dict[str, str]
    ) -> None:
        self._system = system
        self._environment = Environment(conditions=conditions)
        self._places = places  # name to path
        self._read: dict[str, dict[str, Definition]] = {}

    def __getitem__(self, name: str) -> Definition:
        path = self._places[name]
        found = self._read.get(path)
        if found is None:
            source = SourceText(path, self._system.read_text(path) or "")
            tree = parse_file(source, environment=self._environment)
            found = self._read[path] = {item.macro.name: item for item in tree.macros}
        return found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _unpickled(data: bytes | None) -> dict[str, tuple[Parsed, ...]]:
    if data is None:
        return {}
    try:
        value = pickle.loads(data)
    except Exception:  # noqa: BLE001 - any damage: the trees are made again
        return {}
    return value if isinstance(value, dict) else {}


def open_macros(
    system: System, directories: tuple[str, ...], conditions: Conditions | None = None
) -> Mapping[str, Definition]:
    """The macros of the `.stpm` files under ``directories``, without the rest of the library."""
    places: dict[str, str] = {}
    for path in _files(system, directories, conditions, (".stpm",)).values():
        for name in macro_names(system.read_text(path) or ""):
            places.setdefault(name, path)
    return _Macros(system, conditions, places)


def open_library(
    system: System,
    cache: DiskCache,
    directories: tuple[str, ...],
    conditions: Conditions | None = None,
) -> Library:
    """The library under ``directories``; a file hides those of the same relative name after it.

    ``conditions`` are what its `%( … %)` ask for; None where nothing is known.
    """
    files = _files(system, directories, conditions, (".stp", ".stpm"))
    paths = tuple(files.values())
    stamps = tuple((path, *(system.stamp(path) or (0, 0))) for path in paths)
    key = digest(code_version(), repr(stamps), repr(conditions))
    rows = _rows_from(cache.read("library", key))
    if rows is None:
        rows = _rows(system, paths, conditions)
        cache.write("library", key, marshal.dumps(rows))
    macros = _Macros(system, conditions, _macro_places(rows))
    environment = Environment(None, conditions, macros)
    return Library(system, cache, directories, paths, key, environment, _Index(rows))


def _files(
    system: System,
    directories: tuple[str, ...],
    conditions: Conditions | None,
    suffixes: tuple[str, ...],
) -> dict[str, str]:
    """Paths by relative name; earlier directories win."""
    files: dict[str, str] = {}
    for directory in directories:
        for suffix in suffixes:
            for path in system.list_files(directory, suffix):
                relative = path[len(directory) :].lstrip("/")
                if _is_for(relative, conditions):
                    files.setdefault(relative, path)
    return files


# Directories of upstream's library that are for one machine or one of its runtimes.
_ARCHITECTURES: Final = frozenset(
    {"arm", "arm64", "i386", "ia64", "mips", "powerpc", "riscv", "s390", "x86_64"}
)
_RUNTIMES: Final = frozenset({"bpf", "dyninst"})


def _is_for(relative: str, conditions: Conditions | None) -> bool:
    """Whether a file is for this machine."""
    folders = relative.split("/")[:-1]
    if not folders or conditions is None:
        return True
    if folders[0] in _RUNTIMES:
        return False
    return not any(name in _ARCHITECTURES and name != conditions.arch for name in folders)


def _rows(system: System, paths: Iterable[str], conditions: Conditions | None) -> tuple[Any, ...]:
    """What an index is made of: one row for each declaration and macro."""
    texts = {path: system.read_text(path) or "" for path in paths}
    rows: list[Any] = [
        (path, Declares.MACRO.value, (name,), False, 0, 0, 0)
        for path, text in texts.items()
        if path.endswith(".stpm")
        for name in macro_names(text)
    ]
    environment = Environment(None, conditions, _Macros(system, conditions, _macro_places(rows)))
    for path, text in texts.items():
        if path.endswith(".stpm"):
            continue
        found = heads(text)
        if any(head.declares is Declares.OTHER for head in found):
            tree = parse_file(SourceText(path, text), environment=environment)
            found = _seen_through(found, tree)
        rows += [
            (
                path,
                head.declares.value,
                head.names,
                head.private,
                head.start,
                head.end,
                head.nth,
            )
            for head in found
        ]
    return tuple(rows)


def _seen_through(found: tuple[Head, ...], tree: SyntaxTree) -> tuple[Head, ...]:
    """``found``, with what conditionals and macros make of the pieces that begin with one."""
    seen = [head for head in found if head.declares is not Declares.OTHER]
    opaque = {head.start: head for head in found if head.declares is Declares.OTHER}
    count: dict[int, int] = {}
    for placed in tree.declarations:
        head = opaque.get(placed.offset)
        if head is not None:
            nth = count[placed.offset] = count.get(placed.offset, -1) + 1
            seen.append(head_of(placed.decl, head, nth))
    return tuple(sorted(seen, key=lambda head: (head.start, head.nth)))


def _macro_places(rows: Iterable[Any]) -> dict[str, str]:
    places: dict[str, str] = {}
    for path, declares, names, *_ in rows:
        if declares == Declares.MACRO.value and path.endswith(".stpm"):
            places.setdefault(names[0], path)
    return places


def _rows_from(data: bytes | None) -> tuple[Any, ...] | None:
    if data is None:
        return None
    try:
        rows = marshal.loads(data)
    except (ValueError, EOFError, TypeError):
        return None
    return rows if isinstance(rows, tuple) else None


class _Index:
    """Names to entries."""

    def __init__(self, rows: tuple[Any, ...]) -> None:
        self.functions: dict[str, tuple[Entry, ...]] = {}
        self.globals: dict[str, tuple[Entry, ...]] = {}
        self.probes: dict[str, tuple[Entry, ...]] = {}
        self.by_first: dict[str, tuple[tuple[tuple[str, ...], Entry], ...]] = {}
        self.aliases: tuple[tuple[tuple[str, ...], Entry], ...] = tuple(self._sort(rows))
        by_first: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        for item in self.aliases:
            by_first.setdefault(item[0][0], []).append(item)
        self.by_first = {first: tuple(items) for first, items in by_first.items()}

    def _sort(self, rows: tuple[Any, ...]) -> Iterator[tuple[tuple[str, ...], Entry]]:
        for path, declares, names, private, start, end, nth in rows:
            kind = Declares(declares)
            entry = Entry(path, Head(kind, tuple(names), private, start, end, nth))
            match kind:
                case Declares.FUNCTION:
                    for name in names:
                        self.functions[name] = (*self.functions.get(name, ()), entry)
                case Declares.GLOBAL:
                    for name in names:
                        self.globals[name] = (*self.globals.get(name, ()), entry)
                case Declares.PROBE:
                    self.probes[path] = (*self.probes.get(path, ()), entry)
                case Declares.ALIAS:
                    for name in names:
                        yield tuple(name.split(".")), entry
                case Declares.MACRO | Declares.OTHER:
                    pass
