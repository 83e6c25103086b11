"""What one elaboration leaves to the next: facts of bodies, probes of points, bodies that
were lowered without a finding.

Everything is known by the very objects it came from, which stay the same while their
text does; they are kept with it, so that an id stays its own.  Nothing that depends on
where a declaration stands is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeAlias, TypeVar

from translator.base.memo import Key
from translator.elaborate.derive import Found
from translator.probes.point import Environment
from translator.semantics.facts import Facts, Names
from translator.semantics.library import Library
from translator.syntax import ast

_REMEMBERED = 20_000

V = TypeVar("V")
Signature: TypeAlias = tuple[Hashable, ...]


class _ByObject(Generic[V]):
    """Values by the identity of objects and an equal role; all forgotten when too many."""

    def __init__(self) -> None:
        self._known: dict[tuple[Hashable, ...], tuple[tuple[object, ...], V]] = {}

    def find(self, role: Hashable, *objects: object) -> V | None:
        known = self._known.get((role, *map(id, objects)))
        return None if known is None else known[1]

    def keep(self, value: V, role: Hashable, *objects: object) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[role, *map(id, objects)] = (objects, value)


class Memory:
    """Of one library on one machine with one set of options.

    ``trace`` hears ("gather", (role,)) when a body is walked for its facts and
    ("derive", (point,)) when a point's probes are looked for, as `Database`'s does.
    """

    def __init__(self, trace: Callable[[str, Key], None] | None = None) -> None:
        self._trace = trace or (lambda event, key: None)
        self._library: Library | None = None
        self._environment: Environment | None = None
        self._forget()

    def _forget(self) -> None:
        self._facts: _ByObject[Facts] = _ByObject()
        self._points: _ByObject[tuple[Found, ...]] = _ByObject()
        self._sound: _ByObject[Signature] = _ByObject()

    def attend(self, library: Library, environment: Environment) -> None:
        """Another library or machine: what was found in the former one counts no more."""
        if library is not self._library or environment is not self._environment:
            self._library, self._environment = library, environment
            self._forget()

    def facts(self, body: object, role: str, names: Names, gather: Callable[[], Facts]) -> Facts:
        """The facts of ``body`` in ``role`` (a file, a function's name), gathered if need be.

        They hold while its names mean the same.
        """
        known = self._facts.find(role, body)
        if known is not None and known.hold(names):
            return known
        self._trace("gather", (role,))
        found = gather()
        self._facts.keep(found, role, body)
        return found

    def probes(self, point: ast.ProbePoint, expansions: int | None) -> tuple[Found, ...] | None:
        """Probes of a point that names no alias of a script."""
        known = self._points.find(expansions, point)
        if known is None:
            self._trace("derive", (point,))
        return known

    def keep_probes(
        self, point: ast.ProbePoint, expansions: int | None, found: tuple[Found, ...]
    ) -> None:
        self._points.keep(found, expansions, point)

    def is_sound(self, signature: Signature, *lowered: object) -> bool:
        """Whether ``lowered`` had no finding while all it asks for was ``signature``."""
        return self._sound.find(None, *lowered) == signature

    def keep_sound(self, signature: Signature, *lowered: object) -> None:
        self._sound.keep(signature, None, *lowered)
