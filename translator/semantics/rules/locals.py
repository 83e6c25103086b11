"""What handlers and functions of the script do with their local variables.  Not a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from translator.semantics.facts import Facts, LocalUse
from translator.semantics.rules.rule import Handler, Piece, Script


@dataclass(frozen=True, slots=True)
class LocalNames:
    """Names that a body reads and writes."""

    read: frozenset[str]
    written: frozenset[str]


def names(facts: Facts) -> LocalNames:
    read: set[str] = set()
    written: set[str] = set()
    for use in facts.locals:
        (written if use.writes else read).add(use.name)
    return LocalNames(frozenset(read), frozenset(written))


def own_bodies(script: Script) -> Iterator[tuple[Piece, LocalNames]]:
    """Bodies that stand in the script, each with the names of all it runs together with.

    A probe's handler runs with its aliases' prologues and epilogues; where a declaration has
    several derived probes, what any of them reads is read and what any writes is written.
    """
    known: dict[int, LocalNames] = {}
    together: dict[tuple[str, int, int], tuple[Piece, set[str], set[str]]] = {}
    for handler in script.handlers:
        read, written = _of(handler, known)
        for piece in handler.pieces:
            if piece.path == script.path:
                key = (piece.path, piece.offset, id(piece.facts))
                found = together.setdefault(key, (piece, set(), set()))
                found[1].update(read)
                found[2].update(written)
    for piece, some_read, some_written in together.values():
        yield piece, LocalNames(frozenset(some_read), frozenset(some_written))
    for piece in script.functions.values():
        if piece.path == script.path:
            yield piece, names(piece.facts)


def _of(handler: Handler, known: dict[int, LocalNames]) -> tuple[set[str], set[str]]:
    read: set[str] = set()
    written: set[str] = set()
    for piece in handler.pieces:
        found = known.get(id(piece.facts))
        if found is None:
            found = known[id(piece.facts)] = names(piece.facts)
        read |= found.read
        written |= found.written
    return read, written


def first_uses(facts: Facts) -> Iterator[LocalUse]:
    """The first use of each name."""
    seen: set[str] = set()
    for use in facts.locals:
        if use.name not in seen:
            seen.add(use.name)
            yield use
