"""Everything that names, types and rules need of a body, gathered by one walk (`gather`).

Facts are relative to their declaration and hold no resolved types, so they stay valid as
long as the declaration and the meaning of its names do.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

from translator.base.diagnostics import Diagnostic
from translator.base.text import Span
from translator.base.value import dataclass
from translator.core.types import Type
from translator.syntax import ast

# What a type belongs to, where it is not known yet:
#   ("local", name) · ("global", name) · ("key", name, index)
#   ("result", function) · ("param", function, index)
Variable: TypeAlias = tuple[str | int, ...]
Term: TypeAlias = Type | Variable


@dataclass(frozen=True, slots=True)
class Equality:
    """Two terms must have one type, because of what stands at ``span``."""

    left: Term
    right: Term
    span: Span


@dataclass(frozen=True, slots=True)
class GlobalUse:
    """One use of a global.  ``arity`` None: used whole; ``histogram`` as core has it."""

    name: str
    span: Span
    arity: int | None
    aggregate: bool = False
    reads: bool = False
    writes: bool = False
    parameters: tuple[str | int, ...] = ()  # ("log",), ("linear", low, high, step), ("shift", n)


@dataclass(frozen=True, slots=True)
class CallUse:
    """A call; ``function`` None if nothing has the name with that many arguments.

    ``wanted``: something takes the result.
    """

    name: str
    span: Span
    arity: int
    function: str | None
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class LocalUse:
    name: str
    span: Span
    writes: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """A name that the walk asked for and what it meant; ``arity`` None: a variable's."""

    name: str
    arity: int | None
    meaning: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything gathered from one body.

    ``lookups`` are all names it depends on: while they mean the same, so do the facts.
    ``targets`` need debug information, or a runtime that takes embedded C, to be checked.
    """

    equalities: tuple[Equality, ...]
    globals: tuple[GlobalUse, ...]
    calls: tuple[CallUse, ...]
    locals: tuple[LocalUse, ...]
    targets: tuple[ast.Expr, ...]
    problems: tuple[Diagnostic, ...]
    lookups: tuple[Lookup, ...] = ()

    def hold(self, names: Names) -> bool:
        """Whether every name still means what it did."""
        return all(
            (
                names.global_named(item.name)
                if item.arity is None
                else names.function_named(item.name, item.arity)
            )
            == item.meaning
            for item in self.lookups
        )


class Names(Protocol):
    """What names mean where the body stands."""

    def global_named(self, name: str) -> str | None:
        """The global's name in the program, or None if ``name`` is a local here."""

    def function_named(self, name: str, arity: int) -> str | None:
        """The function's name in the program, or None."""


def script_type(name: ast.TypeName) -> Type:
    return Type.LONG if name is ast.TypeName.LONG else Type.STRING


STRING_TARGETS = frozenset({"$$vars", "$$parms", "$$locals", "$$return", "$$name", "$$provider"})


def target_type(expr: ast.Expr) -> Type:
    """Pretty-printed targets are strings, all others numbers."""
    match expr:
        case ast.Target(name=name, pretty=pretty):
            return Type.STRING if pretty or name in STRING_TARGETS else Type.LONG
        case ast.Arrow(pretty=pretty) | ast.Index(pretty=pretty) | ast.AtCall(pretty=pretty):
            return Type.STRING if pretty else Type.LONG
        case _:
            return Type.LONG


def is_histogram(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Extract) and expr.extractor in (
        ast.Extractor.HIST_LOG,
        ast.Extractor.HIST_LINEAR,
    )


def constant(expr: ast.Expr) -> int | None:
    """The value of a literal number, possibly signed."""
    match expr:
        case ast.Number(value=value):
            return value
        case ast.Unary(op=ast.UnaryOp.NEGATE, operand=ast.Number(value=value)):
            return -value
        case ast.Unary(op=ast.UnaryOp.PLUS, operand=ast.Number(value=value)):
            return value
        case _:
            return None
