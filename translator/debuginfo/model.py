"""What the rest of the program may ask of a binary: one protocol and the values it answers.

The seam that probes, elaboration, runtimes and tests see.  Nothing here knows ELF or DWARF;
what reads them stands beside, and is opened by `finders.open_debuginfo`.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeAlias

from translator.base.diagnostics import StapError
from translator.base.value import dataclass
from translator.debuginfo.ctype import (
    Array,
    BitField,
    CType,
    Encoding,
    Enumeration,
    Enumerator,
    Float,
    FunctionType,
    Hop,
    IndexStep,
    Indirection,
    Integer,
    Member,
    MemberPath,
    MemberStep,
    Opaque,
    PathError,
    Pointer,
    Qualified,
    Qualifier,
    Record,
    RecordKind,
    Step,
    Typedef,
    TypeKind,
    TypeSource,
    Void,
    c_name,
    find_member,
    members,
    resolve_path,
    size_of,
    stripped,
)
from translator.debuginfo.location import (
    AddressRange,
    Computed,
    Constant,
    ConstantBytes,
    InMemory,
    InPieces,
    InRegister,
    Location,
    OptimisedOut,
    PointerTo,
    Refused,
)
from translator.debuginfo.units import (
    VOID,
    FileOffset,
    FunctionId,
    LinkAddress,
    RegisterNumber,
    TypeId,
    VariableId,
)

__all__ = [
    "VOID",
    "AddressRange",
    "AnyLine",
    "Array",
    "BitField",
    "CType",
    "Computed",
    "Constant",
    "ConstantBytes",
    "DebugInfo",
    "DebugInfoError",
    "ElfSymbol",
    "Encoding",
    "Enumeration",
    "Enumerator",
    "FileOffset",
    "Float",
    "Function",
    "FunctionId",
    "FunctionKind",
    "FunctionType",
    "Hop",
    "InMemory",
    "InPieces",
    "InRegister",
    "IndexStep",
    "Indirection",
    "Integer",
    "LineAbsolute",
    "LineRange",
    "LineRelative",
    "LineRow",
    "LineSpec",
    "LinkAddress",
    "Location",
    "Member",
    "MemberPath",
    "MemberStep",
    "Opaque",
    "OptimisedOut",
    "PathError",
    "Pointer",
    "PointerTo",
    "Qualified",
    "Qualifier",
    "Record",
    "RecordKind",
    "Refused",
    "RegisterNumber",
    "Step",
    "SymbolPlace",
    "TypeId",
    "TypeKind",
    "TypeSource",
    "Typedef",
    "Variable",
    "VariableId",
    "VariableKind",
    "Void",
    "c_name",
    "find_member",
    "members",
    "resolve_path",
    "size_of",
    "stripped",
]


class DebugInfoError(StapError):
    """A binary or its debug information is missing, damaged or of a kind we do not read."""


class FunctionKind(Enum):
    SUBPROGRAM = "subprogram"  # code of its own, described by DWARF
    INLINED = "inlined"  # one instance inside another function
    SYMBOL = "symbol"  # only a name and an address: no types, no variables


@dataclass(frozen=True, slots=True)
class Function:
    """One piece of code with a function's name.

    ``address`` is its first instruction; ``file`` and ``line`` are those of the declaration;
    ``container`` is the function whose frame an inlined instance lives in.
    """

    id: FunctionId
    kind: FunctionKind
    name: str
    address: LinkAddress
    ranges: tuple[AddressRange, ...]
    file: str | None = None
    line: int | None = None
    external: bool = False
    linkage_name: str | None = None
    container: FunctionId | None = None

    @property
    def size(self) -> int:
        """Bytes from the first to the last of its code's addresses."""
        return max((each.end for each in self.ranges), default=self.address) - self.address


class VariableKind(Enum):
    PARAMETER = "parameter"
    LOCAL = "local"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter, local or global; ``function`` is where a parameter or local lives."""

    id: VariableId
    kind: VariableKind
    name: str
    type: TypeId
    function: FunctionId | None = None
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ElfSymbol:
    """A defined function or object of the symbol tables; ``size`` in bytes, 0 if not given."""

    name: str
    address: LinkAddress
    size: int
    is_function: bool
    is_global: bool


@dataclass(frozen=True, slots=True)
class SymbolPlace:
    """An address as ``name+offset``; ``size`` is the symbol's."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """The instruction at ``address`` begins line ``line`` of ``file``."""

    address: LinkAddress
    file: str
    line: int
    is_statement: bool
    prologue_end: bool


