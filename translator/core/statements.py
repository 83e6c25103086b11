"""Core's statements: everything with an effect.  What holds for all stands in `ir`."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TypeAlias

from translator.base.value import dataclass
from translator.core.expressions import (
    Expr,
    Histogram,
    Local,
    Place,
    Space,
    Statistic,
    StatPlace,
)
from translator.core.format import Format


@dataclass(frozen=True, slots=True)
class SetLocal:
    local: Local
    value: Expr


@dataclass(frozen=True, slots=True)
class SetGlobal:
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class AddGlobal:
    """Add to a long scalar; one atomic step to every other handler."""

    name: str
    amount: Expr


@dataclass(frozen=True, slots=True)
class SetElement:
    """A full array is a handler error, unless the array wraps (oldest goes)."""

    array: str
    keys: tuple[Expr, ...]
    value: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AddElement:
    """Add to an array's long element (0 if missing); one atomic step."""

    array: str
    keys: tuple[Expr, ...]
    amount: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Accumulate:
    """``stat <<< value``."""

    stat: StatPlace
    value: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Clear:
    """``delete`` of a whole global: a scalar becomes 0 or "", an array or aggregate empty."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteElement:
    """None in ``keys`` stands for any value (``*``)."""

    array: str
    keys: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Write memory (guru mode)."""

    address: Expr
    size: int
    value: Expr
    space: Space
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call a function of the program; ``result`` takes its value, if wanted.

    A function that ends without `Return` of a value gives 0 or "".
    """

    result: Local | None
    function: str
    arguments: tuple[Expr, ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Perform:
    """A primitive with an effect: ``exit()``, ``log(s)``, ``system(s)``, ``print_ustack(s)``."""

    primitive: str
    arguments: tuple[Expr, ...]
    result: Local | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Print:
    """Write to the session's output, whole or not at all."""

    format: Format
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class PrintHistogram:
    """The drawing of a histogram, lines as stap prints them."""

    stat: StatPlace
    histogram: Histogram
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    condition: Expr
    then: Block
    otherwise: Block = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """Repeat: run ``before``, leave if ``condition`` is 0, run ``body``, then ``step``.

    `Continue` goes on with ``step``, `Break` leaves.
    """

    before: Block
    condition: Expr
    body: Block
    step: Block = ()


class SortKey(Enum):
    """What `Foreach` sorts by, where it is not a key's number."""

    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Sorting:
    """``by`` is a key's number from 0, the value, or a figure of the aggregate."""

    by: int | SortKey | Statistic
    descending: bool


@dataclass(frozen=True, slots=True)
class Foreach:
    """Walk a snapshot of an array; ``slices`` None means any value of that key.

    ``value`` gets the element (never used with aggregates: read those with `Extract`).
    """

    array: str
    keys: tuple[Local, ...]
    value: Local | None
    slices: tuple[Expr | None, ...]
    sorting: Sorting | None
    limit: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class ForeachBucket:
    """Walk the indexes of a histogram's buckets."""

    bucket: Local
    stat: StatPlace
    histogram: Histogram
    limit: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class Try:
    """Run ``body``; on a handler error put its message in ``message``, run ``handler``."""

    body: Block
    message: Local | None
    handler: Block


@dataclass(frozen=True, slots=True)
class Break:
    pass


@dataclass(frozen=True, slots=True)
class Continue:
    pass


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """End the handler (in a function: try the next overload; see `Function.overloads`)."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Raise a handler error: ``error(message)``."""

    message: Expr
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment, so that dumps and generated code explain themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class EmbeddedC:
    """Text for the kernel-module runtime; every other one refuses it."""

    code: str
    place: Place | None = field(default=None, compare=False)


Stmt: TypeAlias = (
    SetLocal
    | SetGlobal
    | AddGlobal
    | SetElement
    | AddElement
    | Accumulate
    | Clear
    | DeleteElement
    | Store
    | Invoke
    | Perform
    | Print
    | PrintHistogram
    | If
    | Loop
    | Foreach
    | ForeachBucket
    | Try
    | Break
    | Continue
    | Return
    | Next
    | Fail
    | Remark
    | EmbeddedC
)

Block: TypeAlias = tuple[Stmt, ...]
