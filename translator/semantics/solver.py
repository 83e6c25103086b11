"""One solve per script: union-find over type variables.

Bodies contribute equalities (see `facts`); what they all agree on is the answer, and the
first disagreement of each class is reported at both places.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from translator.base.text import Span
from translator.base.value import dataclass
from translator.core.types import Type
from translator.semantics.facts import Equality, Term, Variable


@dataclass(frozen=True, slots=True)
class Site:
    """A span in a declaration: ``offset`` is where the declaration starts in ``path``."""

    path: str
    offset: int
    span: Span

    @property
    def absolute(self) -> Span:
        return self.span.shifted(self.offset)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A variable used as two types; ``site`` is the later use, ``earlier`` what fixed it."""

    variable: Variable | None
    wanted: Type  # what ``site`` needs
    found: Type  # what was known before
    site: Site
    earlier: Site | None


# A site is made of its parts when somebody asks: few are.
_Place: TypeAlias = tuple[str, int, Span]
_Known: TypeAlias = tuple[Type, _Place | None]
_OWNED = ("local", "bad")  # a body's own


class Solver:
    """Types of all variables of one script.  Feed it, then ask."""

    def __init__(self) -> None:
        self.conflicts: list[Conflict] = []
        self._parent: dict[Variable, Variable] = {}
        self._type: dict[Variable, _Known] = {}

    def add(self, equalities: Iterable[Equality], path: str, offset: int, unit: int) -> None:
        """Add a body's equalities; its locals become those of handler or function ``unit``."""
        for equality in equalities:
            left, right = equality.left, equality.right
            if not isinstance(left, Type) and left[0] in _OWNED:
                left = (*left, unit)
            if not isinstance(right, Type) and right[0] in _OWNED:
                right = (*right, unit)
            self._unify(left, right, (path, offset, equality.span))

    def type_of(self, variable: Variable) -> Type:
        known = self._type.get(self._find(variable))
        return known[0] if known is not None else Type.UNKNOWN

    def local(self, unit: int, name: str) -> Type:
        return self.type_of(("local", name, unit))

    def site_of(self, variable: Variable) -> Site | None:
        """Where the variable's type became known."""
        known = self._type.get(self._find(variable))
        return None if known is None or known[1] is None else Site(*known[1])

    def _find(self, variable: Variable) -> Variable:
        parent = self._parent
        above = parent.get(variable)
        if above is None:
            return variable
        root = above
        while (above := parent.get(root)) is not None:
            root = above
        while (above := parent[variable]) is not root:
            parent[variable] = root
            variable = above
        return root

    def _unify(self, left: Term, right: Term, place: _Place) -> None:
        if isinstance(left, Type):
            if isinstance(right, Type):
                if left is not right:
                    self.conflicts.append(Conflict(None, right, left, Site(*place), None))
                return
            left, right = right, left
        root = self._find(left)
        if isinstance(right, Type):
            known = self._type.get(root)
            if known is None:
                self._type[root] = (right, place)
            elif known[0] is not right:
                self._disagree(left, right, known, place)
            return
        other = self._find(right)
        if other == root:
            return
        theirs = self._type.pop(other, None)
        self._parent[other] = root
        if theirs is not None:
            known = self._type.get(root)
            if known is None:
                self._type[root] = theirs
            elif known[0] is not theirs[0]:
                # Keep them joined: one mistake gives one report.
                self._disagree(left, theirs[0], known, place)

    def _disagree(self, variable: Variable, wanted: Type, known: _Known, place: _Place) -> None:
        found, earlier = known
        self.conflicts.append(
            Conflict(
                variable, wanted, found, Site(*place), None if earlier is None else Site(*earlier)
            )
        )
