from __future__ import annotations

import pytest

from tests.syntax.scripts import installed
from translator.base.text import SourceText
from translator.syntax.conditions import Conditions, KernelConfig
from translator.syntax.environment import Environment
from translator.syntax.parser import SyntaxTree, parse_file
from translator.syntax.unparse import unparse

HERE = Conditions(
    kernel_vr="6.1.0-13-amd64",
    arch="x86_64",
    config=KernelConfig("test", lambda: {"CONFIG_UTRACE": "y", "CONFIG_HZ": "250"}),
)

MACROS = {"unknown-macro", "unsupported-macro"}


def tree(text: str, conditions: Conditions | None = HERE) -> SyntaxTree:
    return parse_file(SourceText("/main.stp", text), environment=Environment(None, conditions))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('kernel_v >= "2.6.30"', True),
        ('kernel_v < "6.1.0"', False),
        ('kernel_v == "6.1*"', True),
        ('kernel_v == "6.1.0"', True),
        ('kernel_vr == "*amd64"', True),
        ('kernel_v <= "6.10"', True),
        ('systemtap_v >= "4.3"', True),
        ('arch == "x86_64" || arch == "arm64"', True),
        ('arch != "x86_64" || arch == "arm64" && kernel_v > "1"', False),
        ('arch == "i?86"', False),
        ('runtime != "dyninst"', True),
        ("guru_mode == 0", True),
        ('systemtap_privilege == "stapdev"', True),
        ('CONFIG_UTRACE == "y"', True),
        ('CONFIG_NONE == "undefined"', True),
        ('CONFIG_HZ != "2??"', False),
        ('"a" < "b"', True),
        ("10 >= 0xa", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    parsed = tree(f"%( {condition} %? global yes %: global no %)")
    assert parsed.diagnostics == ()
    (placed,) = parsed.declarations
    assert unparse(placed.decl) == f"global {'yes' if holds else 'no'}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%( kernel %? %)", "expected a comparison"),
        ('%( colour == "red" %? %)', "`colour` is no condition"),
        ("%( arch == 3 %? %)", "compared with a string"),
        ('%( arch < "x" %? %)', "only `==` and `!=`"),
        ('%( "a" == 3 %? %)', "a string is compared with a string"),
        ("%( 1 == 1 %? global a", "no closing `%)`"),
        ("probe a { %) }", "outside any"),
        ("%( 1 == 1 %)", "expected `%?`"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    problems = tree(text).diagnostics
    assert len(problems) == 1
    assert message in problems[0].message


def test_branches_nest_and_may_cut_a_declaration() -> None:
    text = """
probe begin {
    %( arch == "x86_64" %? if (a) { %: if (b) { %)
        x = %( 1 == 2 %? 1 %: %( 1 == 1 %? 2 %: 3 %) %)
    }
}
"""
    (placed,) = tree(text).declarations
    assert placed.diagnostics == ()
    assert " ".join(unparse(placed.decl).split()) == "probe begin { if (a) { x = 2; } }"


def test_one_conditional_may_hold_several_declarations() -> None:
    text = """# first
%( kernel_v >= "4" %?
# of a
global a
/* of b */
probe b { x }
%: probe c { } %)
global d
"""
    parsed = tree(text)
    assert [unparse(placed.decl).split()[1] for placed in parsed.declarations] == ["a", "b", "d"]
    assert [getattr(placed.decl, "doc", "") for placed in parsed.declarations] == [
        "# of a",
        "/* of b */",
        None,
    ]
    for placed in parsed.declarations:
        found = parsed.declaration_at(placed.span.start + 1)
        assert found is placed


def test_without_knowledge_the_first_branch_is_taken() -> None:
    (placed,) = tree('%( kernel_v > "9" %? global a %: global b %)', None).declarations
    assert unparse(placed.decl) == "global a"


def test_installed_scripts() -> None:
    paths = installed()
    if not paths:
        pytest.skip("no installed SystemTap library to parse")
    wrong = []
    for path in paths:
        text = path.read_text(errors="replace")
        if "%(" not in text:
            continue
        problems = tree(text).diagnostics
        rules = {item.rule for item in problems}
        # Macros are for later; every other script is sound.
        if rules and not rules & MACROS and "@__private30" not in text:
            wrong.append((path.name, problems[0].message))
    assert wrong == []
