"""The syntax tree: what was written, and nothing that was found out later.

Every node carries an `id`, unique in its declaration, and a `span` relative to its
declaration's start: an unchanged declaration is the same object wherever it moves.
Types, symbols and other findings stand in tables indexed by id, never here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from typing import NewType, TypeAlias

from translator.base.text import Span
from translator.base.value import dataclass

NodeId = NewType("NodeId", int)


@dataclass(frozen=True, slots=True)
class Word:
    """An identifier where it is written."""

    text: str
    span: Span


# --- operators -------------------------------------------------------------------------


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


# --- expressions -----------------------------------------------------------------------


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


# --- statements ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    id: NodeId
    span: Span
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class ExprStmt:
    id: NodeId
    span: Span
    expr: Expr


@dataclass(frozen=True, slots=True)
class Empty:
    id: NodeId
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    id: NodeId
    span: Span
    condition: Expr
    then: Stmt
    otherwise: Stmt | None


@dataclass(frozen=True, slots=True)
class While:
    id: NodeId
    span: Span
    condition: Expr
    body: Stmt


@dataclass(frozen=True, slots=True)
class For:
    id: NodeId
    span: Span
    start: Expr | None
    condition: Expr | None
    step: Expr | None
    body: Stmt


class SortOrder(Enum):
    ASCENDING = "+"
    DESCENDING = "-"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort suffix: on key number ``key`` (from 0) or, None, on the value.

    ``extractor`` says which figure of an aggregate decides (``@sum-``); None means count.
    """

    order: SortOrder
    key: int | None
    span: Span
    extractor: Extractor | None = None


@dataclass(frozen=True, slots=True)
class Foreach:
    """``foreach (value = [k1, k2] in array[slice] limit n) body``.

    ``array`` is a `Name`, or an `Extract` of a histogram to walk its buckets.
    ``slices`` is empty or has one expression or `Wildcard` per key.
    """

    id: NodeId
    span: Span
    keys: tuple[Name, ...]
    value: Name | None
    array: Expr
    slices: tuple[Expr, ...]
    sort: Sort | None
    limit: Expr | None
    body: Stmt


@dataclass(frozen=True, slots=True)
class Break:
    id: NodeId
    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    id: NodeId
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    id: NodeId
    span: Span
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Next:
    id: NodeId
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    id: NodeId
    span: Span
    body: Stmt
    variable: Name | None
    handler: Stmt


@dataclass(frozen=True, slots=True)
class Delete:
    """``delete x``: a scalar, an array, an element or a slice with `Wildcard`."""

    id: NodeId
    span: Span
    target: Expr


@dataclass(frozen=True, slots=True)
class EmbeddedStmt:
    id: NodeId
    span: Span
    code: str


@dataclass(frozen=True, slots=True)
class BadStmt:
    """Unreadable tokens, skipped; already reported.  ``parts`` is what could be read in it."""

    id: NodeId
    span: Span
    parts: tuple[Expr, ...] = ()


Stmt: TypeAlias = (
    Block
    | ExprStmt
    | Empty
    | If
    | While
    | For
    | Foreach
    | Break
    | Continue
    | Return
    | Next
    | Try
    | Delete
    | EmbeddedStmt
    | BadStmt
)


# --- probe points ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Component:
    """``name`` or ``name(argument)``; the name may hold ``*``, ``**``, ``?`` and ``[...]``."""

    name: str
    span: Span
    argument: Number | String | None = None
    has_parentheses: bool = False


class Suffix(Enum):
    OPTIONAL = "?"
    SUFFICIENT = "!"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """``{a, b.c!}`` in place of a component.

    ``suffixes`` has one entry per choice; it is empty where no choice has a suffix.
    """

    span: Span
    choices: tuple[tuple[Component | Alternatives, ...], ...]
    suffixes: tuple[Suffix | None, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbePoint:
    id: NodeId
    span: Span
    components: tuple[Component | Alternatives, ...]
    optional: bool = False  # "?"
    sufficient: bool = False  # "!"
    condition: Expr | None = None  # "if (…)"


# --- declarations ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GlobalVariable:
    id: NodeId
    span: Span
    name: Word
    size: Number | None = None  # "[N]"
    wrap: bool = False  # "%"
    value: Number | String | None = None


@dataclass(frozen=True, slots=True)
class Global:
    id: NodeId
    span: Span
    private: bool
    variables: tuple[GlobalVariable, ...]
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    id: NodeId
    span: Span
    name: Word
    type: TypeName | None = None


@dataclass(frozen=True, slots=True)
class Function:
    id: NodeId
    span: Span
    private: bool
    name: Word
    type: TypeName | None
    parameters: tuple[Parameter, ...]
    priority: int | None
    body: Block | EmbeddedStmt | BadStmt
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    id: NodeId
    span: Span
    points: tuple[ProbePoint, ...]
    body: Block | BadStmt
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """``probe a.b = points { prologue }, { epilogue }``.

    One entry in ``names`` per alias point (``probe a, b = …``).  ``=`` gives a prologue,
    ``+=`` an epilogue, ``= … {…}, {…}`` both.
    """

    id: NodeId
    span: Span
    names: tuple[ProbePoint, ...]
    points: tuple[ProbePoint, ...]
    prologue: Block | BadStmt | None
    epilogue: Block | BadStmt | None
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedCode:
    """``%{ … %}`` at top level."""

    id: NodeId
    span: Span
    code: str


@dataclass(frozen=True, slots=True)
class BadDecl:
    """A piece of top-level text that is no declaration; already reported."""

    id: NodeId
    span: Span


Decl: TypeAlias = Global | Function | Probe | Alias | EmbeddedCode | BadDecl

Node: TypeAlias = Expr | Stmt | ProbePoint | GlobalVariable | Parameter | Decl

_LEAF_TYPES = (str, int, bool, Enum, Span, Word, type(None))


def children(node: object) -> Iterator[Node]:
    """The nodes directly below ``node``, in source order of fields."""
    for field in fields(node):  # type: ignore[arg-type]
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            for item in value:
                if hasattr(item, "id"):
                    yield item
        elif not isinstance(value, _LEAF_TYPES) and hasattr(value, "id"):
            yield value


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, parents first."""
    pending = [node]
    while pending:
        item = pending.pop()
        yield item
        pending.extend(reversed(tuple(children(item))))
