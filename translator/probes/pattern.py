"""Which probe points are well formed: a tree of patterns, and the answers asked of it.

A pattern is written as manuals write it: ``timer.s(N).randomize(N)`` takes numbers,
``process("PATH").function("PATTERN")`` strings.  The tree says which patterns a probe
point means, where it stops meaning any, and what may come next.  It knows no family, no
machine and no probe alias.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import Enum
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Generic, NamedTuple, TypeVar

from translator.base.value import dataclass
from translator.syntax.ast import Alternatives, Component, Number, ProbePoint, String
from translator.syntax.lexer import string_literal

T = TypeVar("T")

EXPANSION_LIMIT = 4096  # braces multiply; no real probe point comes near

_WILDCARD = re.compile(r"[*?\[]")
_PART = re.compile(r'(?P<name>[^.("]+)(?:\((?:"(?P<string>[^"]*)"|(?P<number>\w+))\))?(?:\.|$)')


class ArgumentKind(Enum):
    NONE = "no argument"
    NUMBER = "a number"
    STRING = "a string"


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a pattern; ``label`` names its argument for people: ``N``, ``PATH``."""

    name: str
    kind: ArgumentKind = ArgumentKind.NONE
    label: str = ""

    @property
    def text(self) -> str:
        match self.kind:
            case ArgumentKind.NONE:
                return self.name
            case ArgumentKind.NUMBER:
                return f"{self.name}({self.label})"
            case ArgumentKind.STRING:
                return f'{self.name}("{self.label}")'


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """One pattern that a probe point means.

    ``components`` are concrete: wildcards are replaced by what they matched, and
    ``origin[i]`` is the index of the written component that ``components[i]`` came from.
    """

    value: T
    components: tuple[Component, ...]
    origin: tuple[int, ...]

    def number(self, name: str) -> int | None:
        """The number given to the component ``name``, if it is there and has one."""
        for each in self.components:
            if each.name == name and isinstance(each.argument, Number):
                return each.argument.value
        return None

    def string(self, name: str) -> str | None:
        """The string given to the component ``name``, if it is there and has one."""
        for each in self.components:
            if each.name == name and isinstance(each.argument, String):
                return each.argument.value
        return None

    def has(self, name: str) -> bool:
        return any(each.name == name for each in self.components)

    def index(self, name: str) -> int:
        """Place of the component ``name`` among the concrete ones; 0 if it is not there."""
        return next((at for at, each in enumerate(self.components) if each.name == name), 0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """No pattern goes on with component ``index`` (or none ends after the last one)."""

    index: int
    message: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Continuation(Generic[T]):
    """A component that may come next; ``complete``: a probe point may end with it.

    ``owner`` is the value of the first pattern that was added with it.
    """

    part: Part
    summary: str
    complete: bool
    owner: T


class _Node(Generic[T]):
    __slots__ = ("children", "owner", "part", "summary", "value")

    def __init__(self, part: Part, summary: str, owner: T | None = None) -> None:
        self.part = part
        self.summary = summary
        self.owner = owner
        self.value: T | None = None
        self.children: dict[tuple[str, ArgumentKind], _Node[T]] = {}


class _Path(NamedTuple, Generic[T]):
    node: _Node[T]
    components: tuple[Component, ...]
    origin: tuple[int, ...]


class PatternTree(Generic[T]):
    """Patterns with a value each.  Filled once, then only asked."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node(Part(""), "")

    def add(self, pattern: str, summary: str, value: T) -> None:
        """Adds ``pattern``; a later one of the same shape replaces the earlier value."""
        node = self._root
        for part in parts(pattern):
            key = (part.name, part.kind)
            child = node.children.get(key)
            if child is None:
                child = node.children[key] = _Node(part, summary, value)
            node = child
        node.value, node.summary = value, summary

    def find(self, components: tuple[Component, ...]) -> tuple[Match[T], ...] | Mismatch:
        """Every pattern that the whole probe point means, in the order they were added."""
        paths, mismatch = self._walk(components)
        if mismatch is not None:
            return mismatch
        found = tuple(
            Match(path.node.value, path.components, path.origin)
            for path in paths
            if path.node.value is not None
        )
        return found or _incomplete(components, paths)

    def following(
        self, components: tuple[Component, ...], partial: str
    ) -> tuple[Continuation[T], ...]:
        """What may stand after ``components`` and begins with ``partial``."""
        paths, mismatch = self._walk(components)
        if mismatch is not None:
            return ()
        seen: dict[Part, Continuation[T]] = {}
        for path in paths:
            for child in path.node.children.values():
                if child.part.name.lower().startswith(partial.lower()):
                    assert child.owner is not None, child.part
                    ends = child.value is not None
                    seen.setdefault(
                        child.part, Continuation(child.part, child.summary, ends, child.owner)
                    )
        return tuple(seen.values())

    def _walk(self, components: tuple[Component, ...]) -> tuple[list[_Path[T]], Mismatch | None]:
        paths: list[_Path[T]] = [_Path(self._root, (), ())]
        for at, component in enumerate(components):
            following = [step for path in paths for step in _steps(path, component, at)]
            if not following:
                return [], _mismatch(components, at, paths)
            paths = following
        return paths, None


def parts(pattern: str) -> tuple[Part, ...]:
    """A pattern's components: ``a.b(N).c("PATH")``."""
    found: list[Part] = []
    at = 0
    while at < len(pattern):
        piece = _PART.match(pattern, at)
        assert piece is not None, pattern
        if (label := piece["string"]) is not None:
            found.append(Part(piece["name"], ArgumentKind.STRING, label))
        elif (label := piece["number"]) is not None:
            found.append(Part(piece["name"], ArgumentKind.NUMBER, label))
        else:
            found.append(Part(piece["name"]))
        at = piece.end()
    return tuple(found)


def expand(point: ProbePoint) -> tuple[tuple[Component, ...], ...]:
    """The probe points that braces stand for, in written order; at most `EXPANSION_LIMIT`."""
    return tuple(islice(_expansions(point.components), EXPANSION_LIMIT))


def _expansions(
    items: tuple[Component | Alternatives, ...],
) -> Iterator[tuple[Component, ...]]:
    choices = [
        ((item,),)
        if isinstance(item, Component)
        else tuple(
            islice((each for way in item.choices for each in _expansions(way)), EXPANSION_LIMIT)
        )
        for item in items
    ]
    for way in product(*choices):
        yield tuple(component for piece in way for component in piece)


def spelled(components: Iterable[Component]) -> str:
    """The probe point as a script would write it."""
    return ".".join(_component_text(each) for each in components)


def quoted(text: str) -> str:
    """A string literal of the script language."""
    return string_literal(text)


def is_wildcard(text: str) -> bool:
    return _WILDCARD.search(text) is not None


def nearest(name: str, candidates: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The candidates most like ``name``, best first; none if nothing is near."""
    from difflib import get_close_matches

    by_lower: dict[str, str] = {}
    for each in candidates:
        by_lower.setdefault(each.lower(), each)
    found = get_close_matches(name.lower(), by_lower, n=limit, cutoff=0.65)
    return tuple(by_lower[each] for each in found)


def _component_text(component: Component) -> str:
    match component.argument:
        case Number(value=value):
            return f"{component.name}({value})"
        case String(value=value):
            return f"{component.name}({quoted(value)})"
        case None:
            return component.name + ("()" if component.has_parentheses else "")


def _kind(component: Component) -> ArgumentKind | None:
    """None where parentheses are empty: what stands there is missing, not absent."""
    match component.argument:
        case Number():
            return ArgumentKind.NUMBER
        case String():
            return ArgumentKind.STRING
        case None:
            return None if component.has_parentheses else ArgumentKind.NONE


def _steps(path: _Path[T], component: Component, at: int) -> list[_Path[T]]:
    kind = _kind(component)
    if kind is None:
        return []
    name = component.name
    if "**" in name:
        return list(_deep_steps(path, component, kind, at))
    if is_wildcard(name):
        nodes = [
            child
            for (child_name, child_kind), child in path.node.children.items()
            if child_kind is kind and fnmatchcase(child_name, name)
        ]
    else:
        child = path.node.children.get((name, kind))
        nodes = [] if child is None else [child]
    return [_extended(path, node, component, at) for node in nodes]


def _deep_steps(
    path: _Path[T], component: Component, kind: ArgumentKind, at: int
) -> Iterator[_Path[T]]:
    """``**`` also matches dots: any number of components, all but the last without argument."""
    pending = [(path, "")]
    while pending:
        current, prefix = pending.pop()
        for (name, child_kind), child in reversed(current.node.children.items()):
            if child_kind is ArgumentKind.NONE:
                bare = replace(component, name=name, argument=None, has_parentheses=False)
                pending.append((_extended(current, child, bare, at), f"{prefix}{name}."))
        for (name, child_kind), child in current.node.children.items():
            if child_kind is kind and fnmatchcase(prefix + name, component.name):
                yield _extended(current, child, component, at)


def _extended(path: _Path[T], node: _Node[T], component: Component, at: int) -> _Path[T]:
    named = (
        component if component.name == node.part.name else replace(component, name=node.part.name)
    )
    return _Path(node, (*path.components, named), (*path.origin, at))


def _mismatch(components: tuple[Component, ...], at: int, paths: list[_Path[T]]) -> Mismatch:
    component = components[at]
    before = spelled(components[:at])
    possible = [child.part for path in paths for child in path.node.children.values()]
    same_name = [part for part in possible if part.name == component.name]
    if same_name:
        forms = tuple(part.text for part in same_name)
        kinds = " or ".join(dict.fromkeys(part.kind.value for part in same_name))
        return Mismatch(at, f"`{component.name}` takes {kinds}: {_listed(forms)}", forms)
    if not possible:
        return Mismatch(at, f"nothing can follow `{before}`")
    place = f" after `{before}`" if before else ""
    if is_wildcard(component.name):
        return Mismatch(at, f"`{spelled((component,))}` matches nothing{place}")
    names = tuple(dict.fromkeys(part.name for part in possible))
    near = nearest(component.name, names)
    hint = f"; did you mean {_listed(near)}?" if near else _offer(names)
    return Mismatch(at, f"there is no probe point `{component.name}`{place}{hint}", near)


def _incomplete(components: tuple[Component, ...], paths: list[_Path[T]]) -> Mismatch:
    possible = tuple(
        dict.fromkeys(child.part.text for path in paths for child in path.node.children.values())
    )
    at = max(0, len(components) - 1)
    return Mismatch(
        at, f"`{spelled(components)}` is not a whole probe point{_offer(possible)}", possible
    )


def _offer(forms: tuple[str, ...]) -> str:
    shown = 6
    if not forms:
        return ""
    return f"; possible: {', '.join(forms[:shown])}{', …' if len(forms) > shown else ''}"


def _listed(forms: tuple[str, ...]) -> str:
    return " or ".join(f"`{each}`" for each in forms)
