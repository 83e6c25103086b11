"""The tapset library: which file offers a name, and its declarations, parsed when asked for.

An index of heads is kept on disk by the files' stamps, and parsed declarations by their
text, so that a start does not pay for what it does not use.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from translator.base.cache import DiskCache, digest
from translator.base.system import System
from translator.base.text import SourceText
from translator.semantics.summary import Declares, Head, heads
from translator.syntax import ast
from translator.syntax.parser import Parsed, parse_declaration

_FORMAT: Final = "library 2"


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration of the library."""

    path: str
    head: Head


@dataclass(slots=True)
class Library:
    """All tapset files of one set of directories, earlier directories first."""

    system: System
    cache: DiskCache
    directories: tuple[str, ...]
    files: tuple[str, ...]
    key: str  # changes when any file does
    _index: _Index
    _texts: dict[str, str] = field(default_factory=dict)
    _parsed: dict[Entry, Parsed] = field(default_factory=dict)
    _stored: dict[str, dict[str, Parsed]] = field(default_factory=dict)
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

    def source(self, path: str) -> SourceText:
        return SourceText(path, self._text(path))

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
        return digest(_FORMAT, self.key, path)

    def _parse(self, entry: Entry) -> Parsed:
        text = self._text(entry.path)[entry.head.start : entry.head.end]
        stored = self._stored.get(entry.path)
        if stored is None:
            data = self.cache.read("trees", self._tree_key(entry.path))
            stored = self._stored[entry.path] = _unpickled(data)
        found = stored.get(text)
        if found is None:
            found = stored[text] = parse_declaration(text)
            self._unsaved.add(entry.path)
        return found


def _unpickled(data: bytes | None) -> dict[str, Parsed]:
    if data is None:
        return {}
    try:
        value = pickle.loads(data)
    except Exception:  # noqa: BLE001 - any damage: the trees are made again
        return {}
    return value if isinstance(value, dict) else {}


def open_library(system: System, cache: DiskCache, directories: tuple[str, ...]) -> Library:
    """The library under ``directories``; a file hides those of the same relative name after it."""
    files: dict[str, str] = {}
    for directory in directories:
        for path in system.list_files(directory, ".stp"):
            files.setdefault(path[len(directory) :], path)
    paths = tuple(files.values())
    stamps = tuple((path, *(system.stamp(path) or (0, 0))) for path in paths)
    key = digest(_FORMAT, repr(stamps))
    rows = _rows_from(cache.read("library", key))
    if rows is None:
        rows = tuple(
            (path, head.declares.value, head.names, head.private, head.start, head.end)
            for path in paths
            for head in heads(system.read_text(path) or "")
        )
        cache.write("library", key, marshal.dumps(rows))
    return Library(system, cache, directories, paths, key, _Index(rows))


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
        for path, declares, names, private, start, end in rows:
            kind = Declares(declares)
            entry = Entry(path, Head(kind, tuple(names), private, start, end))
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
