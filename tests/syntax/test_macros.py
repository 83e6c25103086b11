from __future__ import annotations

import pytest

from tests.syntax.scripts import our_texts
from tests.syntax.test_recovery import check_spans
from translator.base.text import SourceText, Span
from translator.syntax.conditions import Conditions
from translator.syntax.environment import Environment
from translator.syntax.macros import Definition
from translator.syntax.parser import SyntaxTree, parse_file
from translator.syntax.unparse import unparse

LIBRARY = """
@define either(a, b) %( @defined(@a) ? @a : @b %)
@define helper %( 100 %)
// doubles
@define twice(x) %( (@x + @x + @helper) %)
@define mine %( @local %)
"""
CONDITIONS = Conditions("6.1.0", "x86_64")


def library() -> dict[str, Definition]:
    found = parse_file(SourceText("/lib/m.stpm", LIBRARY)).macros
    return {item.macro.name: item for item in found}


def tree(text: str, arguments: tuple[str, ...] | None = None) -> SyntaxTree:
    environment = Environment(arguments, CONDITIONS, library())
    return parse_file(SourceText("/main.stp", text), environment=environment)


def printed(text: str, arguments: tuple[str, ...] | None = None) -> str:
    """All declarations on one line, without the frame of a probe around an assignment."""
    found = tree(text, arguments)
    assert found.diagnostics == ()
    for placed in found.declarations:
        check_spans(placed.decl, placed.text)
    return " ".join(" ".join(unparse(placed.decl).split()) for placed in found.declarations)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("@define X %( 1 %) probe a { b = @X }", "b = 1"),
        ("@define X(a, b) %( @b - @a %) probe a { b = @X((1), f(2, 3)) }", "b = f(2, 3) - 1"),
        ("@define X(a) %( @a %) probe a { b = @X(@X(@X(2))) }", "b = 2"),
        ("@define X(a, b) %( @a 2 @b %) probe a { b = @X(,) }", "b = 2"),
        ("@define a %( 5 %) @define X(a) %( @a %) probe a { b = @X(@a) }", "b = 5"),
        ("@define X(a) %( @Y %) @define Y %( 3 %) probe a { b = @X(1) }", "b = 3"),
        ("probe a { @define X %( 5 %) b = @X }", "b = 5"),
        ('@define X %( "b" "c" %) probe a { b = "a" @X "d" }', 'b = "abcd"'),
        ("%( 1 == 0 %? @define X %( 5 %) %: @define X %( 6 %) %) probe a { b = @X }", "b = 6"),
        ("@define X %( %( 1 == 1 %? 5 %: 6 %) %) probe a { b = @X }", "b = 5"),
        ("@define X %( 1 %: 3 %) probe a { b = %( 1 == 0 %? @X %) }", "b = 3"),
        ("@define X %( 1 == 1 %? %) probe a { b = %( @X 2 %: 3 %) }", "b = 2"),
        ("@define X(a) %( 1 %) %( 1 == 0 %? @X(1,2) @Y %) probe a { b = 1 }", "b = 1"),
        ("@define cast(a) %( @a %) probe a { b = 1 }", None),
        ("probe a { b = @twice(4) }", "b = 4 + 4 + 100"),
        ("@define helper %( 9 %) probe a { b = @twice(@helper) }", "b = 9 + 9 + 100"),
        ("@define twice(a) %( 7 %) probe a { b = @twice(4) }", "b = 7"),
        ("probe a { b = @either($x, $y->z) }", "b = @defined($x) ? $x : $y->z"),
    ],
)
def test_expansion(text: str, meaning: str | None) -> None:
    if meaning is None:
        (problem,) = tree(text).diagnostics
        assert "hides the operator `@cast`" in problem.message
    else:
        assert printed(text) == f"probe a {{ {meaning}; }}"


def test_macros_in_probe_points_and_declarations() -> None:
    assert printed("@define P %( .call %)\nprobe kernel.f(1)@P { }") == "probe kernel.f(1).call { }"
    assert printed("@define P %( sys*_x.a[0-3]b, %)\nprobe @P c { }") == (
        "probe sys*_x.a[0-3]b, c { }"
    )
    assert printed("@define D %( probe a { } global b %)\n@D") == "probe a { } global b"
    text = """
@define p %( %( systemtap_v >= "3" %? private %) %)
global x
@p global a
/* of f */
@p function f() { }
"""
    assert printed(text) == "global x private global a private function f() { }"
    assert getattr(tree(text).declarations[-1].decl, "doc", None) == "/* of f */"


