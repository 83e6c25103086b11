from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.machine import components, point
from translator.probes.pattern import (
    EXPANSION_LIMIT,
    ArgumentKind,
    Mismatch,
    PatternTree,
    expand,
    nearest,
    parts,
    spelled,
)


def small_tree() -> PatternTree[str]:
    tree: PatternTree[str] = PatternTree()
    for pattern in (
        "a",
        "a(N)",
        "a.b",
        'a.b.c("S").d',
        "alias.one",
        "alias.two",
        "alias.two.return",
        "alias.deep.three",
    ):
        tree.add(pattern, f"about {pattern}", pattern)
    return tree


def found(text: str) -> list[str]:
    matches = small_tree().find(components(text))
    assert not isinstance(matches, Mismatch), matches
    return [each.value for each in matches]


def missed(text: str) -> Mismatch:
    match = small_tree().find(components(text))
    assert isinstance(match, Mismatch), match
    return match


def test_parts_of_a_pattern() -> None:
    shape = parts('process("PATH.so").function(ADDRESS).return')
    assert [(each.name, each.kind, each.label) for each in shape] == [
        ("process", ArgumentKind.STRING, "PATH.so"),
        ("function", ArgumentKind.NUMBER, "ADDRESS"),
        ("return", ArgumentKind.NONE, ""),
    ]


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("a", ["a"]),
        ("a(3)", ["a(N)"]),
        ('a.b.c("x").d', ['a.b.c("S").d']),
        ("alias.*", ["alias.one", "alias.two"]),
        ("alias.t?o", ["alias.two"]),
        ("alias.[no]ne", ["alias.one"]),
        ("alias.*.return", ["alias.two.return"]),
        ("alias.**", ["alias.one", "alias.two", "alias.two.return", "alias.deep.three"]),
        ("al**three", ["alias.deep.three"]),
        ("*", ["a"]),
        ("*.*", ["a.b", "alias.one", "alias.two"]),
    ],
)
def test_patterns_that_a_probe_point_means(text: str, patterns: list[str]) -> None:
    assert found(text) == patterns


@pytest.mark.parametrize(
    ("text", "index", "suggestions"),
    [
        ("alis.one", 0, ("alias",)),
        ("alias.tow", 1, ("two",)),
        ("alias", 0, ("one", "two", "deep")),
        ('a("x")', 0, ("a", "a(N)")),
        ("a()", 0, ("a", "a(N)")),
        ("a.b.c.d", 2, ('c("S")',)),
        ("alias.one.more", 2, ()),
        ("alias.z*", 1, ()),
    ],
)
def test_where_a_probe_point_goes_wrong(
    text: str, index: int, suggestions: tuple[str, ...]
) -> None:
    mismatch = missed(text)
    assert (mismatch.index, mismatch.suggestions) == (index, suggestions)


def test_wildcards_are_replaced_by_what_they_matched() -> None:
    matches = small_tree().find(components("al**.three"))
    assert not isinstance(matches, Mismatch)
    (match,) = matches
    assert spelled(match.components) == "alias.deep.three"
    assert match.origin == (0, 0, 1)


def test_what_may_follow() -> None:
    continuations = small_tree().following(components("alias"), "T")
    assert [(each.part.text, each.complete) for each in continuations] == [("two", True)]
    assert small_tree().following(components("nothing"), "") == ()


@pytest.mark.parametrize(
    ("text", "expansions"),
    [
        ("a.b", ["a.b"]),
        ("a.{b,c}", ["a.b", "a.c"]),
        ("{a,b.c}.d", ["a.d", "b.c.d"]),
        ('a.{b,{c("x"),d}.e}', ["a.b", 'a.c("x").e', "a.d.e"]),
        ("{a,b}.{c,d}", ["a.c", "a.d", "b.c", "b.d"]),
    ],
)
def test_braces(text: str, expansions: list[str]) -> None:
    assert [spelled(each) for each in expand(point(text))] == expansions


def test_braces_that_multiply_without_end() -> None:
    assert len(expand(point(".".join(["{a,b}"] * 40)))) == EXPANSION_LIMIT


def test_nearest() -> None:
    assert nearest("vfs_red", ["vfs_write", "vfs_read", "open"])[0] == "vfs_read"
    assert nearest("BEGIN", ["begin"]) == ("begin",)
    assert nearest("zzz", ["begin", "end"]) == ()


@given(
    st.lists(st.sampled_from(["a", "b", "alias", "one", "*", "**", "t?o", "[", "x"]), max_size=5)
)
def test_any_probe_point_gets_an_answer(written: list[str]) -> None:
    (component,) = components("x")
    named = tuple(replace(component, name=name) for name in written)
    match = small_tree().find(named)
    if isinstance(match, Mismatch):
        assert 0 <= match.index <= max(0, len(named) - 1)
        assert match.message
    else:
        assert all(len(each.components) == len(each.origin) for each in match)
