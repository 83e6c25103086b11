"""Integers wrap at 64 bits after every operation, whatever translation leaves out."""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.core import ir
from translator.runtimes.host.environment import NoEvent, namespace
from translator.runtimes.host.faults import HandlerError
from translator.runtimes.host.translate import translate_expression

MIN, MAX = -(1 << 63), (1 << 63) - 1


def evaluate(expr: ir.Expr) -> int:
    names = namespace(None, lambda text: None, lambda name: pytest.fail, NoEvent())
    value: int = eval(translate_expression(expr, {}), names)
    return value


def wrapped(value: int) -> int:
    return ctypes.c_int64(value).value


def truncated(left: int, right: int) -> tuple[int, int]:
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient, left - quotient * right


REFERENCE: dict[ir.Arithmetic, Callable[[int, int], int]] = {
    ir.Arithmetic.ADD: operator.add,
    ir.Arithmetic.SUBTRACT: operator.sub,
    ir.Arithmetic.MULTIPLY: operator.mul,
    ir.Arithmetic.AND: operator.and_,
    ir.Arithmetic.OR: operator.or_,
    ir.Arithmetic.XOR: operator.xor,
    ir.Arithmetic.SHIFT_LEFT: lambda left, right: left << (right & 63),
    ir.Arithmetic.SHIFT_RIGHT: lambda left, right: left >> (right & 63),
    ir.Arithmetic.DIVIDE: lambda left, right: truncated(left, right)[0],
    ir.Arithmetic.MODULO: lambda left, right: truncated(left, right)[1],
}


def expected(expr: ir.Expr) -> int:
    match expr:
        case ir.Integer(value):
            return value
        case ir.Unary(ir.UnaryOp.NEGATE, operand):
            return wrapped(-expected(operand))
        case ir.Unary(ir.UnaryOp.INVERT, operand):
            return ~expected(operand)
        case ir.Unary(ir.UnaryOp.NOT, operand):
            return int(not expected(operand))
        case ir.Compare(_, left, right):
            return int(expected(left) < expected(right))
        case ir.Choose(condition, then, otherwise):
            return expected(then) if expected(condition) else expected(otherwise)
        case ir.Binary(op, left, right):
            one, two = expected(left), expected(right)
            if op in (ir.Arithmetic.DIVIDE, ir.Arithmetic.MODULO) and two == 0:
                raise ZeroDivisionError
            return wrapped(REFERENCE[op](one, two))
    raise AssertionError(expr)


EDGES = st.sampled_from([0, 1, -1, 2, -2, 3, 7, -7, 63, 64, 255, MIN, MIN + 1, MAX, MAX - 1])
LEAVES = st.one_of(EDGES, st.integers(MIN, MAX)).map(ir.Integer)


def grown(inner: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Expr]:
    return st.one_of(
        st.builds(ir.Binary, st.sampled_from(ir.Arithmetic), inner, inner),
        st.builds(ir.Unary, st.sampled_from(ir.UnaryOp), inner),
        st.builds(ir.Compare, st.just(ir.Comparison.LESS), inner, inner),
        st.builds(ir.Choose, inner, inner, inner),
    )


@given(st.recursive(LEAVES, grown, max_leaves=12))
def test_any_expression_wraps_like_c(expr: ir.Expr) -> None:
    try:
        wanted = expected(expr)
    except ZeroDivisionError:
        with pytest.raises(HandlerError, match="division by 0"):
            evaluate(expr)
    else:
        assert evaluate(expr) == wanted


def test_conditions_do_not_evaluate_the_other_side() -> None:
    bad = ir.Binary(ir.Arithmetic.DIVIDE, ir.Integer(1), ir.Integer(0))
    assert evaluate(ir.AndThen(ir.Integer(0), bad)) == 0
    assert evaluate(ir.OrElse(ir.Integer(2), bad)) == 1
    assert evaluate(ir.Choose(ir.Integer(1), ir.Integer(5), bad)) == 5


def test_strings_compare_by_their_bytes() -> None:
    high, raw = ir.Text("\U0001f600"), ir.Text("\udcff")  # f0 9f 98 80, ff
    assert evaluate(ir.Compare(ir.Comparison.LESS, high, raw)) == 1
    assert evaluate(ir.Compare(ir.Comparison.LESS, ir.Text("a"), ir.Text("B"))) == 0
