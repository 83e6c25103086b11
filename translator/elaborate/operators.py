"""The script's operators as core's, and how error messages name tokens."""

from __future__ import annotations

from collections.abc import Mapping

from translator.core import ir
from translator.syntax import ast

ARITHMETIC: Mapping[ast.BinaryOp, ir.Arithmetic] = {
    ast.BinaryOp.ADD: ir.Arithmetic.ADD,
    ast.BinaryOp.SUBTRACT: ir.Arithmetic.SUBTRACT,
    ast.BinaryOp.MULTIPLY: ir.Arithmetic.MULTIPLY,
    ast.BinaryOp.DIVIDE: ir.Arithmetic.DIVIDE,
    ast.BinaryOp.MODULO: ir.Arithmetic.MODULO,
    ast.BinaryOp.BIT_AND: ir.Arithmetic.AND,
    ast.BinaryOp.BIT_OR: ir.Arithmetic.OR,
    ast.BinaryOp.BIT_XOR: ir.Arithmetic.XOR,
    ast.BinaryOp.SHIFT_LEFT: ir.Arithmetic.SHIFT_LEFT,
    ast.BinaryOp.SHIFT_RIGHT: ir.Arithmetic.SHIFT_RIGHT,
}
COMPARISON: Mapping[ast.BinaryOp, ir.Comparison] = {
    ast.BinaryOp.EQUAL: ir.Comparison.EQUAL,
    ast.BinaryOp.NOT_EQUAL: ir.Comparison.NOT_EQUAL,
    ast.BinaryOp.LESS: ir.Comparison.LESS,
    ast.BinaryOp.LESS_EQUAL: ir.Comparison.LESS_EQUAL,
    ast.BinaryOp.GREATER: ir.Comparison.GREATER,
    ast.BinaryOp.GREATER_EQUAL: ir.Comparison.GREATER_EQUAL,
}
ASSIGNMENT: Mapping[ast.AssignOp, ir.Arithmetic] = {
    ast.AssignOp.ADD: ir.Arithmetic.ADD,
    ast.AssignOp.SUBTRACT: ir.Arithmetic.SUBTRACT,
    ast.AssignOp.MULTIPLY: ir.Arithmetic.MULTIPLY,
    ast.AssignOp.DIVIDE: ir.Arithmetic.DIVIDE,
    ast.AssignOp.MODULO: ir.Arithmetic.MODULO,
    ast.AssignOp.BIT_AND: ir.Arithmetic.AND,
    ast.AssignOp.BIT_OR: ir.Arithmetic.OR,
    ast.AssignOp.BIT_XOR: ir.Arithmetic.XOR,
    ast.AssignOp.SHIFT_LEFT: ir.Arithmetic.SHIFT_LEFT,
    ast.AssignOp.SHIFT_RIGHT: ir.Arithmetic.SHIFT_RIGHT,
}
STATISTIC: Mapping[ast.Extractor, ir.Statistic] = {
    ast.Extractor.COUNT: ir.Statistic.COUNT,
    ast.Extractor.SUM: ir.Statistic.SUM,
    ast.Extractor.MIN: ir.Statistic.MIN,
    ast.Extractor.MAX: ir.Statistic.MAX,
    ast.Extractor.AVG: ir.Statistic.AVERAGE,
    ast.Extractor.VARIANCE: ir.Statistic.VARIANCE,
}
UNARY: Mapping[ast.UnaryOp, ir.UnaryOp] = {
    ast.UnaryOp.NEGATE: ir.UnaryOp.NEGATE,
    ast.UnaryOp.NOT: ir.UnaryOp.NOT,
    ast.UnaryOp.INVERT: ir.UnaryOp.INVERT,
}


def operator_text(text: str) -> str:
    """A token as stap's error messages name it."""
    return f"operator '{text}'"


def identifier_text(text: str) -> str:
    return f"identifier '{text}'"
