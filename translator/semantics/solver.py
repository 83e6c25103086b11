"""One solve per script: union-find over type variables.

Bodies contribute equalities (see `facts`); what they all agree on is the answer, and the
first disagreement of each class is reported at both places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from translator.base.text import Span
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


class Solver:
    """Types of all variables of one script.  Feed it, then ask."""

    def __init__(self) -> None:
        self.conflicts: list[Conflict] = []
        self._parent: dict[Variable, Variable] = {}
        self._type: dict[Variable, tuple[Type, Site | None]] = {}

    def declare(self, variable: Variable, known: Type, site: Site | None) -> None:
        root = self._find(variable)
        self._type.setdefault(root, (known, site))

    def add(self, equalities: Iterable[Equality], path: str, offset: int, unit: int) -> None:
        """Add a body's equalities; its locals become those of handler or function ``unit``."""
        for equality in equalities:
            left, right = _owned(equality.left, unit), _owned(equality.right, unit)
            self._unify(left, right, Site(path, offset, equality.span))

    def type_of(self, variable: Variable) -> Type:
        known = self._type.get(self._find(variable))
        return known[0] if known is not None else Type.UNKNOWN

    def local(self, unit: int, name: str) -> Type:
        return self.type_of(("local", name, unit))

    def site_of(self, variable: Variable) -> Site | None:
        """Where the variable's type became known."""
        known = self._type.get(self._find(variable))
        return known[1] if known is not None else None

    def _find(self, variable: Variable) -> Variable:
        parent = self._parent
        root = variable
        while (above := parent.get(root, root)) != root:
            root = above
        while (above := parent.get(variable, variable)) != root:
            parent[variable] = root
            variable = above
        return root

    def _unify(self, left: Term, right: Term, site: Site) -> None:
        if isinstance(left, Type) and isinstance(right, Type):
            if left is not right:
                self.conflicts.append(Conflict(None, right, left, site, None))
            return
        if isinstance(left, Type):
            left, right = right, left
        assert not isinstance(left, Type)
        root = self._find(left)
        if isinstance(right, Type):
            self._settle(left, root, right, site)
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
                self.conflicts.append(Conflict(left, theirs[0], known[0], site, known[1]))

    def _settle(self, variable: Variable, root: Variable, wanted: Type, site: Site) -> None:
        known = self._type.get(root)
        if known is None:
            self._type[root] = (wanted, site)
        elif known[0] is not wanted:
            self.conflicts.append(Conflict(variable, wanted, known[0], site, known[1]))


def _owned(term: Term, unit: int) -> Term:
    if not isinstance(term, Type) and term[0] in ("local", "bad"):
        return (*term, unit)
    return term
