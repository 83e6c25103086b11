"""Conversions agree with the C library's, but for what SystemTap does its own way."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from translator.core import ir
from translator.core.format import parse_format
from translator.core.types import Type
from translator.runtimes.host.environment import NoEvent, namespace, run_module
from translator.runtimes.host.strings import decode, encode
from translator.runtimes.host.translate import Deferred, translate_handlers, translate_renderer

LIBC = ctypes.CDLL(None)


def rendered(text: str, *values: int | str) -> str:
    format, problem = parse_format(text)
    assert problem is None
    leaves = tuple(ir.Integer(v) if isinstance(v, int) else ir.Text(v) for v in values)
    source = translate_renderer("render", ir.Print(format, leaves), (), {}, ir.Limits(4096))
    names = namespace(None, lambda text: None, lambda name: pytest.fail, NoEvent(), 4096)
    exec(source, names)
    made: str = names["render"]()
    return made


def by_libc(text: str, *values: ctypes.c_longlong | ctypes.c_int | bytes) -> str:
    buffer = ctypes.create_string_buffer(4096)
    length = LIBC.snprintf(buffer, 4096, text.encode(), *values)
    return decode(buffer.raw[:length])


NUMBERS = st.one_of(
    st.sampled_from([0, 1, -1, 7, 255, -(1 << 63), (1 << 63) - 1]),
    st.integers(-(1 << 63), (1 << 63) - 1),
)
FLAGS = st.lists(st.sampled_from("#0-+ "), max_size=3).map("".join)
LENGTHS = st.one_of(st.none(), st.integers(0, 30))


def joined(flags: str, width: int | None, precision: int | None) -> str:
    # A width of 0 would read as the flag.
    shown = "" if not width else str(width)
    return f"%{flags}{shown}" + ("" if precision is None else f".{precision}")


@given(FLAGS, LENGTHS, LENGTHS, st.sampled_from("diuoxX"), NUMBERS)
def test_integers(
    flags: str, width: int | None, precision: int | None, letter: str, value: int
) -> None:
    # Where SystemTap differs from C; tests/spec/printing.md has what it does.
    assume(not (letter in "oxX" and "#" in flags and (value == 0 or letter == "o")))
    assume(not (precision is not None and "0" in flags))
    assume(not (precision == 0 and value == 0))
    start = joined(flags, width, precision)
    wanted = by_libc(f"<{start}ll{letter}>", ctypes.c_longlong(value))
    assert rendered(f"<{start}{letter}>", value) == wanted


@given(st.integers(-30, 30), st.integers(1, 30), NUMBERS)
def test_lengths_from_arguments(width: int, precision: int, value: int) -> None:
    wanted = by_libc(
        "%*.*lld", ctypes.c_int(width), ctypes.c_int(precision), ctypes.c_longlong(value)
    )
    assert rendered("%*.*d", width, precision, value) == wanted


@given(st.booleans(), LENGTHS, LENGTHS, st.text(st.characters(codec="utf-8"), max_size=40))
def test_strings(left: bool, width: int | None, precision: int | None, text: str) -> None:
    assume("\0" not in text)
    start = joined("-" if left else "", width, precision)
    assert rendered(f"{start}s", text) == by_libc(f"{start}s", encode(text))


@given(st.booleans(), LENGTHS, st.integers(0, 255))
def test_characters(left: bool, width: int | None, value: int) -> None:
    start = joined("-" if left else "", width, None)
    assert rendered(f"{start}c", value) == by_libc(f"{start}c", ctypes.c_int(value))


@pytest.mark.parametrize(
    ("format", "values", "wanted"),
    [
        ("%p", (0,), "0x0"),
        ("%p", (-1,), "0xffffffffffffffff"),
        ("%#x", (0,), "0x0"),
        ("%20p|", (4096,), "              0x1000|"),
        ("100%% of %s%d", ("x", 3), "100% of x3"),
        ("%1b%2b%4b", (65, 0x4342, 0x47464544), "ABCDEFG"),
        ("%b", (0x4847464544434241,), "ABCDEFGH"),
        ("%5s|%-5s|%.2s", ("abc", "abc", "abc"), "  abc|abc  |ab"),
    ],
)
def test_own_ways(format: str, values: tuple[int | str, ...], wanted: str) -> None:
    assert rendered(format, *values) == wanted


def test_captured_leaves_are_not_evaluated() -> None:
    pid = ir.Ask("pid", (), Type.LONG, ir.Purity.CONTEXT)
    path = ir.Load(ir.Integer(8), 8, False, ir.Space.USER)
    format, _ = parse_format("%d %s %x\n")
    what = ir.Print(format, (pid, ir.FormatText(format, (pid, ir.Text("in"), path)), path))
    source = translate_renderer("render", what, ("record",), {pid: "record[0]", path: "record[1]"})
    names = namespace(None, lambda text: None, lambda name: pytest.fail, NoEvent())
    exec(source, names)
    assert names["render"]((7, -1)) == "7 7 in ffffffffffffffff\n ffffffffffffffff\n"


def test_deferred_pieces_run_from_captured_values() -> None:
    pid = ir.Ask("pid", (), Type.LONG, ir.Purity.CONTEXT)
    twice, tid = ir.Local("twice", Type.LONG), ir.Local("tid", Type.LONG)
    block = (
        ir.SetLocal(twice, ir.Binary(ir.Arithmetic.ADD, pid, pid)),
        ir.SetLocal(tid, ir.Binary(ir.Arithmetic.ADD, ir.GetLocal(tid), ir.Integer(1))),
        ir.Print(parse_format("%d of %d, %d\n")[0], (ir.GetLocal(twice), pid, ir.GetLocal(tid))),
    )
    piece = Deferred("later", (tid, "b"), block, {pid: "b"}, (twice,))
    written: list[str] = []
    names = namespace(None, written.append, lambda name: pytest.fail, NoEvent())
    source = translate_handlers(ir.Program((), (), ()), (), (piece,))
    assert run_module(compile(source, "<test>", "exec"), names) == {}
    names["later"](1, 21)
    assert written == ["42 of 21, 2\n"]
