"""The tree's statements.  What holds for all nodes stands in `ast`."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.expression_nodes import (
    Expr,
    Name,
    NodeId,
)
from translator.syntax.operators import (
    Extractor,
)


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