def test_arguments_are_pasted_where_they_are_used() -> None:
    assert printed("@define X %( $1 %) probe a { b = @X }", ("7",)) == "probe a { b = 7; }"
    assert printed("%( $# > 1 %? probe $2 { } %: probe a { } %)", ("7",)) == "probe a { }"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@define X(a) %( 1 %) probe b { @X }", "expected `(`: macro `@X(a)` takes arguments"),
        ("@define X(a) %( 1 %) probe b { @X(1, 2) }", "`@X(a)` takes 1 argument, not 2"),
        ("@define X(a, b) %( 1 %) probe b { @X(1) }", "`@X(a, b)` takes 2 arguments, not 1"),
        ("@define X(a) %( 1 %) probe b { @X(1 }", "the arguments of `@X` have no closing `)`"),
        ("@define X %( @X %) probe b { @X }", "macro `@X` uses itself"),
        ("@define X %( @Y %) @define Y %( @X %) probe b { @X }", "macro `@X` uses itself"),
        ("@define X %( 1 %)\n@define X %( 2 %)\nprobe b { }", "macro `@X` is defined already"),
        ("@define X() %( 1 %)", "expected a parameter's name of `@X`"),
        ("@define %( 1 %)", "expected a macro's name after `@define`"),
        ("@define if %( 1 %)", "expected a macro's name after `@define`"),
        ("@define X 5", "expected `%(` and the body of `@X`"),
        ("@define X %( 5", "the body of `@X` has no closing `%)`"),
        ("@define X %( @define Y %( 1 %) %) probe a { @X }", "a macro cannot define another"),
        ("probe a { b = @mine }", "`@local` is neither a macro nor an operator"),
        ("probe a { b = @X } @define X %( 1 %)", "`@X` is neither a macro nor an operator"),
        ("probe a { b = @twicee(1) }", "did you mean `@twice`?"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    assert message in next(item.message for item in tree(text).diagnostics)


def test_a_mistake_points_at_the_use_and_the_definition() -> None:
    text = "@define bad(a) %( @a + + ; %)\nglobal s\nprobe b { s = @bad(1) }\n"
    found = tree(text)
    problem = found.diagnostics[0]
    use = Span(text.index("@bad(1)"), text.index("@bad(1)") + len("@bad(1)"))
    assert problem.span == use
    (related,) = problem.related
    assert text[related.span.start : related.span.end] == "bad"
    assert related.path == "/main.stp"


def test_a_mistake_in_an_argument_points_there() -> None:
    text = "probe b { s = @twice(09) }"
    for problem in tree(text).diagnostics:
        assert text[problem.span.start : problem.span.end] == "09"
        assert problem.related == ()


def test_expansions_for_editors() -> None:
    text = "probe b { s = @twice(@either(u, v)) }\n"
    found = tree(text)
    outer = found.expansion_at(text.index("twice"))
    assert outer is not None
    assert outer.definition.macro.signature == "@twice(x)"
    assert outer.definition.doc == "// doubles"
    assert outer.definition.path == "/lib/m.stpm"
    inner = found.expansion_at(text.index("either"))
    assert inner is not None
    assert inner.definition.macro.name == "either"
    assert found.expansion_at(0) is None


def test_inactive_text_is_known() -> None:
    text = (
        '%( arch == "arm64" %? a %( 1 == 1 %? b %) %: global c %)\nprobe d { %( 1 == 1 %? %: x %) }'
    )
    found = tree(text)
    assert [text[span.start : span.end].strip() for span in found.inactive] == [
        "a %( 1 == 1 %? b %)",
        "x",
    ]


def test_an_edit_of_a_body_reaches_its_uses_only() -> None:
    before = tree("@define X %( 1 %)\nprobe a { b = @X }\nprobe c { d = 2 }\n")
    after = tree("@define X %( 7 %)\nprobe a { b = @X }\nprobe c { d = 2 }\n")
    assert unparse(after.declarations[0].decl).split()[-2] == "7;"
    assert after.declarations[1].decl is before.declarations[1].decl


def test_a_bomb_ends() -> None:
    text = "@define X0 %( 1 + 1 %)\n"
    for number in range(1, 40):
        text += f"@define X{number} %( @X{number - 1} + @X{number - 1} %)\n"
    found = tree(text + "probe a { b = @X39 }")
    assert "too much" in found.diagnostics[0].message


def test_every_prefix_has_a_tree() -> None:
    text = (
        LIBRARY + "probe a { b = @twice(@either($x, $y), 3) } %( 1 == 2 %? @nosuch( %) @define Z %("
    )
    for end in range(len(text)):
        for placed in tree(text[:end]).declarations:
            check_spans(placed.decl, placed.text)
    for script in our_texts()[:3]:
        tree(f"@define M(a) %( {script} %)\n@M(1)\n")
