"""Every form of the language: written, parsed, printed back with its grouping made visible."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from tests.support.fixture import parse_fixture
from translator.base.text import SourceText, Span
from translator.syntax import ast
from translator.syntax.parser import Parsed, SyntaxTree, parse_declaration, parse_file
from translator.syntax.unparse import unparse, unparse_expr, unparse_point


def tree(text: str, arguments: tuple[str, ...] | None = None) -> SyntaxTree:
    return parse_file(SourceText("/main.stp", text), arguments)


def sound(text: str) -> ast.Decl:
    parsed = parse_declaration(text)
    assert parsed.diagnostics == ()
    return parsed.decl


def statements(code: str) -> tuple[ast.Stmt, ...]:
    decl = sound(f"probe begin {{ {code} }}")
    assert isinstance(decl, ast.Probe)
    assert isinstance(decl.body, ast.Block)
    return decl.body.body


def expression(code: str) -> ast.Expr:
    (stmt,) = statements(code)
    assert isinstance(stmt, ast.ExprStmt)
    return stmt.expr


def grouped(expr: ast.Expr) -> str:
    """``expr`` with parentheses around every operation."""
    match expr:
        case ast.Binary(op=op, left=left, right=right):
            return f"({grouped(left)} {op.value} {grouped(right)})"
        case ast.Assign(op=op_, target=target, value=value):
            return f"({grouped(target)} {op_.value} {grouped(value)})"
        case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"({grouped(condition)} ? {grouped(then)} : {grouped(otherwise)})"
        case ast.Unary(op=unary, operand=operand):
            return f"({unary.value}{grouped(operand)})"
        case ast.AddressOf(operand=operand):
            return f"(&{grouped(operand)})"
        case ast.Step(op=step, operand=operand, prefix=prefix):
            inner = grouped(operand)
            return f"({step.value}{inner})" if prefix else f"({inner}{step.value})"
        case ast.Membership(indexes=indexes, array=array):
            return f"([{', '.join(map(grouped, indexes))}] in {grouped(array)})"
        case ast.RegexMatch(operand=operand, regex=regex, negated=negated):
            return f"({grouped(operand)} {'!~' if negated else '=~'} {grouped(regex)})"
        case _:
            return unparse_expr(expr)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # Each line was checked against the parse tree that stap 4.8 prints.
        ("a == b in c", "([(a == b)] in c)"),
        ("a & b == c", "(a & (b == c))"),
        ("a . b + c << d . e", "((a . (b + c)) << (d . e))"),
        ("a + b . c", "((a + b) . c)"),
        ("a < b < c", "((a < b) < c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("x = a ? b : c", "(x = (a ? b : c))"),
        ("a ? b : c = d", "((a ? b : c) = d)"),
        ("-a++", "(-(a++))"),
        ("- -a", "(-(-a))"),
        ("!a in b", "([(!a)] in b)"),
        ("& $a->b[1]->c", "(&$a->b[1]->c)"),
        ("a == b & c | d ^ e && f || g", "(((((a == b) & c) | (d ^ e)) && f) || g)"),
        ("x = a = b += c", "(x = (a = (b += c)))"),
        ("a <<< b", "(a <<< b)"),
        ("x = [a, *] in c", "(x = ([a, *] in c))"),
        ("!!a . ~b", "((!(!a)) . (~b))"),
        ("a - b - c * d % e / f", "((a - b) - (((c * d) % e) / f))"),
        ('a =~ "x" && b !~ "y"', '((a =~ "x") && (b !~ "y"))'),
        ("++a[1]--", "(++(a[1]--))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a >= b == c", "((a >= b) == c)"),
        ("a <<= b >>= c", "(a <<= (b >>= c))"),
        ("s .= a . b", "(s .= (a . b))"),
    ],
)
def test_precedence(code: str, expected: str) -> None:
    assert grouped(expression(code)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("$x$", ast.Target(ast.NodeId(0), Span(0, 0), "$x", 1)),
        ("$$parms$$", ast.Target(ast.NodeId(0), Span(0, 0), "$$parms", 2)),
        ("18446744073709551615", ast.Number(ast.NodeId(0), Span(0, 0), -1)),
        ('"a" "b" "\\n"', ast.String(ast.NodeId(0), Span(0, 0), "ab\n")),
    ],
)
def test_leaves(code: str, expected: ast.Expr) -> None:
    assert dataclasses.replace(expression(code), id=ast.NodeId(0), span=Span(0, 0)) == expected


def test_target_chains() -> None:
    chain = expression('@cast(p, "t", "m")->next->in[3]$')
    assert isinstance(chain, ast.Index)
    assert chain.pretty == 1
    assert isinstance(chain.base, ast.Arrow)
    assert chain.base.member.text == "in"
    assert unparse_expr(chain) == '@cast(p, "t", "m")->next->in[3]$'
    last = expression("$x->y->limit$$")
    assert isinstance(last, ast.Arrow)
    assert (last.member.text, last.pretty) == ("limit", 2)


def test_print_family_and_extractors() -> None:
    line = expression('sprintdln(",", 1, 2)')
    assert isinstance(line, ast.Print)
    assert (line.kind, line.to_string, line.newline) == (ast.PrintKind.PRINTD, True, True)
    assert isinstance(expression("printfln(1)"), ast.Call)
    histogram = expression("@hist_linear(s[1], 0, 10, 2)[3]")
    assert isinstance(histogram, ast.Index)
    assert isinstance(histogram.base, ast.Extract)
    assert len(histogram.base.parameters) == 3


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("a b = c d()", "ExprStmt ExprStmt ExprStmt"),
        ("a -b", "ExprStmt"),
        ("; ;", "Empty Empty"),
        ("a; b;", "ExprStmt ExprStmt"),
        ("if (a) b; else if (c) d else { e }", "If"),
        ("while (a) ; for (;;) b for (i = 0; i < 2; i++) { }", "While For For"),
        ("break continue; next", "Break Continue Next"),
        ("delete a delete b[*, 1]", "Delete Delete"),
        ("try { a } catch { b } try { c } catch (e) { d }", "Try Try"),
        ("%{ c %} a = %{ 1 %} + 1", "EmbeddedStmt ExprStmt"),
        ("{ { } }", "Block"),
    ],
)
def test_statements(code: str, forms: str) -> None:
    assert [type(stmt).__name__ for stmt in statements(code)] == forms.split()


@pytest.mark.parametrize(
    "text",
    [
        "foreach (k in a) {\n}",
        "foreach (k+ in a limit n + 1) {\n}",
        "foreach ([i, j-] in a) {\n}",
        "foreach (v = [i, j] in a[*, 2]-) {\n}",
        "foreach (v = k in a @sum- limit 5) {\n}",
        "foreach (b in @hist_log(x)) {\n}",
    ],
)
def test_foreach(text: str) -> None:
    (loop,) = statements(text)
    assert isinstance(loop, ast.Foreach)
    decl = sound(f"probe begin {{ {text} }}")
    assert text.replace("\n}", "") in unparse(decl)


def test_foreach_sorts() -> None:
    (by_key, by_value, by_figure) = statements(
        "foreach ([a, b-] in c) { } foreach (v+ = k in c) { } foreach (k in c @avg+) { }"
    )
    assert isinstance(by_key, ast.Foreach)
    assert by_key.sort is not None
    assert (by_key.sort.key, by_key.sort.order) == (1, ast.SortOrder.DESCENDING)
    assert isinstance(by_value, ast.Foreach)
    assert by_value.sort is not None
    assert by_value.sort.key is None
    assert isinstance(by_figure, ast.Foreach)
    assert by_figure.sort is not None
    assert by_figure.sort.extractor is ast.Extractor.AVG


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("global a, b=1, c=-5", "global a, b = 1, c = -5"),
        ("global a[10]%, b%[2]", "global a%[10], b%[2]"),
        ("private a", "private global a"),
        ("private global a;", "private global a"),
        ('global s = "x" "y"', 'global s = "xy"'),
        ("function f() {}", "function f() {\n}"),
        ("private function f:long(a:string,b):3 {}", "private function f:long(a:string, b):3 {\n}"),
        ("function f:string(x) %{ /* pure */ %}", "function f:string(x) %{ /* pure */ %}"),
        ("%{ int x; %}", "%{ int x; %}"),
        ("probe begin(-1),end{}", "probe begin(-1), end {\n}"),
        ("probe a = b.c?, d! if (x > 1) {}", "probe a = b.c?, d! if (x > 1) {\n}"),
        ("probe a += b {}", "probe a += b {\n}"),
        ("probe a = b {}, {}", "probe a = b {\n}, {\n}"),
        ("probe {a,b(1)}.c {}", "probe {a, b(1)}.c {\n}"),
        ("probe a.{b!,{c.d,e}} {}", "probe a.{b!, {c.d, e}} {\n}"),
        ('probe process("a" "b").end {}', 'probe process("ab").end {\n}'),
    ],
)
def test_declarations(text: str, printed: str) -> None:
    assert unparse(sound(text)) == printed


@pytest.mark.parametrize(
    "point",
    [
        "syscall.*",
        "kernel.function.return.if.probe",
        "vm.*fault*.x",
        "process.**",
        "a.sys?all.b",
        "a.x[0-9]y",
        "a()",
        "kernel.data(-1)",
        "a.{b, {c, d}}.e",
        "{a, b}",
    ],
)
def test_probe_points(point: str) -> None:
    decl = sound(f"probe {point} {{ }}")
    assert isinstance(decl, ast.Probe)
    assert unparse_point(decl.points[0]) == point


def test_places_are_relative_to_the_chunk() -> None:
    text = "global a\n\n# doc\nprobe begin { foo }\n"
    parsed = tree(text)
    probe = parsed.declarations[1]
    assert probe.offset == text.index("# doc")
    assert text[probe.span.start : probe.span.end] == "probe begin { foo }"
    assert probe.decl == tree("global other\n" + text).declarations[2].decl


@pytest.mark.parametrize(
    ("marked", "innermost"),
    [
        ("probe begin { x = fo$0o(1) }", "Call"),
        ("probe begin { x = foo(a, b$0) }", "Name"),
        ("probe begin { x = foo(a, $0) }", "BadExpr"),
        ("probe begin { $x->$0 }", "Arrow"),
        ("probe kernel.func$0", "ProbePoint"),
        ("global a\nprobe begin { exit$0() }", "Call"),
        ("probe begin { $0 }", "Block"),
    ],
)
def test_path_at(marked: str, innermost: str) -> None:
    # The target variable's own dollar is no cursor.
    fixture = parse_fixture(marked)
    path = tree(fixture.text).path_at(fixture.offset)
    assert type(path[-1]).__name__ == innermost


# --- command-line arguments ------------------------------------------------------------


def printed(text: str, arguments: tuple[str, ...] | None) -> str:
    parsed = tree(text, arguments)
    assert parsed.diagnostics == ()
    return "\n".join(unparse(placed.decl) for placed in parsed.declarations)


def test_arguments_are_pasted() -> None:
    text = 'probe process(@1).$2 { a = $3; b = @3; c = $#; d = @# "!" }'
    assert printed(text, ("/bin/x", "end", "1 + 2")) == (
        'probe process("/bin/x").end {\n    a = 1 + 2;\n    b = "1 + 2";\n    c = 3;\n    d = "3!";\n}'
    )


def test_an_editor_knows_no_arguments() -> None:
    assert printed("probe timer.s($1) { a = @1 . $# }", None) == (
        'probe timer.s(0) {\n    a = "" . 0;\n}'
    )


def test_a_missing_argument() -> None:
    (problem,) = tree("probe begin { x = $2 }", ("one",)).diagnostics
    assert (problem.rule, problem.span) == ("missing-argument", Span(18, 20))
    assert "1 was given" in problem.message


# --- starting up -----------------------------------------------------------------------


def run_python(code: str, cache: str) -> str:
    environment = {"XDG_CACHE_HOME": cache, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


PARSE = """
import sys
from translator.syntax.parser import parse_declaration
early = "lark" in sys.modules
parsed = parse_declaration("global a")
print(early, "lark" in sys.modules, parsed.decl.variables[0].name.text)
"""


def test_tables_are_made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.mktemp("cache")
    assert run_python(PARSE, str(cache)).split() == ["False", "True", "a"]
    assert run_python(PARSE, str(cache)).split() == ["False", "False", "a"]
    (kept,) = (cache / "stap-lsp").iterdir()
    for damage in ("", "{}", '{"actions": 3}', kept.read_text()[:-100], "\0"):
        kept.write_text(damage)
        assert run_python(PARSE, str(cache)).split() == ["False", "True", "a"]
        assert run_python(PARSE, str(cache)).split() == ["False", "False", "a"]


def test_a_cache_that_cannot_be_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("cache") / "file"
    file.write_text("not a folder")
    assert run_python(PARSE, str(file)).split() == ["False", "True", "a"]


def test_equal_texts_are_one_object() -> None:
    text = "probe begin { x = 1 }"
    assert isinstance(parse_declaration(text), Parsed)
    assert parse_declaration(text) is parse_declaration(text)
