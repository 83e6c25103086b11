"""The memo engine: what is computed again, what rests, and what is never remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.base.memo import Cancelled, Database, Key, QueryCycle, describe, query


@query
def lines(db: Database, name: str) -> tuple[str, ...]:
    text: str = db.get("text", name) or ""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@query
def summary(db: Database, name: str) -> tuple[str, ...]:
    return tuple(sorted(line for line in lines(db, name) if line.startswith("def ")))


@query
def index(db: Database) -> frozenset[str]:
    return frozenset(line for name in db.get("files") or () for line in summary(db, name))


@query
def report(db: Database, name: str) -> tuple[str, ...]:
    known = index(db)
    used = [line[4:] for line in lines(db, name) if line.startswith("use ")]
    return tuple(word for word in used if f"def {word}" not in known)


class Traced:
    """A database, and the names of the queries that were computed since one last looked."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Key]] = []
        self.db = Database(lambda event, key: self.events.append((event, key)))

    def computed(self) -> list[str]:
        found = [describe(key) for _, key in self.events]
        self.events.clear()
        return found


@pytest.fixture
def traced() -> Traced:
    traced = Traced()
    traced.db.set("files", value=("a", "b"))
    traced.db.set("text", "a", value="def x\nuse y")
    traced.db.set("text", "b", value="def y")
    assert report(traced.db, "a") == ()
    traced.computed()
    return traced


def test_asking_again_computes_nothing(traced: Traced) -> None:
    assert report(traced.db, "a") == ()
    traced.db.set("text", "b", value="def y")  # an equal value
    assert report(traced.db, "a") == ()
    assert traced.computed() == []


def test_an_equal_value_stops_the_change(traced: Traced) -> None:
    traced.db.set("text", "b", value="def y\n\n\n")
    assert report(traced.db, "a") == ()
    assert traced.computed() == ["lines('b')"]


def test_a_change_runs_what_reads_it(traced: Traced) -> None:
    traced.db.set("text", "b", value="def z")
    assert report(traced.db, "a") == ("y",)
    assert traced.computed() == ["lines('b')", "summary('b')", "index()", "report('a')"]


def test_an_input_that_was_missing_counts(traced: Traced) -> None:
    traced.db.set("files", value=("a",))
    assert report(traced.db, "a") == ("y",)
    assert lines(traced.db, "new") == ()
    traced.db.set("text", "new", value="def w")
    assert lines(traced.db, "new") == ("def w",)


def test_a_cycle_is_named() -> None:
    @query
    def first(db: Database) -> int:
        return second(db)

    @query
    def second(db: Database) -> int:
        return first(db)

    with pytest.raises(QueryCycle, match=r"first\(\) → second\(\) → first\(\)"):
        first(Database())


def test_a_failure_is_not_remembered() -> None:
    @query
    def fragile(db: Database) -> int:
        if db.get("broken"):
            raise ValueError
        return 1

    @query
    def reader(db: Database) -> int:
        try:
            return fragile(db)
        except ValueError:
            return 0

    db = Database()
    db.set("broken", value=True)
    with pytest.raises(ValueError):
        fragile(db)
    assert reader(db) == 0
    db.set("broken", value=False)
    assert (fragile(db), reader(db)) == (1, 1)
    db.set("broken", value=True)
    assert reader(db) == 0


def test_a_failure_outside_the_inputs_is_asked_again() -> None:
    world = {"broken": True}

    @query
    def fragile(db: Database) -> int:
        if world["broken"]:
            raise OSError
        return 1

    @query
    def reader(db: Database) -> int:
        try:
            return fragile(db)
        except OSError:
            return 0

    db = Database()
    assert reader(db) == 0
    world["broken"] = False
    db.set("other", value=1)
    assert reader(db) == 1


def test_cancelled_work_leaves_everything_right(traced: Traced) -> None:
    db = traced.db
    db.set("text", "a", value="use z")
    calls = iter((False, True))
    db.cancelled = lambda: next(calls)
    with pytest.raises(Cancelled):
        report(db, "a")
    db.cancelled = lambda: True
    with pytest.raises(Cancelled):
        db.check()
    db.cancelled = lambda: False
    assert report(db, "a") == ("z",)


def test_inputs_stay_while_a_query_runs() -> None:
    @query
    def meddling(db: Database) -> None:
        db.set("text", "a", value="")

    with pytest.raises(AssertionError, match="while a query runs"):
        meddling(Database())


_lines = st.lists(st.sampled_from(["def x", "def y", "use x", "use y", "use z", "", " "]))
_edits = st.lists(
    st.tuples(st.sampled_from("abc"), _lines.map("\n".join), st.booleans()), max_size=14
)


@given(_edits)
def test_incremental_equals_from_scratch(edits: list[tuple[str, str, bool]]) -> None:
    db = Database()
    texts: dict[str, str] = {}

    def enter(into: Database) -> None:
        into.set("files", value=tuple(sorted(texts)))
        for name, text in texts.items():
            into.set("text", name, value=text)

    for name, text, ask in edits:
        texts[name] = text
        enter(db)
        if ask:
            fresh = Database()
            enter(fresh)
            assert [report(db, each) for each in texts] == [report(fresh, each) for each in texts]
