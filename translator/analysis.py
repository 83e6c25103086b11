"""The façade: everything that the server and the command line may ask of the front end.

One `Analysis` holds one workspace: the open texts, the library, the machine.  One thread
owns it.  It answers from memoised queries, so that asking twice is cheap and an edit costs
what it changes.  It refuses to know protocols, terminals and runtimes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from translator.base.cache import DiskCache
from translator.base.diagnostics import Diagnostic, Severity
from translator.base.memo import Database, Key, query
from translator.base.places import cache_home
from translator.base.system import System
from translator.base.text import SourceText
from translator.base.value import dataclass
from translator.debuginfo.model import DebugInfo
from translator.elaborate import listing
from translator.elaborate.lookup import Lookup
from translator.elaborate.memory import Memory
from translator.elaborate.options import Options
from translator.elaborate.program import Elaborated, Input, check, elaborate
from translator.elaborate.program import sketch as sketch_program
from translator.probes.point import Environment
from translator.semantics.library import Library, open_library
from translator.semantics.machine import conditions
from translator.semantics.problems import Finding
from translator.semantics.scope import Placed
from translator.semantics.suppression import applied, suppressions
from translator.syntax import ast
from translator.syntax.guru import needs_guru_mode, starts_in_guru_mode
from translator.syntax.parser import SyntaxTree, parse_file
from translator.syntax.tree import Expansion

_EXPANSIONS = 8  # probes of a wildcard that an editor looks at while one types

if TYPE_CHECKING:
    from translator.debuginfo.btf import Btf


@dataclass(frozen=True, slots=True)
class Settings:
    """What a workspace is analysed for.

    ``libraries`` are tapset directories, first one first.  ``target_path`` and ``target_pid``
    say which program ``process.…`` without a path means (`-c`, `-x`).
    """

    libraries: tuple[str, ...]
    options: Options = Options()
    target_path: str | None = None
    target_pid: int | None = None


class Analysis:
    """One workspace.  Paths are the keys that clients use for their texts."""

    def __init__(
        self,
        system: System,
        settings: Settings,
        trace: Callable[[str, Key], None] | None = None,
    ) -> None:
        self.system = system
        self.settings = settings
        self.cache = DiskCache(cache_home(system.variable))
        self._trace = trace
        self.db = Database(trace)
        self.db.set("settings", value=settings)
        self.db.set("memory", value=Memory(self._trace))
        self._binaries: dict[str, tuple[object, DebugInfo]] = {}
        self._kernel_types: Btf | None = None
        self._library: Library | None = None
        self.reload_library()

    # --- texts -------------------------------------------------------------------------

    def set_text(self, path: str, text: str) -> None:
        """Open a text, or change it; it hides the file of that path."""
        self.db.set("text", path, value=text)

    def forget_text(self, path: str) -> None:
        """Close a text: the file of that path counts again."""
        self.db.set("text", path, value=None)
        self.db.set("file", path, value=self.system.read_text(path))

    def load_file(self, path: str) -> bool:
        """Read a file, or read it again; False if there is none."""
        text = self.system.read_text(path)
        self.db.set("file", path, value=text)
        return text is not None

    def configure(self, settings: Settings) -> None:
        """Analyse for other settings from now on."""
        self.settings = settings
        self.db.set("settings", value=settings)
        self.db.set("memory", value=Memory(self._trace))
        self.refresh()

    def refresh(self) -> None:
        """Look again at the library and at the machine: programs may have been compiled anew."""
        self.db.set("environment", value=None)
        self.reload_library()

    def reload_library(self) -> None:
        """Look for changed tapset files."""
        options = self.settings.options
        facts = conditions(
            self.system,
            self.system.machine(),
            runtime=options.runtime,
            guru=options.guru,
            compatible=options.compatible,
        )
        self._library = open_library(self.system, self.cache, self.settings.libraries, facts)
        self.db.set("library", value=_Identity(self._library, self._library.key))
        self.db.set("environment", value=self._environment())

    # --- answers -----------------------------------------------------------------------

    @property
    def library(self) -> Library:
        assert self._library is not None
        return self._library

    @property
    def environment(self) -> Environment:
        """What probe points are resolved against."""
        found = self.db.get("environment")
        assert isinstance(found, Environment)
        return found

    def source(self, path: str) -> SourceText:
        """The text of an open document, a loaded file or a library file; empty if unknown."""
        return source(self.db, path)

    def tree(self, path: str) -> SyntaxTree:
        return tree(self.db, path)

    def elaborated(self, path: str) -> Elaborated:
        """The script at ``path`` elaborated, however wrong it is."""
        return elaborated(self.db, path)

    def sketch(self, path: str) -> Elaborated:
        """Names and types of ``path`` while it is typed: few probes of each wildcard, no program.

        A script's aliases are derived too, after its declarations and in their order.
        """
        return sketch(self.db, path)

    def lookup(self, path: str) -> Lookup:
        """What names mean in ``path``, at any place of it."""
        return Lookup(self.tree(path), self.sketch(path), self.library)

    def diagnostics(self, path: str) -> tuple[Diagnostic, ...]:
        """What is wrong in ``path`` itself, in order of place."""
        return diagnostics(self.db, path)

    def syntax(self, path: str) -> tuple[Diagnostic, ...]:
        """What pass 1 finds in ``path``, in order of place."""
        return (*tree(self.db, path).diagnostics, *_privileged(self.db, path))

    def expansion(self, path: str, offset: int) -> Expansion | None:
        """The macro's use at ``offset``: its definition and what it became."""
        return self.tree(path).expansion_at(offset)

    def findings(self, path: str) -> tuple[Finding, ...]:
        """What is wrong with the script at ``path``, in whichever file it stands."""
        return findings(self.db, path)

    def listed(self, path: str, *, variables: bool) -> tuple[str, ...]:
        """The script's probe points as `stap -l` lists them, or with variables as `-L` does."""
        found = self.elaborated(path)
        if variables:
            return listing.names_with_variables(found, self.environment)
        return listing.names(found)

    def save(self) -> None:
        """Keep on disk what later starts can use."""
        self.library.save()

    def debuginfo(self, path: str) -> DebugInfo:
        """The binary's debug information, opened once per version of the file.

        Raises DebugInfoError.
        """
        from translator.debuginfo.finders import open_debuginfo

        stamp = self.system.stamp(path)
        known = self._binaries.get(path)
        if known is None or known[0] != stamp:
            known = self._binaries[path] = (stamp, open_debuginfo(path, self.system))
        return known[1]

    def binaries(self) -> tuple[str, ...]:
        """Paths of the binaries that answers so far depended on."""
        return tuple(self._binaries)

    def _environment(self) -> Environment:
        settings = self.settings
        return Environment(
            self.system,
            self.system.machine(),
            self.debuginfo,
            settings.target_path,
            settings.target_pid,
            self.kernel_types,
        )

    def kernel_types(self) -> Btf:
        """The running kernel's types, opened once.  Raises DebugInfoError."""
        from translator.debuginfo.btf import open_kernel_btf

        if self._kernel_types is None:
            self._kernel_types = open_kernel_btf(self.system, self.cache)
        return self._kernel_types


