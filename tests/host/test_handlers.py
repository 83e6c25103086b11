"""What handlers do with variables, arrays, aggregates, functions, errors and limits."""

from __future__ import annotations

import re

import pytest

from tests.host.programs import (
    BEGIN,
    END,
    ERROR,
    EXIT,
    ROOT,
    add,
    ask,
    count_to,
    divided,
    expression,
    less,
    number,
    output_of,
    perform,
    program,
    run,
    show,
    string,
)
from translator.core import ir
from translator.core.format import Format
from translator.core.types import Type
from translator.runtimes.host import primitives

LONG, STRING = Type.LONG, Type.STRING
i, k, k2, v = number("i"), number("k"), string("k2"), number("v")
NAMES = ir.Global("a", LONG, (STRING, LONG))
STATS = ir.Global("s", Type.AGGREGATE, (STRING,))
ROWS = (("b", 2, 30), ("a", 1, 20), ("c", 3, 10), ("a", 9, 5))


def filled() -> list[ir.Stmt]:
    return [
        ir.SetElement("a", (ir.Text(name), ir.Integer(at)), ir.Integer(value))
        for name, at, value in ROWS
    ]


@pytest.mark.parametrize(
    ("sorting", "limit", "wanted"),
    [
        (None, None, "b2=30 a1=20 c3=10 a9=5 "),
        (ir.Sorting(0, descending=False), None, "a1=20 a9=5 b2=30 c3=10 "),
        (ir.Sorting(1, descending=True), 2, "a9=5 c3=10 "),
        (ir.Sorting(ir.SortKey.VALUE, descending=False), 3, "a9=5 c3=10 a1=20 "),
        (ir.Sorting(ir.SortKey.VALUE, descending=True), 0, ""),
    ],
)
def test_foreach(sorting: ir.Sorting | None, limit: int | None, wanted: str) -> None:
    most = None if limit is None else ir.Integer(limit)
    body = (show("%s%d=%d ", k2, k, v),)
    loop = ir.Foreach("a", (k2, k), v, (None, None), sorting, most, body)
    assert output_of(*filled(), loop, globals=(NAMES,)) == wanted


def test_slices_membership_and_deletion() -> None:
    walk = ir.Foreach("a", (k2, k), v, (ir.Text("a"), None), None, None, (show("%d ", k),))
    here = ir.Contains("a", (None, ir.Integer(2)))
    text = output_of(
        *filled(),
        walk,
        show("%d%d\n", here, ir.Contains("a", (ir.Text("a"), ir.Integer(2)))),
        ir.DeleteElement("a", (None, ir.Integer(2))),
        ir.DeleteElement("a", (ir.Text("a"), ir.Integer(1))),
        show("%d ", here),
        ir.AddElement("a", (ir.Text("new"), ir.Integer(0)), ir.Integer(-4)),
        show("%d ", ir.GetElement("a", (ir.Text("new"), ir.Integer(0)), LONG)),
        show("%d ", ir.GetElement("a", (ir.Text("none"), ir.Integer(0)), LONG)),
        ir.Clear("a"),
        walk,
        globals=(NAMES,),
    )
    assert text == "1 9 10\n0 -4 0 "


def test_aggregates() -> None:
    def figure(statistic: ir.Statistic, key: str) -> ir.Extract:
        return ir.Extract(statistic, ir.StatPlace("s", (ir.Text(key),)))

    values = {"x": (2, 4, 4, 4, 5, 5, 7, 9), "y": (-5,), "z": (-3, -4)}
    adds = [
        ir.Accumulate(ir.StatPlace("s", (ir.Text(key),)), ir.Integer(value))
        for key, each in values.items()
        for value in each
    ]
    shown = [
        show(" ".join(["%d"] * 6) + "\n", *[figure(s, key) for s in ir.Statistic]) for key in "xyz"
    ]
    by_sum = ir.Sorting(ir.Statistic.SUM, descending=True)
    walk = ir.Foreach("s", (k2,), None, (None,), by_sum, None, (show("%s ", k2),))
    missing = show("%d %d", figure(ir.Statistic.COUNT, "q"), figure(ir.Statistic.SUM, "q"))
    assert output_of(*adds, *shown, walk, missing, globals=(STATS,)) == (
        "8 40 2 9 5 4\n1 -5 -5 -5 -5 0\n2 -7 -4 -3 -3 0\nx y z 0 0"
    )


def test_loops_break_continue_and_step() -> None:
    odd = ir.Binary(ir.Arithmetic.AND, expression(i), ir.Integer(1))
    body = (
        ir.If(odd, (ir.Continue(),)),
        ir.If(less(6, i), (ir.Break(),)),
        ir.Try((show("%d ", i),), None, ()),
    )
    assert output_of(*count_to(i, 100, *body), show("end %d", i)) == "0 2 4 6 end 8"


