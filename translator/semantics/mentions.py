"""Every place of a declaration that names something, with what kind of thing it names.

Purely what is written; `elaborate.lookup` says what a mention means.  Spans are absolute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from translator.base.text import Span
from translator.syntax import ast
from translator.syntax.parser import Placed, SyntaxTree


class Role(Enum):
    DECLARES = "declares"
    WRITES = "writes"
    READS = "reads"


@dataclass(frozen=True, slots=True)
class FunctionMention:
    span: Span
    name: str
    arity: int
    role: Role


@dataclass(frozen=True, slots=True)
class VariableMention:
    """A local, a parameter or a global."""

    span: Span
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class PointMention:
    """The last of ``components``, in ``point``; a name being given if ``declares``."""

    span: Span
    components: tuple[ast.Component, ...]
    point: ast.ProbePoint
    declares: bool


@dataclass(frozen=True, slots=True)
class TargetMention:
    """``expr`` ends with the `$` name or the member at ``span``."""

    span: Span
    expr: ast.Expr


@dataclass(frozen=True, slots=True)
class WordMention:
    """A word of the language: a member of the print family, an ``@`` operator."""

    span: Span
    text: str


Mention: TypeAlias = FunctionMention | VariableMention | PointMention | TargetMention | WordMention


def mention_at(tree: SyntaxTree, offset: int) -> tuple[Placed, Mention] | None:
    """What the cursor at ``offset`` touches: the later one where two meet."""
    placed = tree.declaration_at(offset)
    if placed is None:
        return None
    touched = [each for each in mentions(placed) if each.span.covers(offset)]
    if not touched:
        return None
    best = min(touched, key=lambda each: (each.span.end - each.span.start, -each.span.start))
    return placed, best


def mentions(placed: Placed) -> Iterator[Mention]:
    """All of a declaration, in no particular order."""
    at = placed.offset
    decl = placed.decl
    written = frozenset(_written(decl))
    match decl:
        case ast.Function(name=word, parameters=parameters) if word.text:
            yield FunctionMention(word.span.shifted(at), word.text, len(parameters), Role.DECLARES)
        case ast.Alias(names=names):
            for name in names:
                yield from _points(name, at, declares=True)
        case _:
            pass
    declared = {name.id for name in decl.names} if isinstance(decl, ast.Alias) else set()
    for node in ast.walk(decl):
        match node:
            case ast.ProbePoint(id=identity) if identity not in declared:
                yield from _points(node, at, declares=False)
            case ast.GlobalVariable(name=word) | ast.Parameter(name=word) if word.text:
                yield VariableMention(word.span.shifted(at), word.text, Role.DECLARES)
            case ast.Name(name=text) if text:
                role = Role.WRITES if node.id in written else Role.READS
                yield VariableMention(node.span.shifted(at), text, role)
            case ast.Call(function=word, arguments=arguments):
                arity = len(arguments)
                yield FunctionMention(word.span.shifted(at), word.text, arity, Role.READS)
            case ast.Print(function=word):
                yield WordMention(word.span.shifted(at), word.text)
            case ast.Extract(extractor=extractor):
                yield _operator(node.span, extractor.value, at)
            case ast.AtCall(op=op):
                yield _operator(node.span, op.value, at)
            case ast.Target(name=text, pretty=pretty):
                start = node.span.start
                yield TargetMention(Span(start, start + len(text) + pretty).shifted(at), node)
            case ast.Arrow(member=word) if word.text:
                yield TargetMention(word.span.shifted(at), node)
            case _:
                pass


def _operator(span: Span, text: str, at: int) -> WordMention:
    return WordMention(Span(span.start, span.start + len(text)).shifted(at), text)


def _points(point: ast.ProbePoint, at: int, *, declares: bool) -> Iterator[PointMention]:
    for components in _prefixes(point.components, ()):
        span = components[-1].span
        named = Span(span.start, span.start + len(components[-1].name))
        yield PointMention(named.shifted(at), components, point, declares)


def _prefixes(
    items: tuple[ast.Component | ast.Alternatives, ...], before: tuple[ast.Component, ...]
) -> Iterator[tuple[ast.Component, ...]]:
    """Every component with those it stands after; of braces' choices the first goes on."""
    for item in items:
        if isinstance(item, ast.Component):
            before = (*before, item)
            yield before
            continue
        longest: list[tuple[ast.Component, ...]] = []
        for choice in item.choices:
            found = list(_prefixes(choice, before))
            yield from found
            longest += found[-1:]
        if longest:
            before = longest[0]


def _written(decl: ast.Decl) -> Iterator[ast.NodeId]:
    for node in ast.walk(decl):
        match node:
            case ast.Assign(target=target) | ast.Step(operand=target) | ast.Delete(target=target):
                root = target.base if isinstance(target, ast.Index) else target
                if isinstance(root, ast.Name):
                    yield root.id
            case ast.Foreach(keys=keys, value=value):
                yield from (key.id for key in keys)
                if value is not None:
                    yield value.id
            case ast.Try(variable=variable) if variable is not None:
                yield variable.id
            case _:
                pass