@dataclass(frozen=True, slots=True)
class LineAbsolute:
    """``:N``"""

    line: int


@dataclass(frozen=True, slots=True)
class LineRelative:
    """``+N``: lines past the function's declaration."""

    offset: int


@dataclass(frozen=True, slots=True)
class LineRange:
    """``:N-M``, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class AnyLine:
    """``:*``"""


LineSpec: TypeAlias = LineAbsolute | LineRelative | LineRange | AnyLine


class DebugInfo(TypeSource, Protocol):
    """Everything known of one binary.  Answers are remembered; asking twice is cheap.

    Addresses are link addresses.  Where there is no DWARF (`has_types` False) functions come
    from the symbol tables and have no parameters.  Raises `DebugInfoError` on damaged input.
    """

    @property
    def path(self) -> str:
        """The binary, as it was asked for."""

    @property
    def build_id(self) -> str | None:
        """Hexadecimal, lower case."""

    @property
    def has_types(self) -> bool:
        """Whether there is DWARF."""

    @property
    def why_no_types(self) -> str | None:
        """Where debug information was looked for and what to install; None if it was found."""

    def functions(
        self, pattern: str, file: str | None = None, line: LineSpec | None = None
    ) -> tuple[Function, ...]:
        """Functions with code of their own whose name matches the glob, by address.

        ``file`` matches the declaration's path or its end (``PAT`` or ``*/PAT``).  With
        ``line``, functions whose declaration (`LineAbsolute` and `LineRange`: whose lines from
        declaration to last row) the line falls into.
        """

    def inlined(self, pattern: str, file: str | None = None) -> tuple[Function, ...]:
        """Inlined instances of functions whose name matches, by address."""

    def function_at(self, address: LinkAddress) -> Function | None:
        """The function (not inlined) whose code holds the address."""

    def entry_address(self, function: Function) -> LinkAddress:
        """First instruction: where `.return` and optimised `.function` probes attach."""

    def probe_address(self, function: Function) -> LinkAddress:
        """Where a `.function` probe attaches: after the prologue in unoptimised code."""

    def parameters(self, function: Function) -> tuple[Variable, ...]:
        """In order of declaration."""

    def locals(self, function: Function, address: LinkAddress) -> tuple[Variable, ...]:
        """Those of `variables` that are not parameters."""

    def variables(self, function: Function, address: LinkAddress) -> tuple[Variable, ...]:
        """Parameters and locals that a probe at the address can name, as SystemTap lists them.

        At the function's entry or probe address: its outermost block's.  Elsewhere: those of all
        blocks around the address, the innermost block's first.  `location` says which of them
        have a value there.
        """

    def globals(self, pattern: str) -> tuple[Variable, ...]:
        """Variables of file scope whose name matches the glob."""

    def global_variable(self, name: str, file: str | None = None) -> Variable | None:
        """One variable of file scope; one that is defined before one that is only declared."""

    def location(self, variable: Variable, address: LinkAddress) -> Location:
        """Where the variable is when the instruction at ``address`` is about to run."""

    def return_type(self, function: Function) -> TypeId:
        """`VOID` if the function returns nothing."""

    def return_location(self, function: Function) -> Location:
        """Where the caller finds the result, at the instruction after the call."""

    def file_offset(self, address: LinkAddress) -> FileOffset | None:
        """Place of the address's byte in the binary's file; None if it is not loaded from it."""

    def link_address(self, offset: FileOffset) -> LinkAddress | None:
        """The opposite of `file_offset`."""

    def symbols(self) -> tuple[ElfSymbol, ...]:
        """Defined functions and objects of `.symtab` and `.dynsym`, by address."""

    def symbol_at(self, address: LinkAddress) -> SymbolPlace | None:
        """The symbol that holds the address."""

    def lines(self, file: str) -> tuple[LineRow, ...]:
        """Line rows of the files that match ``file`` (as in `functions`), by address."""

    def statement_addresses(self, file: str, line: int) -> tuple[LinkAddress, ...]:
        """Addresses at which the line's code begins, one for each contiguous run."""

    def line_at(self, address: LinkAddress) -> LineRow | None:
        """The row that covers the address."""