def test_long_chains_do_not_nest() -> None:
    """Tables of names are chains; Python takes 100 levels of indentation, 200 of parentheses."""
    chain: ir.Block = ()
    chosen: ir.Expr = ir.Text("none")
    either: ir.Expr = ir.Integer(0)
    for at in reversed(range(300)):
        here = ir.Compare(ir.Comparison.EQUAL, ir.GetLocal(i), ir.Integer(at))
        chain = (ir.If(here, (show("%d ", at),), chain),)
        chosen = ir.Choose(here, ir.Text(f"n{at}"), chosen)
        either = ir.OrElse(either, here)
    assert output_of(ir.SetLocal(i, ir.Integer(299)), *chain, show("%s %d", chosen, either)) == (
        "299 n299 1"
    )


def test_functions_recursion_and_overloads() -> None:
    n, one, two = number("n"), number("one"), number("two")
    fib = ir.Function(
        "fib",
        (n,),
        (one, two),
        LONG,
        (
            ir.If(less(n, 2), (ir.Return(ir.GetLocal(n)),)),
            ir.Invoke(one, "fib", (add(n, -1),)),
            ir.Invoke(two, "fib", (add(n, -2),)),
            ir.Return(add(one, two)),
        ),
    )
    small = ir.Function(
        "f",
        (n,),
        (),
        STRING,
        (
            ir.SetLocal(n, add(n, 1)),
            ir.If(less(3, n), (ir.Next(),)),
            ir.Return(ir.Text("small")),
        ),
        ("f.2",),
    )
    large = ir.Function("f.2", (n,), (), STRING, (ir.Return(ir.FormatText(*_format("%d", n))),))
    calls = [
        statement
        for value in (1, 9)
        for statement in (ir.Invoke(k2, "f", (ir.Integer(value),)), show("%s ", k2))
    ]
    assert output_of(
        ir.Invoke(i, "fib", (ir.Integer(9),)),
        show("%d ", i),
        *calls,
        functions=(fib, small, large),
    ) == ("34 small 9 ")


def _format(text: str, *values: ir.Local) -> tuple[Format, tuple[ir.Expr, ...]]:
    shown = show(text, *values)
    return shown.format, shown.arguments


def test_next_ends_a_handler_and_exhausts_overloads() -> None:
    never = ir.Function("f", (), (), Type.UNKNOWN, (ir.Next(),))
    text = string("text")
    guarded = ir.Try((ir.Invoke(None, "f", ()),), text, (show("%s\n", text),))
    made = program(
        (BEGIN, (show("a"), ir.Next(), show("b"))),
        (BEGIN, (guarded, EXIT)),
        (END, (show("end"),)),
        functions=(never,),
    )
    assert run(made).output == "aall functions exhausted\nend"


def test_uncaught_error_is_printed_with_its_place_and_ends_the_session() -> None:
    made = program(
        (BEGIN, (show("before\n"), show("%d", divided(ir.Integer(1), ir.GetGlobal("n", LONG))))),
        (BEGIN, (show("not run\n"),)),
        (END, (show("not run\n"),)),
        (ERROR, (show("error probe\n"),)),
        globals=(ir.Global("n", LONG),),
    )
    ran = run(made)
    assert ran.output == "before\nerror probe\n"
    assert ran.status == 1
    assert ran.errors == (
        "ERROR: division by 0 near operator '/' at <input>:1:30\n"
        "WARNING: Number of errors: 1, skipped probes: 0\n"
    )
    assert run(made, quiet=True).errors == (
        "ERROR: division by 0 near operator '/' at <input>:1:30\n"
    )


def test_errors_up_to_the_limit_do_not_end_the_session() -> None:
    near = ir.Place("tapset/logging.stp", 3, 9, "identifier 'error'")
    made = program(
        (BEGIN, (ir.Fail(ir.Text("one"), near),)),
        (BEGIN, (show("goes on\n"), EXIT)),
        (END, (show("end\n"),)),
        limits=ir.Limits(errors=1),
    )
    ran = run(made)
    assert (ran.status, ran.output) == (0, "goes on\nend\n")
    assert ran.errors.startswith("ERROR: one near identifier 'error' at tapset/logging.stp:3:9\n")


@pytest.mark.parametrize(
    ("globals", "wanted"),
    [
        ((ir.Global("a", LONG, (LONG,), size=3),), "3 Array overflow, check size limit (3)"),
        ((ir.Global("a", LONG, (LONG,)),), "4 Array overflow, check MAXMAPENTRIES"),
        ((ir.Global("a", LONG, (LONG,), size=3, wraps=True),), "7 8 9 "),
    ],
)
def test_full_arrays(globals: tuple[ir.Global, ...], wanted: str) -> None:
    text = string("text")
    fill = count_to(i, 10, ir.SetElement("a", (ir.GetLocal(i),), ir.Integer(1)))
    walk = ir.Foreach("a", (k,), None, (None,), None, None, (show("%d ", k),))
    assert (
        output_of(
            ir.Try((*fill, walk), text, (show("%d %s", i, text),)),
            globals=globals,
            limits=ir.Limits(map_entries=4),
        )
        == wanted
    )


def test_statement_limit_ends_endless_loops() -> None:
    for body in ((), (show(""),)):
        loop = ir.Loop((), ir.Integer(1), body)
        ran = run(program((BEGIN, (loop,))))
        assert ran.status == 1
        assert ran.errors.startswith("ERROR: MAXACTION exceeded")


