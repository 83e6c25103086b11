"""From probe points as written to derived probes: braces and aliases expanded, each with the
parts of its handler in the order they run.

A point that names aliases becomes their points, prologue before and epilogue after what
stood there; anything else is asked of the probe families.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from translator.base.diagnostics import Diagnostic, Fix, Severity, replacement
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.elaborate.unit import Condition, Part
from translator.probes import registry
from translator.probes.pattern import nearest, spelled
from translator.probes.point import Environment, Problem, ResolvedProbe, Rule
from translator.semantics.library import Entry, Library
from translator.semantics.problems import Finding
from translator.semantics.summary import Declares
from translator.syntax import ast

_DEPTH = 32  # aliases of aliases; deeper is a mistake
_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Derived:
    """One attachment with its handler's parts in running order.

    ``chain`` are the aliases it came through, outermost first; ``point`` is the probe point
    as the user wrote it.
    """

    resolved: ResolvedProbe
    parts: tuple[Part, ...]
    conditions: tuple[Condition, ...]
    chain: tuple[str, ...]
    point: str
    handler: Part  # of the parts, the probe's own


@dataclass(frozen=True, slots=True)
class AliasPlace:
    """An alias declaration where it stands."""

    source: SourceText
    offset: int
    alias: ast.Alias


@dataclass(frozen=True, slots=True)
class _Where:
    """The declaration that a point stands in."""

    source: SourceText
    offset: int


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """What surrounds a point's own handler so far."""

    before: tuple[Part, ...] = ()
    after: tuple[Part, ...] = ()
    conditions: tuple[Condition, ...] = ()
    chain: tuple[str, ...] = ()


class PointMemory(Protocol):
    """Probes of points from one elaboration to the next (`memory`)."""

    def probes(self, point: ast.ProbePoint, expansions: int | None) -> tuple[Found, ...] | None: ...

    def keep_probes(
        self, point: ast.ProbePoint, expansions: int | None, found: tuple[Found, ...]
    ) -> None: ...


