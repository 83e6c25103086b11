"""What survives of broken scripts: the tree around the damage, and the rest of the file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fixture import parse_fixture
from tests.syntax.scripts import OURS, installed, our_texts
from translator.base.diagnostics import Diagnostic
from translator.base.text import SourceText, Span
from translator.syntax import ast
from translator.syntax.lexer import tokens
from translator.syntax.parser import SyntaxTree, parse_declaration, parse_file
from translator.syntax.unparse import unparse


def tree(text: str) -> SyntaxTree:
    return parse_file(SourceText("/main.stp", text))


def one_line(text: str) -> str:
    """All declarations on one line, holes shown."""
    found = (unparse(placed.decl) for placed in tree(text).declarations)
    return " ".join(" ".join(found).split())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("probe kernel.func", "probe kernel.func ‹?›"),
        ("probe kernel.", "probe kernel. ‹?›"),
        ("probe", "probe ‹?›"),
        ("probe kernel.function(", "probe kernel.function() ‹?›"),
        ('probe kernel.function("x', 'probe kernel.function("x") ‹?›'),
        ("probe syscall.{open", "probe syscall.{open} ‹?›"),
        ("probe begin, ", "probe begin, ‹?›"),
        ("probe a if (", "probe a if (‹?›) ‹?›"),
        ("probe a = ", "probe a = ‹?›"),
        ("probe begin {", "probe begin { }"),
        ("probe begin { foo( }", "probe begin { foo(); }"),
        ("probe begin { foo(a, }", "probe begin { foo(a, ‹?›); }"),
        ("probe begin { $x-> }", "probe begin { $x->; }"),
        ("probe begin { x = $x->\n}", "probe begin { x = $x->; }"),
        ("probe begin { x = }", "probe begin { x = ‹?›; }"),
        ("probe begin { if (x { y } }", "probe begin { if (x) { y; } }"),
        ("probe begin { if x) { y } }", "probe begin { if (x) { y; } }"),
        ("probe begin { a[1 = 2 }", "probe begin { a[1 = 2]; }"),
        ("probe begin { foreach ( }", "probe begin { foreach ( in ‹?›) ‹?› }"),
        ("probe begin { foreach (k in ) { } }", "probe begin { foreach (k in ‹?›) { } }"),
        ("probe begin { while ( }", "probe begin { while (‹?›) ‹?› }"),
        ("probe begin { for (i = 0; ) { } }", "probe begin { for (i = 0; ; ) { } }"),
        ("probe begin { if (a) { b } else }", "probe begin { if (a) { b; } else ‹?› }"),
        ("probe begin { try { a } }", "probe begin { try { a; } catch { } }"),
        ("probe begin { a } }", "probe begin { a; }"),
        ("probe begin { foo(a b) }", "probe begin { foo(a, b); }"),
        ("function f", "function f() ‹?›"),
        ("function f:(a", "function f(a) ‹?›"),
        ("function f(a:, b) { return a + }", "function f(a, b) { return a + ‹?›; }"),
        ("function f(a) return a", "function f(a) { return a; }"),
        ("global", "global"),
        ("global a = , b", "global a, b"),
        ("global a[", "global a"),
        ("private", "private global"),
        ("prob begin { x( }", "probe begin { x(); }"),
        ("foo begin { }", "‹?›"),
    ],
)
def test_half_typed(text: str, kept: str) -> None:
    assert tree(text).diagnostics
    assert one_line(text) == kept


@pytest.mark.parametrize(
    "marked",
    [
        """
