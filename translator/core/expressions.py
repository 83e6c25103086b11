"""Core's expressions and the values they are made of.  What holds for all stands in `ir`."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TypeAlias

from translator.base.value import dataclass
from translator.core.format import Format
from translator.core.types import Type


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the scripts a form comes from: one-based, and the token it stands near."""

    path: str
    line: int
    column: int
    near: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Local:
    """A variable of one handler or function; the name is unique there.

    A name with ``%`` is a temporary that no script can spell.
    """

    name: str
    type: Type


class Arithmetic(Enum):
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"  # truncates toward zero; by zero is a handler error
    MODULO = "%"  # sign of the dividend; by zero is a handler error
    AND = "&"
    OR = "|"
    XOR = "^"
    SHIFT_LEFT = "<<"
    SHIFT_RIGHT = ">>"  # arithmetic


class Comparison(Enum):
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="


class UnaryOp(Enum):
    NEGATE = "-"
    NOT = "!"
    INVERT = "~"


class Space(Enum):
    """Whose memory an address is in."""

    KERNEL = "kernel"
    USER = "user"


class Purity(Enum):
    """When a primitive may be evaluated."""

    PURE = "pure"  # of its arguments only: anywhere, at any later time
    CONTEXT = "context"  # reads the event, the current task, the clock or memory: at the event


class Statistic(Enum):
    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVERAGE = "avg"
    VARIANCE = "variance"


@dataclass(frozen=True, slots=True)
class LogHistogram:
    """Power-of-two buckets, as `@hist_log`."""


@dataclass(frozen=True, slots=True)
class LinearHistogram:
    """Buckets of ``step`` from ``low`` to ``high``, with one below and one above."""

    low: int
    high: int
    step: int


Histogram: TypeAlias = LogHistogram | LinearHistogram


@dataclass(frozen=True, slots=True)
class StatPlace:
    """An aggregate: a global one (``keys`` empty) or an array's element."""

    name: str
    keys: tuple[Expr, ...] = ()


class EventValue(Enum):
    """What the attached event hands over; ``index`` counts from 0 where it applies."""

    SYSCALL_NUMBER = "syscall number"
    SYSCALL_ARGUMENT = "syscall argument"  # as the kernel received it, 64 bits, unsigned bits kept
    SYSCALL_RESULT = "syscall result"
    TRACEPOINT_ARGUMENT = "tracepoint argument"
    FUNCTION_ARGUMENT = "function argument"  # by the calling convention
    FUNCTION_RESULT = "function result"  # by the calling convention


@dataclass(frozen=True, slots=True)
class Integer:
    value: int


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class GetLocal:
    local: Local


@dataclass(frozen=True, slots=True)
class GetGlobal:
    """A scalar global."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class GetElement:
    """An array's element; one that is missing reads as 0 or ""."""

    array: str
    keys: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Contains:
    """1 if the array has the key, else 0; None stands for any value (``*``)."""

    array: str
    keys: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """A figure of an aggregate.

    Count and sum of an empty one are 0; the others are a handler error.
    ``shift`` is @variance's bit shift.
    """

    statistic: Statistic
    stat: StatPlace
    shift: int = 0
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The count in one histogram bucket; an index outside is a handler error."""

    stat: StatPlace
    histogram: Histogram
    index: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    op: Arithmetic
    left: Expr
    right: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """1 or 0; both sides of one type; strings compare bytewise."""

    op: Comparison
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class AndThen:
    """1 or 0; ``right`` is evaluated only if ``left`` is not 0."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class OrElse:
    """1 or 0; ``right`` is evaluated only if ``left`` is 0."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary:
    op: UnaryOp
    operand: Expr


@dataclass(frozen=True, slots=True)
class Choose:
    """``condition ? then : otherwise``; only one side is evaluated."""

    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Concat:
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """1 if the POSIX extended regex is found in the operand; sets what matched() reads."""

    operand: Expr
    regex: str


@dataclass(frozen=True, slots=True)
class FormatText:
    """sprintf: the string that `Print` would have written."""

    format: Format
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A primitive without effect: ``pid()``, ``user_string(address)``, ``strlen(s)``."""

    primitive: str
    arguments: tuple[Expr, ...]
    type: Type
    purity: Purity
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Load:
    """``size`` bytes (1, 2, 4 or 8) at an address; a fault is a handler error."""

    address: Expr
    size: int
    signed: bool
    space: Space
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Register:
    """A register of the probed context by its DWARF number, 64 bits."""

    number: int
    space: Space


@dataclass(frozen=True, slots=True)
class Event:
    """A value that the event itself hands over."""

    value: EventValue
    index: int = 0


Expr: TypeAlias = (
    Integer
    | Text
    | GetLocal
    | GetGlobal
    | GetElement
    | Contains
    | Extract
    | Bucket
    | Binary
    | Compare
    | AndThen
    | OrElse
    | Unary
    | Choose
    | Concat
    | Matches
    | FormatText
    | Ask
    | Load
    | Register
    | Event
)