def test_nesting_limit_ends_endless_recursion() -> None:
    again = ir.Function("f", (i,), (), LONG, (show("%d ", i), ir.Invoke(None, "f", (add(i, 1),))))
    ran = run(program((BEGIN, (ir.Invoke(None, "f", (ir.Integer(1),)),)), functions=(again,)))
    assert ran.output == "".join(f"{turn} " for turn in range(1, 14))
    assert ran.errors.startswith("ERROR: MAXNESTING exceeded")


def test_strings_are_cut_by_bytes_and_end_at_nul() -> None:
    text = string("do_strlen")  # and a name that generated code uses itself
    longer = ir.Concat((ir.Text("ab\u20ac"), ir.Text("cd")))
    assert output_of(
        ir.SetLocal(text, longer),
        show("%s|%d ", text, ask("strlen", LONG, text)),
        ir.SetLocal(text, ir.FormatText(*_format("%c%c%s", number("zero"), i, k2))),
        show("%d", ask("strlen", LONG, text)),
        limits=ir.Limits(string=7),
    ) == ("ab\u20acc|6 0")


def test_regexes_and_what_they_matched() -> None:
    matches = ir.Matches(ir.Text("pid=42,uid=7"), "([a-z]+)=([[:digit:]]+)")
    assert output_of(
        ir.If(matches, (show("%s ", ask("matched", STRING, 2)),)),
        show("%d ", ir.Matches(ir.Text("a.c"), r"^a\.c$")),
        show("%d ", ir.Matches(ir.Text("abc"), r"^a\.c$")),
        show("%d", ir.Matches(ir.Text("a]"), "[]x]$")),
        show("%d", ir.Matches(ir.Text("aab"), "^a++ab$")),
    ) == ("42 1 0 11")


def test_error_inside_a_primitive_gets_its_place() -> None:
    near = ir.Place("<input>", 2, 5, "identifier 'stringat'")
    asked = ir.Ask("stringat", (ir.Text("a"), ir.Integer(1)), LONG, ir.Purity.PURE, near)
    ran = run(program((BEGIN, (show("a\n"), show("%d", asked)))))
    assert ran.errors.startswith(
        "ERROR: stringat: position 1 is outside the string"
        " near identifier 'stringat' at <input>:2:5\n"
    )


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (ask("substr", STRING, "systemtap", 6, 9), "tap"),
        (ask("substr", STRING, "x", 1, 1), ""),
        (ask("stringat", LONG, "AB", 1), "66"),
        (ask("strpos", LONG, "abc", "bc"), "1"),
        (ask("strtol", LONG, " -0x1fz", 0), "-31"),
        (ask("strtol", LONG, "077", 0), "63"),
        (ask("strtol", LONG, "zz", 36), "1295"),
        (ask("strtol", LONG, "99999999999999999999", 10), "9223372036854775807"),
        (ask("strtol", LONG, "none", 10), "0"),
        (ask("text_strn", STRING, 'a\n"\x01', 0, 0), 'a\\n\\"\\001'),
        (ask("text_strn", STRING, "abcdef", 8, 1), '"abcdef"'),
        (ask("text_strn", STRING, "abcdef", 7, 1), '"ab"...'),
        (ask("str_replace", STRING, "a-b-c", "-", "+"), "a+b+c"),
        (ask("pp", STRING), "probe.0"),
        (ask("pn", STRING), "probe.0"),
        (ask("module_name", STRING), "stap"),
        (ask("target", LONG), "12"),
        (ask("__user_string", STRING, 8, -1), ""),
        (ask("usymname", STRING, -1), "0xffffffffffffffff"),
    ],
)
def test_primitives(asked: ir.Ask, wanted: str) -> None:
    kind = "%s" if asked.type is STRING else "%d"
    ran = run(program((BEGIN, (show(kind, asked), EXIT))), target=12)
    assert (ran.output, ran.errors) == (wanted, "")


def test_every_primitive_of_the_tapsets_has_an_entry() -> None:
    """The table in the tapsets' README is the contract; printk is the kernel module's."""
    table = (ROOT / "tapsets" / "README.md").read_text().partition("<!-- primitives -->")[2]
    declared = set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) - {"printk"}
    assert declared == set(primitives.NAMES)
    assert all(callable(primitives.find(name)) for name in primitives.NAMES)


def test_abort_ends_the_handler_where_no_try_sees_it() -> None:
    guarded = ir.Try((perform("abort"), show("no")), None, (show("no"),))
    ran = run(program((BEGIN, (show("a"), guarded, show("no"))), (END, (show("end"),))))
    assert (ran.status, ran.output, ran.errors) == (0, "aend", "")


def test_messages() -> None:
    ran = run(program((BEGIN, (show("a\n"), perform("warn", "careful\n"), EXIT))))
    assert (ran.output, ran.errors) == ("a\n", "WARNING: careful\n")


def test_error_by_primitive() -> None:
    text = string("text")
    assert output_of(ir.Try((perform("error", "own"),), text, (show("%s", text),))) == "own"