class _Identity:
    """A mutable service as an input: equal to another only by its key."""

    def __init__(self, value: Library, key: str) -> None:
        self.value = value
        self._key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)


# --- queries ---------------------------------------------------------------------------


@query
def source(db: Database, path: str) -> SourceText:
    text = db.get("text", path)
    if text is None:
        text = db.get("file", path)
    if text is None:
        library: Library = db.get("library").value
        return library.source(path) if path in library.files else SourceText(path, "")
    return SourceText(path, text)


@query
def tree(db: Database, path: str) -> SyntaxTree:
    settings: Settings = db.get("settings")
    library: Library = db.get("library").value
    return parse_file(source(db, path), settings.options.arguments, library.environment)


@query
def elaborated(db: Database, path: str) -> Elaborated:
    return elaborate(_input(db, path))


@query
def checked(db: Database, path: str) -> Elaborated:
    """As `elaborated`, without the program."""
    return check(_input(db, path))


@query
def sketch(db: Database, path: str) -> Elaborated:
    given = _input(db, path)
    # An alias is a probe with nothing of its own: its names and types are wanted unused too.
    aliases = [
        Placed(item.source, item.offset, _use(item.decl))
        for item in given.declarations
        if isinstance(item.decl, ast.Alias)
    ]
    declarations = (*given.declarations, *aliases)
    return sketch_program(replace(given, declarations=declarations), _EXPANSIONS)


