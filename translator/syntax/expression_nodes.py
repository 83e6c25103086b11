"""The tree's expressions.  What holds for all nodes stands in `ast`."""

from __future__ import annotations

from typing import NewType, TypeAlias

from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.operators import (
    AssignOp,
    AtOp,
    BinaryOp,
    Extractor,
    PrintKind,
    StepOp,
    UnaryOp,
)

NodeId = NewType("NodeId", int)


@dataclass(frozen=True, slots=True)
class Word:
    """An identifier where it is written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Number:
    """An integer, already wrapped to 64 bits, signed."""

    id: NodeId
    span: Span
    value: int


@dataclass(frozen=True, slots=True)
class String:
    """A string with its escapes resolved; adjacent literals are one node."""

    id: NodeId
    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A script variable: local, global or parameter."""

    id: NodeId
    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """``$name``, ``$$name``; ``pretty`` is the number of ``$`` after it (0, 1 or 2)."""

    id: NodeId
    span: Span
    name: str  # with its leading dollars
    pretty: int = 0


@dataclass(frozen=True, slots=True)
class AtCall:
    """An ``@`` operator and its arguments: ``@cast(p, "task_struct")``."""

    id: NodeId
    span: Span
    op: AtOp
    arguments: tuple[Expr, ...]
    pretty: int = 0  # "$" or "$$" after it


@dataclass(frozen=True, slots=True)
class Arrow:
    """``base->member``; on the last member of a chain ``pretty`` counts its ``$`` suffix."""

    id: NodeId
    span: Span
    base: Expr
    member: Word
    pretty: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """``base[i, j]``: an array element, a target's element or a histogram's bucket."""

    id: NodeId
    span: Span
    base: Expr
    indexes: tuple[Expr, ...]
    pretty: int = 0  # "$" or "$$" after it


@dataclass(frozen=True, slots=True)
class AddressOf:
    """``&$x->y``."""

    id: NodeId
    span: Span
    operand: Expr


@dataclass(frozen=True, slots=True)
class Extract:
    """``@count(stat)``, ``@hist_linear(stat, 0, 100, 10)``."""

    id: NodeId
    span: Span
    extractor: Extractor
    operand: Expr
    parameters: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a script or library function."""

    id: NodeId
    span: Span
    function: Word
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Print:
    """A member of the print family.

    ``to_string`` for the ``s`` forms, ``newline`` for the ``ln`` forms.  The format of
    printf and the delimiter of printd are the first argument, as written.
    """

    id: NodeId
    span: Span
    function: Word
    kind: PrintKind
    to_string: bool
    newline: bool
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    id: NodeId
    span: Span
    op: UnaryOp
    operand: Expr


@dataclass(frozen=True, slots=True)
class Step:
    """``++x`` (``prefix``) or ``x++``."""

    id: NodeId
    span: Span
    op: StepOp
    operand: Expr
    prefix: bool


@dataclass(frozen=True, slots=True)
class Binary:
    id: NodeId
    span: Span
    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class RegexMatch:
    """``text =~ "regex"``; ``negated`` for ``!~``."""

    id: NodeId
    span: Span
    operand: Expr
    regex: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Conditional:
    id: NodeId
    span: Span
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Assign:
    id: NodeId
    span: Span
    op: AssignOp
    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Membership:
    """``[a, b] in array``; an index may be `Wildcard`."""

    id: NodeId
    span: Span
    indexes: tuple[Expr, ...]
    array: Expr


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``*`` in an index list."""

    id: NodeId
    span: Span


@dataclass(frozen=True, slots=True)
class EmbeddedExpr:
    """``%{ C expression %}``; ``code`` is what stands between the brackets."""

    id: NodeId
    span: Span
    code: str


@dataclass(frozen=True, slots=True)
class BadExpr:
    """A hole: something is missing or unreadable here.  Already reported."""

    id: NodeId
    span: Span


Expr: TypeAlias = (
    Number
    | String
    | Name
    | Target
    | AtCall
    | Arrow
    | Index
    | AddressOf
    | Extract
    | Call
    | Print
    | Unary
    | Step
    | Binary
    | RegexMatch
    | Conditional
    | Assign
    | Membership
    | Wildcard
    | EmbeddedExpr
    | BadExpr
)