probe begin { foo(1 }
//                  ^ expected `)`, found `}`
""",
        """
probe begin { x = "abc }
//                ^^^^^^ this string has no closing `"`
//                     ^ expected `}` before the end of the declaration
""",
        """
probe begin { x = ` 1 }
//                ^ unexpected character ```
""",
        """
function f:int() { }
//         ^^^ `int` is no type: expected `long` or `string`
""",
        """
foo bar
// a declaration is what can stand here
probe begin { x = 09 }
//                ^^ `09` is no number, or needs more than 64 bits
""",
    ],
)
def test_messages(marked: str) -> None:
    fixture = parse_fixture(marked)
    found = {(item.span, item.message) for item in tree(fixture.text).diagnostics}
    assert {(claim.span, claim.text) for claim in fixture.claims} <= found


def applied(text: str, problems: tuple[Diagnostic, ...]) -> str:
    """``text`` after the first fix on offer."""
    fix = next(fix for problem in problems for fix in problem.fixes)
    for edit in sorted(fix.edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span.start] + edit.new + text[edit.span.end :]
    return text


@pytest.mark.parametrize(
    "text",
    [
        "probe begin { foo(1 }",
        "probe begin { if (x foo() }",
        "probe begin { x = a[1 }",
        'probe begin { x = "abc\n}',
        "probe begin { try { a } }",
        "porbe begin { a }",
    ],
)
def test_fixes_fix(text: str) -> None:
    problems = tree(text).diagnostics
    assert problems
    assert not tree(applied(text, problems)).diagnostics


@pytest.mark.parametrize(
    "body", ["(" * 3000, "x = " * 3000, ") " * 3000, "{" * 3000, "if (" * 1000, "int *x; } " * 500]
)
def test_long_nonsense_ends(body: str) -> None:
    assert tree("probe begin { " + body).diagnostics


# --- properties ------------------------------------------------------------------------


def check_spans(decl: ast.Decl, text: str) -> None:
    ids = [node.id for node in ast.walk(decl)]
    assert len(set(ids)) == len(ids)
    assert Span(0, len(text)).start <= decl.span.start <= decl.span.end <= len(text)
    for node in ast.walk(decl):
        for child in ast.children(node):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end, (
                text,
                node,
                child,
            )


def check_tree(text: str) -> SyntaxTree:
    parsed = tree(text)
    for placed in parsed.declarations:
        check_spans(placed.decl, placed.text)
    for problem in parsed.diagnostics:
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
        assert problem.message
    return parsed


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_every_prefix_has_a_tree(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not check_tree(text).diagnostics
    for end in range(len(text)):
        check_tree(text[:end])


@pytest.mark.parametrize("text", our_texts())
def test_print_and_parse_agree(text: str) -> None:
    for placed in tree(text).declarations:
        shown = unparse(placed.decl)
        again = parse_declaration(shown)
        assert again.diagnostics == ()
        assert unparse(again.decl) == shown


def damages(text: str, count: int) -> list[tuple[str, Span]]:
    """``text`` with one token deleted, doubled or replaced, and where; the same each time."""
    chance = random.Random(len(text))
    found = list(tokens(text))
    out = []
    for _ in range(count):
        token = chance.choice(found)
        new = chance.choice(["", token.text * 2, ")", "(", "{", "}", ";", "=", "x", '"', "$", "."])
        out.append((text[: token.start] + new + text[token.end :], token.span))
    return out


@pytest.mark.parametrize("text", our_texts())
def test_damage_stays_in_its_declaration(text: str) -> None:
    """Declarations that start at the margin, away from the damage, are found unharmed."""
    sound = tree(text).declarations
    for damaged, at in damages(text, 40):
        after = {unparse(placed.decl) for placed in check_tree(damaged).declarations}
        for placed in sound:
            if at.start <= placed.extent.end and placed.extent.start <= at.end:
                continue
            assert unparse(placed.decl) in after, damaged


# fmt: off
PIECES = [
    "probe ", "global ", "function ", "private ", "a", "b.", ".c", "(", ")", "{", "}", "[", "]",
    "if ", "else ", "foreach ", " in ", "try ", "catch ", "return ", "1 ", '"s"', "$x", "->", "=",
    "+=", "++", "-", "*", ",", ";", ":", "?", "!", "@count", "@cast", "%{", "%}", "%(", "%?", "%)",
    "\n", "$1", "@", "$", "`", "/*", "#",
]
# fmt: on


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_has_a_tree(text: str) -> None:
    check_tree(text)


def test_installed_scripts() -> None:
    paths = installed()
    if not paths:
        pytest.skip("no installed SystemTap library to parse")
    # A template of comments and dots, and scripts whose declarations begin with a macro.
    differs = {"security-bandaid-template.stp"}
    wrong = []
    for path in paths:
        text = path.read_text(errors="replace")
        if "%(" in text or "@__private30" in text:
            continue
        parsed = tree(text)
        problems = {item.rule for item in parsed.diagnostics}
        if "unknown-macro" in problems:
            continue
        if problems and path.name not in differs:
            wrong.append((str(path), parsed.diagnostics[0]))
    assert wrong == []
