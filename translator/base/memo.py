"""Memoised pure functions over versioned inputs: recomputed only where an input's change
reaches them, and no further than the first value that comes out equal.

A query is a pure function of a `Database` and hashable arguments.  While it runs, every
input and query it reads is recorded.  Later the record is verified before anything runs
again, and a value that comes out equal keeps its old revision, so its readers rest too.

Deliberately absent: threads (one owns a database), eviction, cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
Key: TypeAlias = tuple[Hashable, ...]


class QueryCycle(AssertionError):
    """A query asked, through others, for its own value: a mistake of ours."""


class Cancelled(Exception):
    """The request was withdrawn; nothing that was remembered is damaged."""


@dataclass(slots=True)
class _Memo:
    value: Any
    reads: tuple[Key, ...]
    changed: int  # revision in which the value last differed
    verified: int  # revision in which it was last known to be right


class Database:
    """Inputs and memos of one workspace.

    ``trace`` hears ("run", key) for each query that is computed; ``cancelled`` is asked
    before each and makes `Cancelled` rise through the running ones.
    """

    def __init__(
        self,
        trace: Callable[[str, Key], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.revision = 0
        self.cancelled = cancelled
        self._trace = trace
        self._inputs: dict[Key, tuple[Any, int]] = {}
        self._memos: dict[Key, _Memo] = {}
        self._running: list[tuple[Key, dict[Key, None]]] = []

    def check(self) -> None:
        """For long work inside a query.  Raises Cancelled if the request was withdrawn."""
        if self.cancelled():
            raise Cancelled

    def set(self, *key: Hashable, value: Any) -> None:
        """Give an input.  An equal value changes nothing."""
        assert not self._running, "an input is set while a query runs"
        old = self._inputs.get(key)
        if old is not None and old[0] == value:
            return
        self.revision += 1
        self._inputs[key] = (value, self.revision)

    def get(self, *key: Hashable) -> Any:
        """An input's value; None if it was never given, which is remembered as a read too."""
        self._record(key)
        return self._inputs.get(key, (None, 0))[0]

    def fetch(self, key: Key) -> Any:
        """The value of the query ``key[0]`` for the arguments ``key[1:]``."""
        self._record(key)
        return self._verified(key).value

    def _record(self, key: Key) -> None:
        if self._running:
            self._running[-1][1][key] = None

    def _verified(self, key: Key) -> _Memo:
        memo = self._memos.get(key)
        if memo is not None and memo.verified == self.revision:
            return memo
        if memo is None or any(self._changed(read) > memo.verified for read in memo.reads):
            return self._compute(key, memo)
        memo.verified = self.revision
        return memo

    def _changed(self, key: Key) -> int:
        if not callable(key[0]):
            return self._inputs.get(key, (None, 0))[1]
        if key not in self._memos:
            return self.revision  # it raised last time: its reader must ask again
        try:
            return self._verified(key).changed
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - its reader asks again, and may expect it
            return self.revision

    def _compute(self, key: Key, old: _Memo | None) -> _Memo:
        if any(running == key for running, _ in self._running):
            path = [describe(running) for running, _ in self._running]
            raise QueryCycle(" → ".join([*path, describe(key)]))
        self.check()
        if self._trace is not None:
            self._trace("run", key)
        reads: dict[Key, None] = {}
        self._running.append((key, reads))
        try:
            function = cast("Callable[..., Any]", key[0])
            value = function(self, *key[1:])
        except BaseException:
            self._memos.pop(key, None)
            raise
        finally:
            self._running.pop()
        same = old is not None and old.value == value
        memo = _Memo(
            old.value if same and old is not None else value,
            tuple(reads),
            old.changed if same and old is not None else self.revision,
            self.revision,
        )
        self._memos[key] = memo
        return memo


def query(
    function: Callable[Concatenate[Database, P], R],
) -> Callable[Concatenate[Database, P], R]:
    """Make ``function(db, *arguments)`` a query; the arguments must be hashable."""

    @wraps(function)
    def ask(db: Database, *arguments: P.args, **named: P.kwargs) -> R:
        assert not named, "queries take positional arguments"
        return cast("R", db.fetch((function, *cast("tuple[Hashable, ...]", arguments))))

    return cast("Callable[Concatenate[Database, P], R]", ask)


def describe(key: Key) -> str:
    """``tree('a.stp')`` for a query, ``text 'a.stp'`` for an input."""
    head, *rest = key
    shown = ", ".join(map(repr, rest))
    if callable(head):
        return f"{getattr(head, '__name__', head)}({shown})"
    return f"{head} {shown}".rstrip()
