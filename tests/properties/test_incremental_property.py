"""The guard of the incremental engine: whatever was typed, opened, closed, saved and asked
before, the answers are those of a fresh start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from tests.bench import frontend
from tests.probes.machine import MemorySystem
from translator.analysis import Analysis, Settings
from translator.base.system import Machine
from translator.elaborate.options import Options
from translator.elaborate.program import Elaborated
from translator.syntax import lexer
from translator.syntax.parser import parse_chunk

_SCRIPTS = Path(__file__).parents[1] / "fixtures" / "scripts"
_NAMES = ("hello", "counts", "latency", "functions", "errors", "operators", "aliases", "arguments")

_LIBRARY = {
    "/library/context.stp": """\
function pid:long () %{ primitive context %}
function tid:long () %{ primitive context %}
function execname:string () %{ primitive context %}
function gettimeofday_us:long () %{ primitive effect %}
function gettimeofday_ns:long () { return gettimeofday_us() * 1000 }
""",
    "/library/logging.stp": """\
global lines
private global level = 1
function exit () %{ primitive effect %}
/** sfunction log - Write a line */
function log (text:string) { lines++ if (level) println(text) }
probe end { if (lines > 100) println("much was written: ", lines) }
""",
    "/library/calls.stp": """\
probe call.begin = begin { name = "begin" argstr = sprintf("%d", pid()) }
probe call.tick = timer.ms(100) { name = "tick" tock(1) } { note(name) }
probe call.both = call.begin, call.tick ? { many = 2 }
probe syscall.read = timer.ms(7) { name = "read" }
probe syscall.read.return = timer.ms(8) { name = "read" }
function tock (n:long) { return n + 1 }
private function note (what) { log(what) }
""",
}

_SNIPPETS = (
    'probe begin { log("x") }',
    "probe call.* { n++ println(name, argstr) }",
    "probe call.tick, call.both { n[name] <<< many }",
    "global n",
    "global lines",
    "global n[10], armed = 1",
    "function tock(n) { return sprint(n) }",
    "function pid:string() { return execname() }",
    "private function note(a, b) { next }",
    "probe mine.* = call.* { mine = pid() }",
    "probe mine.call.tick { println(mine) }",
    "probe timer.s(n) { }",
    "probe begin if (armed) { armed = 0 }",
    "# a comment\n",
    "/* a comment",
    "%( $# > 0 %? global n %: probe end { } %)",
    "@define one %( 1 %)",
    "println(@one)",
    "%{ c %}",
    "n = 1",
    'n = "text"',
    "n <<< 3",
    "delete n",
    "log(1)",
    "tock(2)",
    'note("a")',
    "foreach (k in n) println(k)",
    "return 1",
    "{",
    "}",
    "(",
    ")",
    '"',
    ",",
    ";",
    "\r\n",
    "$1",
    "@1",
    "é\u2028𝄞",
)

_LONGEST = 12_000  # characters of one text


class Disk(MemorySystem):
    """Files that can be written, whose stamps tell."""

    def __init__(self) -> None:
        # A place where no cache can be kept: nothing is carried over but what is tested.
        nowhere = {"XDG_CACHE_HOME": "/dev/null/cache", "HOME": "/dev/null"}
        super().__init__({}, nowhere, Machine("6.1.0-test", "x86_64"))
        self._versions: dict[str, int] = {}

    def write(self, path: str, text: str) -> None:
        self._files[path] = text.encode("utf-8", "surrogateescape")
        self._versions[path] = self._versions.get(path, 0) + 1

    def remove(self, path: str) -> None:
        self._files.pop(path, None)

    def stamp(self, path: str) -> tuple[int, int] | None:
        data = self._files.get(path)
        return None if data is None else (self._versions[path], len(data))


@dataclass
class Desk:
    """What a user has open, and the analysis that has seen it all happen."""

    disk: Disk = field(default_factory=Disk)
    options: Options = field(default_factory=Options)
    open: dict[str, str] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, text in _LIBRARY.items():
            self.disk.write(path, text)
        self.analysis = self.started()

    def started(self) -> Analysis:
        """A fresh start that knows what is open."""
        analysis = Analysis(self.disk, Settings(("/library",), self.options))
        for path in self.seen:
            if path not in self.open:
                analysis.load_file(path)
        for path, text in self.open.items():
            analysis.set_text(path, text)
        return analysis

    def text(self, path: str) -> str:
        text = self.open.get(path)
        return (self.disk.read_text(path) or "") if text is None else text

    def edit(self, path: str, text: str) -> None:
        self.seen[path] = None
        self.open[path] = text[:_LONGEST]
        self.analysis.set_text(path, self.open[path])

    def close(self, path: str) -> None:
        self.seen[path] = None
        self.open.pop(path, None)
        self.analysis.forget_text(path)

    def save(self, path: str) -> None:
        """The file is written, and the client says that it changed."""
        self.seen[path] = None
        self.disk.write(path, self.text(path))
        self.analysis.load_file(path)
        self.analysis.reload_library()

    def remove(self, path: str) -> None:
        self.seen[path] = None
        self.disk.remove(path)
        self.analysis.load_file(path)
        self.analysis.reload_library()

    def configure(self, arguments: tuple[str, ...] | None) -> None:
        self.options = Options(arguments=arguments)
        self.analysis.configure(Settings(("/library",), self.options))

    def compare(self) -> None:
        fresh = self.started()
        for path in self.seen:
            for what, now, then in _answers(self.analysis, fresh, path):
                assert now == then, (what, path)


def _answers(now: Analysis, fresh: Analysis, path: str) -> list[tuple[str, object, object]]:
    return [
        ("source", now.source(path), fresh.source(path)),
        ("tree", now.tree(path), fresh.tree(path)),
        ("sketch", _shown(now.sketch(path)), _shown(fresh.sketch(path))),
        ("findings", now.findings(path), fresh.findings(path)),
        ("diagnostics", now.diagnostics(path), fresh.diagnostics(path)),
        ("elaborated", _shown(now.elaborated(path)), _shown(fresh.elaborated(path))),
        ("names", now.listed(path, variables=True), fresh.listed(path, variables=True)),
    ]


def _shown(found: Elaborated) -> dict[str, object]:
    """What an elaboration says, types of all globals, results and locals included."""
    solver = found.solver
    locals_ = [
        (use, solver.local(index, use))
        for index in (*range(len(found.derived)), *found.function_units.values())
        for use in ("name", "n", "many", "what", "text", "mine", "k", "result", "value")
    ]
    return {
        "program": found.program,
        "findings": found.findings,
        "derived": found.derived,
        "functions": tuple(found.scope.functions.items()),
        "globals": tuple(found.scope.globals.items()),
        "pulled": tuple(found.scope.pulled),
        "units": found.function_units,
        "results": [solver.type_of(("result", name)) for name in found.scope.functions],
        "types": [solver.type_of(("global", name)) for name in found.scope.globals],
        "locals": locals_,
    }


def _start(name: str) -> str:
    if name == "bench":
        return frontend.script(20)
    return (_SCRIPTS / f"{name}.stp").read_text()


_PATHS = ("/a.stp", "/b.stp", *_LIBRARY)
_paths = st.sampled_from((*_PATHS, "/a.stp", "/a.stp", "/a.stp"))
_places = st.integers(0, 10_000)
_snippets = st.sampled_from(_SNIPPETS)
_steps = st.one_of(
    st.tuples(st.just("delete"), _paths, _places, st.integers(1, 4)),
    st.tuples(st.just("insert"), _paths, _places, _snippets),
    st.tuples(st.just("insert"), _paths, _places, _snippets),
    st.tuples(st.just("type"), _paths, _places, st.sampled_from("abnx1 (){}\"#\n$%@'.")),
    st.tuples(st.just("swap"), _paths, _places, _places),
    st.tuples(st.just("double"), _paths, _places, st.integers(1, 4)),
    st.tuples(st.just("line"), _paths, _places, _snippets),
    st.tuples(st.just("replace"), _paths, st.sampled_from(("bench", *_NAMES)), st.none()),
    st.tuples(st.just("close"), _paths, st.none(), st.none()),
    st.tuples(st.just("save"), _paths, st.none(), st.none()),
    st.tuples(st.just("remove"), _paths, st.none(), st.none()),
    st.tuples(st.just("arguments"), _paths, st.sampled_from((None, (), ("1", "b"))), st.none()),
    st.tuples(st.just("ask"), _paths, st.none(), st.none()),
    st.tuples(st.just("compare"), _paths, st.none(), st.none()),
)


def _edited(text: str, what: str, at: int, more: object) -> str:
    if what in ("swap", "line"):
        lines = text.splitlines(keepends=True) or [""]
        at %= len(lines)
        if what == "line":
            lines.insert(at, f"{more}\n")
        elif isinstance(more, int):
            other = more % len(lines)
            lines[at], lines[other] = lines[other], lines[at]
        return "".join(lines)
    if what == "type":
        at %= len(text) + 1
        return f"{text[:at]}{more}{text[at:]}"
    tokens = [token.text for token in lexer.tokens(text)]
    at %= len(tokens) + 1
    match what, more:
        case "insert", str(snippet):
            tokens[at:at] = [" ", snippet, " "]
        case "delete", int(count):
            del tokens[at : at + count]
        case "double", int(count):
            tokens[at:at] = tokens[at : at + count]
    return "".join(tokens)


def _take(desk: Desk, step: tuple[str, str, object, object]) -> None:
    match step:
        case "close", path, _, _:
            desk.close(path)
        case "save", path, _, _:
            desk.save(path)
        case "remove", path, _, _:
            desk.remove(path)
        case "arguments", _, tuple() | None as arguments, _:
            desk.configure(arguments)
        case "replace", path, str(name), _:
            desk.edit(path, _start(name))
        case "ask", path, _, _:
            desk.seen[path] = None
            desk.analysis.load_file(path)
            desk.analysis.diagnostics(path)
        case "compare", *_:
            desk.compare()
        case what, path, int(at), more:
            desk.edit(path, _edited(desk.text(path), what, at, more))
        case _:
            raise AssertionError(step)


@given(st.sampled_from(("bench", *_NAMES)), st.lists(_steps, max_size=10))
@example("bench", [("insert", "/a.stp", 7257, "global lines"), ("ask", "/a.stp", None, None)])
def test_any_history_gives_what_a_fresh_start_gives(
    start: str, steps: list[tuple[str, str, object, object]]
) -> None:
    desk = Desk()
    desk.edit("/a.stp", _start(start))
    desk.analysis.diagnostics("/a.stp")
    for step in steps:
        _take(desk, step)
    parse_chunk.cache_clear()
    desk.compare()
