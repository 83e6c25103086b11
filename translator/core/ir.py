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
from enum import Enum
from typing import TypeAlias

from translator.base.value import dataclass
from translator.core.format import Format
from translator.core.types import Type
from translator.probes.attachment import Attachment


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


# --- expressions -----------------------------------------------------------------------


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


# --- statements ------------------------------------------------------------------------


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


# --- programs --------------------------------------------------------------------------


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
