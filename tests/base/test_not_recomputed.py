"""What an edit does not cost: told by the trace of queries, walks and resolutions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from translator.analysis import Analysis, Settings, bundled_library
from translator.base.memo import Key, describe
from translator.base.system import RealSystem
from translator.syntax.ast import ProbePoint
from translator.syntax.parser import parse_chunk

_PATH = "/untouched.stp"
_TEXT = """\
global hits, seen
# What is counted.
function counted(name) { hits[name]++ return hits[name] }
function other(n) { return n + 1 }
probe syscall.getppid { seen[execname()] <<< counted("a") }
probe timer.s(3) { println(other(1)) }
probe end { foreach (name in hits) println(name, hits[name], @count(seen[name])) }
"""


class Work:
    """An analysis, and what it did since one last looked."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Key]] = []
        self.analysis = Analysis(
            RealSystem(),
            Settings((bundled_library(),)),
            lambda event, key: self._events.append((event, key)),
        )
        self._misses = 0

    def diagnostics(self, text: str) -> int:
        self.analysis.set_text(_PATH, text)
        return len(self.analysis.diagnostics(_PATH))

    def done(self) -> dict[str, list[str]]:
        """Queries computed, bodies gathered, points resolved; and how many chunks were parsed."""
        found: dict[str, list[str]] = {"run": [], "gather": [], "derive": []}
        for event, key in self._events:
            match key:
                case (ProbePoint(),):
                    found[event].append("point")
                case _ if callable(key[0]):
                    found[event].append(describe(key).partition("(")[0])
                case _:
                    found[event].append(str(key[0]))
        self._events.clear()
        misses = parse_chunk.cache_info().misses
        found["parse"] = ["chunk"] * (misses - self._misses)
        self._misses = misses
        return found


@pytest.fixture
def work() -> Iterator[Work]:
    parse_chunk.cache_clear()
    work = Work()
    assert work.diagnostics(_TEXT) == 0
    assert work.done()["gather"]
    yield work
    parse_chunk.cache_clear()


def test_editing_nothing_costs_nothing(work: Work) -> None:
    work.diagnostics(_TEXT)
    assert work.done() == {"run": [], "gather": [], "derive": [], "parse": []}


def test_another_file_costs_this_one_nothing(work: Work) -> None:
    work.analysis.set_text("/another.stp", "probe begin { exit() }")
    assert work.analysis.diagnostics("/another.stp") == ()
    work.done()
    work.analysis.set_text("/another.stp", "probe begin { exit( }")
    work.diagnostics(_TEXT)
    assert work.done() == {"run": [], "gather": [], "derive": [], "parse": []}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# What is counted.", "# What is counted here."),
        ("return n + 1", "return n + 2"),
        ("println(other(1))", "println(other(1), 2)"),
    ],
)
def test_an_edit_costs_one_declaration(work: Work, old: str, new: str) -> None:
    assert work.diagnostics(_TEXT.replace(old, new)) == 0
    done = work.done()
    assert done["parse"] == ["chunk"]
    assert len(done["gather"]) == 1
    # A point is the probe's own: it is looked at again with the probe, and no other is.
    assert len(done["derive"]) == (1 if "println" in old else 0)


def test_blank_lines_above_cost_no_parsing(work: Work) -> None:
    assert work.diagnostics(f"\n\n\n{_TEXT}") == 0
    done = work.done()
    assert (done["gather"], done["derive"]) == ([], [])
    assert len(done["parse"]) <= 1


def test_a_new_global_costs_who_names_it(work: Work) -> None:
    work.diagnostics(f"{_TEXT}global n\n")
    done = work.done()
    # `other` has a parameter of that name, which hides it; nobody else says `n`.
    assert (done["gather"], done["derive"]) == ([], [])
    work.diagnostics(f"{_TEXT}global name\n")
    # The last probe does; in `counted` it is a parameter.
    assert work.done()["gather"] == [_PATH]


def test_a_check_and_a_look_share_what_they_gather(work: Work) -> None:
    work.analysis.sketch(_PATH)
    done = work.done()
    assert done["run"] == ["sketch"]
    assert done["gather"] == []