def _input(db: Database, path: str) -> Input:
    settings: Settings = db.get("settings")
    parsed = tree(db, path)
    placed = [Placed(parsed.source, item.offset, item.decl) for item in parsed.declarations]
    library: Library = db.get("library").value
    if path in library.files:
        # A library file offers declarations: it is no script, and is not its own library.
        placed = [item for item in placed if not isinstance(item.decl, ast.Probe)]
    environment = db.get("environment")
    return Input(
        parsed.source, placed, library, environment, settings.options, db.check, db.get("memory")
    )


@query
def findings(db: Database, path: str) -> tuple[Finding, ...]:
    syntax = [Finding(path, item) for item in _syntax(db, path)]
    bad = any(item.diagnostic.severity is Severity.ERROR for item in syntax)
    meaning = _explained(db, path, checked(db, path).findings)
    if bad:
        # A hole in the tree has been reported; what follows from it is noise.
        lines = {_line(db, path, item.diagnostic) for item in syntax}
        meaning = tuple(
            item
            for item in meaning
            if item.path != path or _line(db, path, item.diagnostic) not in lines
        )
    privileged = (Finding(path, item) for item in _privileged(db, path))
    every = tuple(dict.fromkeys((*syntax, *privileged, *meaning)))
    text = source(db, path)
    if not suppressions(text):
        return every
    own = [item.diagnostic for item in every if item.path == path]
    kept = [Finding(path, item) for item in applied(text, own)]
    return (*kept, *(item for item in every if item.path != path))


@query
def diagnostics(db: Database, path: str) -> tuple[Diagnostic, ...]:
    own = [item.diagnostic for item in findings(db, path) if item.path == path]
    return tuple(sorted(own, key=lambda item: (item.span.start, item.span.end, item.rule)))


def _use(alias: ast.Alias) -> ast.Probe:
    nothing = ast.Block(ast.NodeId(0), alias.span, ())
    return ast.Probe(alias.id, alias.span, alias.names, nothing)


def _syntax(db: Database, path: str) -> list[Diagnostic]:
    return [
        item.shifted(placed.offset)
        for placed in tree(db, path).declarations
        for item in placed.diagnostics
    ]


def _privileged(db: Database, path: str) -> tuple[Diagnostic, ...]:
    """What ``path`` may do in guru mode only, and is not in it."""
    settings: Settings = db.get("settings")
    library: Library = db.get("library").value
    text = source(db, path).text
    if settings.options.guru or path in library.files or starts_in_guru_mode(text):
        return ()
    return needs_guru_mode(tree(db, path))


def _explained(db: Database, path: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """``findings``, with the macros that those in ``path`` are about."""
    parsed = tree(db, path)
    if not parsed.expansions:
        return findings
    return tuple(
        Finding(path, parsed.explained(item.diagnostic)) if item.path == path else item
        for item in findings
    )


def _line(db: Database, path: str, diagnostic: Diagnostic) -> int:
    return source(db, path).line_of(diagnostic.span.start)


@cache
def bundled_library() -> str:
    """The directory of the tapsets that come with us."""
    from tapsets import directory

    return str(directory())