class Deriver:
    """Derives the probes of one script."""

    def __init__(
        self,
        script_aliases: tuple[AliasPlace, ...],
        library: Library,
        environment: Environment,
        findings: list[Finding],
        expansions: int | None = None,
        *,
        memory: PointMemory | None = None,
    ) -> None:
        """``expansions``: at most so many probes for a wildcard; None for all."""
        self._memory = memory
        self._library = library
        self._expansions = expansions
        self._environment = environment
        self._findings = findings
        self._script: list[tuple[str, AliasPlace]] = [
            (spelled(components), place)
            for place in script_aliases
            for name in place.alias.names
            for components in registry.expand(name)
        ]

    def derive(self, probe: ast.Probe, source: SourceText, offset: int) -> list[Derived]:
        """All derived probes of a declaration; problems go to the findings."""
        if not isinstance(probe.body, ast.Block):
            return []
        body = Part(source, offset, probe.body)
        derived: list[Derived] = []
        for point in probe.points:
            written = source.text[point.span.start + offset : point.span.end + offset].strip()
            found, problems = self._remembered(point, _Where(source, offset))
            if found or point.optional:
                # A point that resolved in part is as good as it gets, as with stap's wildcards.
                for each in found:
                    parts = (*each.before, body, *each.after)
                    derived.append(
                        Derived(each.resolved, parts, each.conditions, each.chain, written, body)
                    )
            else:
                self._findings.extend(problems)
            if found and point.sufficient:
                break
        return derived

    def _remembered(
        self, point: ast.ProbePoint, where: _Where
    ) -> tuple[Sequence[Found], Sequence[Finding]]:
        # Programs may be compiled anew while one edits, conditions stand in the script.
        first = point.components[0] if point.components else None
        lasting = (
            point.condition is None and isinstance(first, ast.Component) and first.name != "process"
        )
        if self._memory is None or self._script or not lasting:
            return self._point(point, where, (), _Wrapping(), 0)
        known = self._memory.probes(point, self._expansions)
        if known is not None:
            return known, ()
        found, problems = self._point(point, where, (), _Wrapping(), 0)
        if found and not problems:
            self._memory.keep_probes(point, self._expansions, tuple(found))
        return found, problems

    def _point(
        self,
        point: ast.ProbePoint,
        where: _Where,
        suffix: tuple[ast.Component, ...],
        around: _Wrapping,
        depth: int,
    ) -> tuple[list[Found], list[Finding]]:
        if point.condition is not None:
            condition = Condition(where.source, where.offset, point.condition)
            around = replace(around, conditions=(*around.conditions, condition))
        found: list[Found] = []
        problems: list[Finding] = []
        for components in registry.expand(point):
            some, wrong = self._components((*components, *suffix), point, where, around, depth)
            found.extend(some)
            problems.extend(wrong)
        return found, problems

    def _components(
        self,
        components: tuple[ast.Component, ...],
        point: ast.ProbePoint,
        where: _Where,
        around: _Wrapping,
        depth: int,
    ) -> tuple[list[Found], list[Finding]]:
        matches = self._aliases(components, around.chain)
        if matches and depth < _DEPTH:
            return self._expand(matches, around, depth)
        resolution = registry.resolve(components, self._environment)
        found = [
            Found(resolved, around.before, around.after, around.conditions, around.chain)
            for resolved in resolution.probes[: self._expansions]
        ]
        if found:
            return found, []
        problems = [
            Finding(where.source.path, self._unresolved(problem, components, point, where, around))
            for problem in resolution.problems
        ]
        return [], problems

    def _unresolved(
        self,
        problem: Problem,
        components: tuple[ast.Component, ...],
        point: ast.ProbePoint,
        where: _Where,
        around: _Wrapping,
    ) -> Diagnostic:
        at = components[problem.index].span if problem.index < len(components) else point.span
        if not point.span.start <= at.start <= point.span.end:
            at = point.span  # a suffix's span belongs to another declaration
        message = problem.message
        fixes: tuple[Fix, ...] = ()
        if spelled(components) in around.chain:
            message = f"the alias `{spelled(components)}` stands for itself"
        elif problem.rule is Rule.UNKNOWN_PROBE_POINT and "did you mean" not in message:
            near = self._alias_suggestions(components)
            if near:
                message += f"; did you mean `{near[0]}`?"
        elif (
            problem.rule is Rule.UNKNOWN_PROBE_POINT
            and problem.index < len(point.components)
            and isinstance(wrong := point.components[problem.index], ast.Component)
            and wrong.span == at
            and not wrong.has_parentheses
            and all(each.isidentifier() for each in problem.suggestions)
        ):
            fixes = replacement(at, problem.suggestions)
        found = Diagnostic(str(problem.rule), Severity.ERROR, at, message, fixes=fixes)
        return found.shifted(where.offset)

    def _expand(
        self,
        matches: list[tuple[str, AliasPlace, tuple[ast.Component, ...]]],
        around: _Wrapping,
        depth: int,
    ) -> tuple[list[Found], list[Finding]]:
        found: list[Found] = []
        problems: list[Finding] = []
        for name, place, rest in matches[: self._expansions]:
            alias = place.alias
            before, after = around.before, around.after
            # An inner alias' prologue runs before an outer one's, its epilogue after.
            if isinstance(alias.prologue, ast.Block):
                before = (Part(place.source, place.offset, alias.prologue), *before)
            if isinstance(alias.epilogue, ast.Block):
                after = (*after, Part(place.source, place.offset, alias.epilogue))
            inner = replace(around, before=before, after=after, chain=(*around.chain, name))
            for point in alias.points:
                some, wrong = self._point(
                    point, _Where(place.source, place.offset), rest, inner, depth + 1
                )
                found.extend(some)
                if not point.optional:
                    problems.extend(wrong)
                if some and point.sufficient:
                    break
        return found, [] if found else problems

    def _aliases(
        self, components: tuple[ast.Component, ...], chain: tuple[str, ...]
    ) -> list[tuple[str, AliasPlace, tuple[ast.Component, ...]]]:
        """Aliases that the components name whole, else those that they begin with."""
        if not components or any(item.has_parentheses for item in components[:1]):
            return []
        names = tuple(item.name for item in components)
        whole = [
            (name, place, ()) for name, place in self._named(names, components) if name not in chain
        ]
        if whole:
            return list(whole)
        for length in range(len(components) - 1, 0, -1):
            head = components[:length]
            partial = [
                (name, place, components[length:])
                for name, place in self._named(names[:length], head)
                if name not in chain
            ]
            if partial:
                return partial
        return []

    def _named(
        self, names: tuple[str, ...], components: tuple[ast.Component, ...]
    ) -> Iterator[tuple[str, AliasPlace]]:
        written = spelled(components)
        wild = _WILDCARD.search(".".join(names)) is not None
        pattern = point_pattern(".".join(names)) if wild else None
        for name, place in self._script:
            if name == written or (pattern is not None and pattern.fullmatch(name)):
                yield name, place
        if any(item.has_parentheses for item in components):
            return
        if pattern is None:
            for alias_names, entry in self._library.aliases_under(names[0]):
                if alias_names == names:
                    yield written, self._library_alias(entry)
            return
        candidates = (
            self._library.aliases_under(names[0])
            if _WILDCARD.search(names[0]) is None
            else self._library.aliases()
        )
        for alias_names, entry in candidates:
            dotted = ".".join(alias_names)
            if pattern.fullmatch(dotted) and not dotted.startswith("_"):
                yield dotted, self._library_alias(entry)

    def _library_alias(self, entry: Entry) -> AliasPlace:
        assert entry.head.declares is Declares.ALIAS, entry
        alias = self._library.declaration(entry)
        if not isinstance(alias, ast.Alias):  # unreadable: a bug in the library
            alias = ast.Alias(ast.NodeId(0), Span(0, 0), (), (), None, None)
        return AliasPlace(self._library.source(entry.path), entry.head.start, alias)

    def _alias_suggestions(self, components: tuple[ast.Component, ...]) -> tuple[str, ...]:
        written = ".".join(item.name for item in components)
        first = components[0].name
        known = [".".join(names) for names, _ in self._library.aliases_under(first)]
        known += [name for name, _ in self._script]
        if not known:
            return ()
        return tuple(nearest(written, known))[:1]


@dataclass(frozen=True, slots=True)
class Found:
    """A probe of a point, without the handler that the point was written for."""

    resolved: ResolvedProbe
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    conditions: tuple[Condition, ...]
    chain: tuple[str, ...]


@lru_cache(maxsize=256)
def point_pattern(text: str) -> re.Pattern[str]:
    """A dotted probe-point pattern as a regex: ``**`` crosses dots, ``*`` and ``?`` do not."""
    out = ""
    at = 0
    while at < len(text):
        char = text[at]
        if text.startswith("**", at):
            out, at = out + ".*", at + 2
            continue
        if char == "*":
            out += "[^.]*"
        elif char == "?":
            out += "[^.]"
        elif char == "[" and (end := text.find("]", at + 2)) > 0:
            inside = text[at + 1 : end]
            negated = inside[:1] in "!^"
            out += f"[{'^' if negated else ''}{re.escape(inside[negated:])}]".replace(r"\-", "-")
            at = end
        else:
            out += re.escape(char)
        at += 1
    return re.compile(out)
