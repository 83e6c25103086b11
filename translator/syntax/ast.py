"""The syntax tree: what was written, and nothing that was found out later.

Every node carries an `id`, unique in its declaration, and a `span` relative to its
declaration's start: an unchanged declaration is the same object wherever it moves.
Types, symbols and other findings stand in tables indexed by id, never here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from typing import TypeAlias

from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.expression_nodes import (
    AddressOf,
    Arrow,
    Assign,
    AtCall,
    BadExpr,
    Binary,
    Call,
    Conditional,
    EmbeddedExpr,
    Expr,
    Extract,
    Index,
    Membership,
    Name,
    NodeId,
    Number,
    Print,
    RegexMatch,
    Step,
    String,
    Target,
    Unary,
    Wildcard,
    Word,
)
from translator.syntax.operators import (
    AssignOp,
    AtOp,
    BinaryOp,
    Extractor,
    PrintKind,
    StepOp,
    TypeName,
    UnaryOp,
)
from translator.syntax.statement_nodes import (
    BadStmt,
    Block,
    Break,
    Continue,
    Delete,
    EmbeddedStmt,
    Empty,
    ExprStmt,
    For,
    Foreach,
    If,
    Next,
    Return,
    Sort,
    SortOrder,
    Stmt,
    Try,
    While,
)

__all__ = [
    "AddressOf",
    "Alias",
    "Alternatives",
    "Arrow",
    "Assign",
    "AssignOp",
    "AtCall",
    "AtOp",
    "BadDecl",
    "BadExpr",
    "BadStmt",
    "Binary",
    "BinaryOp",
    "Block",
    "Break",
    "Call",
    "Component",
    "Conditional",
    "Continue",
    "Decl",
    "Delete",
    "EmbeddedCode",
    "EmbeddedExpr",
    "EmbeddedStmt",
    "Empty",
    "Expr",
    "ExprStmt",
    "Extract",
    "Extractor",
    "For",
    "Foreach",
    "Function",
    "Global",
    "GlobalVariable",
    "If",
    "Index",
    "Membership",
    "Name",
    "Next",
    "Node",
    "NodeId",
    "Number",
    "Parameter",
    "Print",
    "PrintKind",
    "Probe",
    "ProbePoint",
    "RegexMatch",
    "Return",
    "Sort",
    "SortOrder",
    "Step",
    "StepOp",
    "Stmt",
    "String",
    "Suffix",
    "Target",
    "Try",
    "TypeName",
    "Unary",
    "UnaryOp",
    "While",
    "Wildcard",
    "Word",
    "children",
    "walk",
]


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
