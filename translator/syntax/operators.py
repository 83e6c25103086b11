"""Operators and kinds of the language, by their spelling."""

from __future__ import annotations

from enum import Enum


class BinaryOp(Enum):
    OR_ELSE = "||"
    AND_THEN = "&&"
    BIT_OR = "|"
    BIT_XOR = "^"
    BIT_AND = "&"
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    GREATER = ">"
    LESS_EQUAL = "<="
    GREATER_EQUAL = ">="
    CONCAT = "."
    SHIFT_LEFT = "<<"
    SHIFT_RIGHT = ">>"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


class UnaryOp(Enum):
    PLUS = "+"
    NEGATE = "-"
    NOT = "!"
    INVERT = "~"


class StepOp(Enum):
    INCREMENT = "++"
    DECREMENT = "--"


class AssignOp(Enum):
    SET = "="
    ADD = "+="
    SUBTRACT = "-="
    MULTIPLY = "*="
    DIVIDE = "/="
    MODULO = "%="
    SHIFT_LEFT = "<<="
    SHIFT_RIGHT = ">>="
    BIT_AND = "&="
    BIT_XOR = "^="
    BIT_OR = "|="
    CONCAT = ".="
    AGGREGATE = "<<<"


class AtOp(Enum):
    """The ``@`` operators that need debug information or a machine."""

    CAST = "@cast"
    DEFINED = "@defined"
    ENTRY = "@entry"
    VAR = "@var"
    PERF = "@perf"
    CONST = "@const"
    ENUM = "@enum"
    ENUM_NAME = "@enumname"
    PROBE_WRITE = "@probewrite"
    KERNEL_REGISTER = "@kregister"
    USER_REGISTER = "@uregister"
    KERNEL_READ = "@kderef"
    USER_READ = "@uderef"


class Extractor(Enum):
    COUNT = "@count"
    SUM = "@sum"
    MIN = "@min"
    MAX = "@max"
    AVG = "@avg"
    VARIANCE = "@variance"
    HIST_LOG = "@hist_log"
    HIST_LINEAR = "@hist_linear"


class PrintKind(Enum):
    """The print family; the value is the base name, to which ``s`` and ``ln`` are added."""

    PRINT = "print"
    PRINTF = "printf"
    PRINTD = "printd"


class TypeName(Enum):
    """A type as scripts spell it."""

    LONG = "long"
    STRING = "string"
