"""Core: what a handler means, in few typed forms.

Expressions have no side effects.  They can fail (a division by zero, a fault while
reading memory, an empty aggregate): that is a *handler error*, caught by the nearest
`Try` or ending the handler.  Everything with an effect is a statement, so the order of
effects is the order of statements; lowering introduces temporaries for it.

All integers are 64-bit two's complement and wrap.  Strings are byte strings decoded as
UTF-8 with surrogateescape and never longer than `Limits.string` - 1 bytes.

A `Place` never takes part in equality: two handlers that do the same are equal.
"""

from __future__ import annotations

from dataclasses import field

from translator.base.value import dataclass
from translator.core.expressions import (
    AndThen,
    Arithmetic,
    Ask,
    Binary,
    Bucket,
    Choose,
    Compare,
    Comparison,
    Concat,
    Contains,
    Event,
    EventValue,
    Expr,
    Extract,
    FormatText,
    GetElement,
    GetGlobal,
    GetLocal,
    Histogram,
    Integer,
    LinearHistogram,
    Load,
    Local,
    LogHistogram,
    Matches,
    OrElse,
    Place,
    Purity,
    Register,
    Space,
    Statistic,
    StatPlace,
    Text,
    Unary,
    UnaryOp,
)
from translator.core.statements import (
    Accumulate,
    AddElement,
    AddGlobal,
    Block,
    Break,
    Clear,
    Continue,
    DeleteElement,
    EmbeddedC,
    Fail,
    Foreach,
    ForeachBucket,
    If,
    Invoke,
    Loop,
    Next,
    Perform,
    Print,
    PrintHistogram,
    Remark,
    Return,
    SetElement,
    SetGlobal,
    SetLocal,
    Sorting,
    SortKey,
    Stmt,
    Store,
    Try,
)
from translator.core.types import Type
from translator.probes.attachment import Attachment

__all__ = [
    "Accumulate",
    "AddElement",
    "AddGlobal",
    "AndThen",
    "Arithmetic",
    "Ask",
    "Binary",
    "Block",
    "Break",
    "Bucket",
    "Choose",
    "Clear",
    "Compare",
    "Comparison",
    "Concat",
    "Contains",
    "Continue",
    "DeleteElement",
    "EmbeddedC",
    "Event",
    "EventValue",
    "Expr",
    "Extract",
    "Fail",
    "Foreach",
    "ForeachBucket",
    "FormatText",
    "Function",
    "GetElement",
    "GetGlobal",
    "GetLocal",
    "Global",
    "Histogram",
    "If",
    "Integer",
    "Invoke",
    "Limits",
    "LinearHistogram",
    "Load",
    "Local",
    "LogHistogram",
    "Loop",
    "Matches",
    "Next",
    "OrElse",
    "Perform",
    "Place",
    "Print",
    "PrintHistogram",
    "Probe",
    "Program",
    "Purity",
    "Register",
    "Remark",
    "Return",
    "SetElement",
    "SetGlobal",
    "SetLocal",
    "SortKey",
    "Sorting",
    "Space",
    "StatPlace",
    "Statistic",
    "Stmt",
    "Store",
    "Text",
    "Try",
    "Unary",
    "UnaryOp",
]


@dataclass(frozen=True, slots=True)
class Global:
    """A global variable: a scalar (``keys`` empty) or an array.

    ``histograms`` are all those that the program asks of it, ``shift`` the largest
    @variance shift; both only for aggregates.  ``size`` None means the limit's default.
    ``per_thread``: handlers touch only elements whose first key is the current thread, so
    updates need no protection from other handlers.
    """

    name: str
    type: Type
    keys: tuple[Type, ...] = ()
    size: int | None = None
    wraps: bool = False
    initial: int | str | None = None
    histograms: tuple[Histogram, ...] = ()
    shift: int = 0
    label: str = ""  # as the script spells it
    per_thread: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """``overloads`` are the functions that `Next` in this one falls through to, in order."""

    name: str
    parameters: tuple[Local, ...]
    locals: tuple[Local, ...]
    result: Type  # UNKNOWN: none
    body: Block
    overloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """One derived probe: an attachment and what to do there.

    ``name`` is what pp() answers; ``point`` is the probe point as the user wrote it;
    ``function`` is what probefunc() answers where elaboration knows it.
    """

    index: int
    name: str
    point: str
    attachment: Attachment
    locals: tuple[Local, ...]
    body: Block
    function: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits, by the names that ``-D`` sets; 0 lets the runtime choose."""

    string: int = 256  # MAXSTRINGLEN, bytes with the terminator
    action: int = 1000  # MAXACTION, statements per handler
    nesting: int = 0  # MAXNESTING
    errors: int = 0  # MAXERRORS
    skipped: int = 100  # MAXSKIPPED
    map_entries: int = 2048  # MAXMAPENTRIES
    backtrace: int = 20  # MAXBACKTRACE


@dataclass(frozen=True, slots=True)
class Program:
    """What elaboration gives and a runtime takes."""

    globals: tuple[Global, ...]
    functions: tuple[Function, ...]
    probes: tuple[Probe, ...]
    limits: Limits = Limits()
