"""Where the globals of a program live, as handlers in user space see them.

The host runtime keeps them in dictionaries; the bpf runtime puts its maps behind the
same protocol, so that one generated handler runs over either.  Imported for types only:
what a run needs of it is `faults.ArrayFull`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from translator.runtimes.host.faults import ArrayFull

__all__ = ["ArrayFull", "Keys", "Scalar", "Statistics", "Storage"]

Scalar: TypeAlias = int | str
Keys: TypeAlias = tuple[Scalar, ...]


class Statistics(Protocol):
    """The state of one aggregate, summed over CPUs."""

    @property
    def count(self) -> int: ...
    @property
    def sum(self) -> int: ...
    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int: ...

    def variance(self, shift: int) -> int:
        """Sample variance, at least as exact as stap's with that many extra bits."""

    def buckets(self, histogram: tuple[int, ...]) -> list[int]:
        """Counts per bucket.  ``histogram`` is () for logarithmic or (low, high, step)."""


class Storage(Protocol):
    """All globals of one session.  Names are those of `core.ir.Global`."""

    def exclusive(self) -> AbstractContextManager[object]:
        """Held by a handler while it runs: its updates are atomic to all other handlers."""

    def get(self, name: str) -> Scalar: ...
    def set(self, name: str, value: Scalar) -> None: ...
    def add(self, name: str, amount: int) -> None: ...
    def element(self, array: str, keys: Keys) -> Scalar | None:
        """The element, or None if the array has no such key."""

    def set_element(self, array: str, keys: Keys, value: Scalar) -> None:
        """Raises `ArrayFull` if there is no room and the array does not wrap."""

    def add_element(self, array: str, keys: Keys, amount: int) -> None: ...
    def delete_element(self, array: str, keys: Keys) -> None: ...
    def clear(self, name: str) -> None: ...
    def keys(self, array: str) -> Iterable[Keys]:
        """A snapshot, in order of insertion where the storage knows it."""

    def items(self, array: str) -> Iterable[tuple[Keys, Scalar]]:
        """A snapshot of a non-aggregate array."""

    def accumulate(self, name: str, keys: Keys, value: int) -> None: ...
    def statistics(self, name: str, keys: Keys) -> Statistics | None:
        """None if nothing was accumulated there."""

    def all_statistics(self, array: str) -> Iterable[tuple[Keys, Statistics]]:
        """A snapshot of an aggregate array."""
