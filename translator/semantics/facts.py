"""One walk over a body gathers everything that names, types and rules need of it.

Facts are relative to their declaration and hold no resolved types, so they stay valid as
long as the declaration and the meaning of its names do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import Span
from translator.core import format as formats
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
    """A call; ``function`` None if nothing has the name with that many arguments."""

    name: str
    span: Span
    arity: int
    function: str | None


@dataclass(frozen=True, slots=True)
class LocalUse:
    name: str
    span: Span
    writes: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything gathered from one body."""

    equalities: tuple[Equality, ...]
    globals: tuple[GlobalUse, ...]
    calls: tuple[CallUse, ...]
    locals: tuple[LocalUse, ...]
    targets: tuple[ast.Expr, ...]
    problems: tuple[Diagnostic, ...]


class Names(Protocol):
    """What names mean where the body stands."""

    def global_named(self, name: str) -> str | None:
        """The global's name in the program, or None if ``name`` is a local here."""

    def function_named(self, name: str, arity: int) -> str | None:
        """The function's name in the program, or None."""


def gather_function(function: ast.Function, name: str, names: Names) -> Facts:
    """Facts of a function's body and signature; ``name`` is its name in the program."""
    walk = _Gather(names, returns=("result", name))
    for index, parameter in enumerate(function.parameters):
        walk.parameters.add(parameter.name.text)
        local: Variable = ("local", parameter.name.text)
        walk.equal(local, ("param", name, index), parameter.span)
        walk.locals.append(LocalUse(parameter.name.text, parameter.name.span, True))
        if parameter.type is not None:
            walk.equal(local, script_type(parameter.type), parameter.span)
    if function.type is not None:
        walk.equal(("result", name), script_type(function.type), function.name.span)
    if isinstance(function.body, ast.Block):
        walk.statement(function.body, 0)
    return walk.facts()


def gather_handler(block: ast.Block, conditions: Sequence[ast.Expr], names: Names) -> Facts:
    """Facts of a probe's or an alias's body and of its points' conditions."""
    walk = _Gather(names, returns=None)
    for condition in conditions:
        walk.wanted(condition, Type.LONG)
    walk.statement(block, 0)
    return walk.facts()


def script_type(name: ast.TypeName) -> Type:
    return Type.LONG if name is ast.TypeName.LONG else Type.STRING


def is_aggregate_read(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Extract)


class _Gather:
    """The walk.  Each expression method answers the expression's type term."""

    def __init__(self, names: Names, returns: Variable | None) -> None:
        self.names = names
        self.returns = returns
        self.parameters: set[str] = set()
        self.equalities: list[Equality] = []
        self.globals: list[GlobalUse] = []
        self.calls: list[CallUse] = []
        self.locals: list[LocalUse] = []
        self.targets: list[ast.Expr] = []
        self.problems: list[Diagnostic] = []

    def facts(self) -> Facts:
        return Facts(
            tuple(self.equalities),
            tuple(self.globals),
            tuple(self.calls),
            tuple(self.locals),
            tuple(self.targets),
            tuple(self.problems),
        )

    def equal(self, left: Term, right: Term, span: Span) -> None:
        if left != right:
            self.equalities.append(Equality(left, right, span))

    def problem(self, rule: str, span: Span, message: str) -> None:
        self.problems.append(Diagnostic(rule, Severity.ERROR, span, message))

    def wanted(self, expr: ast.Expr, term: Term) -> None:
        self.equal(self.expr(expr), term, expr.span)

    # --- statements --------------------------------------------------------------------

    def statement(self, stmt: ast.Stmt, loops: int) -> None:
        match stmt:
            case ast.Block(body=body):
                for inner in body:
                    self.statement(inner, loops)
            case ast.ExprStmt(expr=expr):
                self.expr(expr)
            case ast.If(condition=condition, then=then, otherwise=otherwise):
                self.wanted(condition, Type.LONG)
                self.statement(then, loops)
                if otherwise is not None:
                    self.statement(otherwise, loops)
            case ast.While(condition=condition, body=while_body):
                self.wanted(condition, Type.LONG)
                self.statement(while_body, loops + 1)
            case ast.For(start=start, condition=for_condition, step=step, body=for_body):
                for part in (start, step):
                    if part is not None:
                        self.expr(part)
                if for_condition is not None:
                    self.wanted(for_condition, Type.LONG)
                self.statement(for_body, loops + 1)
            case ast.Foreach():
                self.foreach(stmt, loops)
            case ast.Break() | ast.Continue():
                if not loops:
                    word = "break" if isinstance(stmt, ast.Break) else "continue"
                    self.problem("outside-loop", stmt.span, f"'{word}' outside a loop")
            case ast.Return(value=value):
                if self.returns is None:
                    self.problem(
                        "return-outside-function",
                        stmt.span,
                        "'return' outside a function; 'next' ends a probe handler",
                    )
                if value is not None:
                    term = self.expr(value)
                    if self.returns is not None:
                        self.equal(term, self.returns, value.span)
            case ast.Try(body=body_, variable=variable, handler=handler):
                self.statement(body_, loops)
                if variable is not None:
                    self.equal(self.assigned(variable), Type.STRING, variable.span)
                self.statement(handler, loops)
            case ast.Delete(target=target):
                self.delete(target)
            case ast.BadStmt(parts=parts):
                for part in parts:
                    self.expr(part)
            case ast.Empty() | ast.Next() | ast.EmbeddedStmt():
                pass

    def delete(self, target: ast.Expr) -> None:
        match target:
            case ast.Index(base=ast.Name() as base, indexes=indexes):
                self.element(target, base, indexes, writes=True)
            case ast.Name(name=name):
                found = self.names.global_named(name)
                if found is not None:
                    self.globals.append(GlobalUse(found, target.span, None, writes=True))
                else:
                    self.locals.append(LocalUse(name, target.span, True))
            case _:
                self.expr(target)
                if not isinstance(target, ast.BadExpr):
                    self.problem("bad-delete", target.span, "only a variable can be deleted")

    def foreach(self, stmt: ast.Foreach, loops: int) -> None:
        array = stmt.array
        if stmt.limit is not None:
            self.wanted(stmt.limit, Type.LONG)
        if isinstance(array, ast.Extract):
            self.expr(array)
            for key in stmt.keys:
                self.equal(self.assigned(key), Type.LONG, key.span)
        elif isinstance(array, ast.Name):
            self.foreach_array(stmt, array)
        else:
            self.expr(array)
        self.statement(stmt.body, loops + 1)

    def foreach_array(self, stmt: ast.Foreach, array: ast.Name) -> None:
        found = self.names.global_named(array.name)
        if found is None:
            self.problem("unresolved-array", array.span, f"'{array.name}' is not a global array")
            for key in stmt.keys:
                self.assigned(key)
            return
        by_figure = stmt.sort is not None and stmt.sort.extractor is not None
        self.globals.append(
            GlobalUse(found, array.span, len(stmt.keys), aggregate=by_figure, reads=True)
        )
        for index, key in enumerate(stmt.keys):
            self.equal(self.assigned(key), ("key", found, index), key.span)
        for index, item in enumerate(stmt.slices):
            if not isinstance(item, ast.Wildcard):
                self.wanted(item, ("key", found, index))
        if stmt.value is not None:
            self.equal(self.assigned(stmt.value), ("global", found), stmt.value.span)

    # --- expressions -------------------------------------------------------------------

    def expr(self, expr: ast.Expr) -> Term:
        match expr:
            case ast.Number() | ast.Wildcard() | ast.EmbeddedExpr():
                return Type.LONG
            case ast.String():
                return Type.STRING
            case ast.Name():
                return self.name(expr)
            case ast.Target() | ast.Arrow() | ast.AddressOf():
                return self.target(expr)
            case ast.AtCall():
                return self.at_call(expr)
            case ast.Index(base=ast.Name() as base, indexes=indexes):
                return self.element(expr, base, indexes, reads=True)
            case ast.Index(base=ast.Extract() as base, indexes=indexes):
                self.extract(base)
                for index in indexes:
                    self.wanted(index, Type.LONG)
                return Type.LONG
            case ast.Index():
                return self.target(expr)
            case ast.Extract():
                return self.extract(expr)
            case ast.Call():
                return self.call(expr)
            case ast.Print():
                return self.print(expr)
            case ast.Unary(operand=operand):
                self.wanted(operand, Type.LONG)
                return Type.LONG
            case ast.Step(operand=operand):
                self.assign_to(operand, Type.LONG, reads=True)
                return Type.LONG
            case ast.Binary():
                return self.binary(expr)
            case ast.RegexMatch(operand=operand, regex=regex):
                self.wanted(operand, Type.STRING)
                self.wanted(regex, Type.STRING)
                return Type.LONG
            case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
                self.wanted(condition, Type.LONG)
                term = self.expr(then)
                self.equal(self.expr(otherwise), term, otherwise.span)
                return term
            case ast.Assign():
                return self.assign(expr)
            case ast.Membership(indexes=indexes, array=array):
                if isinstance(array, ast.Name):
                    self.element(expr, array, indexes, reads=True)
                else:
                    self.problem("unresolved-array", array.span, "'in' needs a global array")
                return Type.LONG
            case ast.BadExpr():
                return ("bad", expr.id)

    def name(self, expr: ast.Name) -> Term:
        found = self.names.global_named(expr.name)
        if found is not None:
            self.globals.append(GlobalUse(found, expr.span, 0, reads=True))
            return ("global", found)
        self.locals.append(LocalUse(expr.name, expr.span, False))
        return ("local", expr.name)

    def assigned(self, name: ast.Name) -> Term:
        """A variable that a foreach or catch assigns."""
        return self.assign_to(name, None, reads=False)

    def assign_to(self, target: ast.Expr, value: Term | None, *, reads: bool) -> Term:
        """The term of an assignment's left side."""
        term: Term
        match target:
            case ast.Name(name=name):
                found = self.names.global_named(name)
                if found is not None:
                    self.globals.append(GlobalUse(found, target.span, 0, reads=reads, writes=True))
                    term = ("global", found)
                else:
                    if reads:
                        self.locals.append(LocalUse(name, target.span, False))
                    self.locals.append(LocalUse(name, target.span, True))
                    term = ("local", name)
            case ast.Index(base=ast.Name() as base, indexes=indexes):
                term = self.element(target, base, indexes, reads=reads, writes=True)
            case ast.Target() | ast.Arrow() | ast.Index() | ast.AtCall():
                term = self.expr(target)
            case _:
                term = self.expr(target)
                if not isinstance(target, ast.BadExpr):
                    self.problem(
                        "not-assignable", target.span, "only a variable can be assigned to"
                    )
        if value is not None:
            self.equal(term, value, target.span)
        return term

    def assign(self, expr: ast.Assign) -> Term:
        if expr.op is ast.AssignOp.AGGREGATE:
            self.wanted(expr.value, Type.LONG)
            self.aggregate(expr.target, writes=True)
            return Type.LONG
        value = self.expr(expr.value)
        match expr.op:
            case ast.AssignOp.SET:
                return self.assign_to(expr.target, value, reads=False)
            case ast.AssignOp.CONCAT:
                self.equal(value, Type.STRING, expr.value.span)
                return self.assign_to(expr.target, Type.STRING, reads=True)
            case _:
                self.equal(value, Type.LONG, expr.value.span)
                return self.assign_to(expr.target, Type.LONG, reads=True)

    def element(
        self,
        expr: ast.Expr,
        base: ast.Name,
        indexes: Sequence[ast.Expr],
        *,
        reads: bool = False,
        writes: bool = False,
        aggregate: bool = False,
    ) -> Term:
        found = self.names.global_named(base.name)
        if found is None:
            # A script variable that holds a typed pointer (autocast) or a misspelt array.
            for index in indexes:
                self.expr(index)
            self.problem("unresolved-array", base.span, f"'{base.name}' is not a global array")
            return ("bad", expr.id)
        self.globals.append(
            GlobalUse(
                found, base.span, len(indexes), aggregate=aggregate, reads=reads, writes=writes
            )
        )
        for position, key in enumerate(indexes):
            if not isinstance(key, ast.Wildcard):
                self.wanted(key, ("key", found, position))
        return ("global", found)

    def aggregate(
        self,
        operand: ast.Expr,
        *,
        writes: bool = False,
        parameters: tuple[str | int, ...] = (),
    ) -> None:
        match operand:
            case ast.Name(name=name):
                found, arity = self.names.global_named(name), 0
            case ast.Index(base=ast.Name(name=name) as base, indexes=indexes):
                self.element(operand, base, indexes, aggregate=True)
                found, arity = self.names.global_named(name), len(indexes)
            case _:
                self.expr(operand)
                found, arity, name = None, 0, ""
        if found is None:
            if not isinstance(operand, (ast.BadExpr, ast.Index)):
                self.problem(
                    "not-an-aggregate", operand.span, "an aggregate must be a global variable"
                )
            return
        self.equal(("global", found), Type.AGGREGATE, operand.span)
        self.globals.append(
            GlobalUse(
                found,
                operand.span,
                arity,
                aggregate=True,
                reads=not writes,
                writes=writes,
                parameters=parameters,
            )
        )

    def extract(self, expr: ast.Extract) -> Term:
        numbers: list[int] = []
        for parameter in expr.parameters:
            value = constant(parameter)
            if value is None:
                self.problem(
                    "not-constant",
                    parameter.span,
                    f"{expr.extractor.value} needs literal numbers here",
                )
                value = 0
            numbers.append(value)
        parameters: tuple[str | int, ...] = ()
        match expr.extractor:
            case ast.Extractor.HIST_LOG:
                parameters = ("log",)
            case ast.Extractor.HIST_LINEAR:
                if len(numbers) != 3:
                    self.problem(
                        "wrong-argument-count",
                        expr.span,
                        "@hist_linear takes an aggregate, low, high and step",
                    )
                    numbers = [0, 100, 10]
                elif numbers[2] <= 0 or numbers[1] < numbers[0]:
                    self.problem(
                        "bad-histogram",
                        expr.span,
                        "@hist_linear needs low ≤ high and a positive step",
                    )
                    numbers = [0, 100, 10]
                parameters = ("linear", *numbers)
            case ast.Extractor.VARIANCE:
                parameters = ("shift", numbers[0] if numbers else 0)
            case _:
                pass
        self.aggregate(expr.operand, parameters=parameters)
        return Type.LONG

    def call(self, expr: ast.Call) -> Term:
        arity = len(expr.arguments)
        found = self.names.function_named(expr.function.text, arity)
        self.calls.append(CallUse(expr.function.text, expr.function.span, arity, found))
        if found is None:
            for argument in expr.arguments:
                self.expr(argument)
            return ("bad", expr.id)
        for index, argument in enumerate(expr.arguments):
            self.wanted(argument, ("param", found, index))
        return ("result", found)

    def print(self, expr: ast.Print) -> Term:
        arguments = expr.arguments
        result: Term = Type.STRING if expr.to_string else Type.LONG
        if expr.kind is ast.PrintKind.PRINTF:
            if not arguments or not isinstance(arguments[0], ast.String):
                if not any(isinstance(item, ast.BadExpr) for item in arguments[:1]):
                    self.problem(
                        "bad-format", expr.span, f"{expr.function.text} needs a literal format"
                    )
                for argument in arguments:
                    self.expr(argument)
                return result
            self.printf(expr, arguments[0])
            return result
        rest = arguments
        if expr.kind is ast.PrintKind.PRINTD and arguments:
            if not isinstance(arguments[0], (ast.String, ast.BadExpr)):
                self.problem(
                    "bad-format",
                    arguments[0].span,
                    f"the delimiter of {expr.function.text} must be a literal string",
                )
            rest = arguments[1:]
        for argument in rest:
            if is_histogram(argument) and expr.to_string:
                self.problem(
                    "bad-format", argument.span, "a histogram can be printed, not formatted"
                )
            self.expr(argument)
        return result

    def printf(self, expr: ast.Print, text: ast.String) -> None:
        parsed, wrong = formats.parse_format(text.value)
        if wrong is not None:
            self.problem("bad-format", text.span, wrong)
        wanted = parsed.argument_types
        given = expr.arguments[1:]
        for index, argument in enumerate(given):
            term = self.expr(argument)
            if index < len(wanted):
                self.equal(term, wanted[index], argument.span)
        bad = any(isinstance(argument, ast.BadExpr) for argument in given)
        if wrong is None and len(wanted) != len(given) and not bad:
            many = "many" if len(given) > len(wanted) else "few"
            self.problem(
                "bad-format",
                expr.span,
                f"too {many} arguments for the format: it takes {len(wanted)}, given {len(given)}",
            )

    def binary(self, expr: ast.Binary) -> Term:
        match expr.op:
            case ast.BinaryOp.CONCAT:
                self.wanted(expr.left, Type.STRING)
                self.wanted(expr.right, Type.STRING)
                return Type.STRING
            case (
                ast.BinaryOp.EQUAL
                | ast.BinaryOp.NOT_EQUAL
                | ast.BinaryOp.LESS
                | ast.BinaryOp.LESS_EQUAL
                | ast.BinaryOp.GREATER
                | ast.BinaryOp.GREATER_EQUAL
            ):
                self.equal(self.expr(expr.left), self.expr(expr.right), expr.span)
                return Type.LONG
            case _:
                self.wanted(expr.left, Type.LONG)
                self.wanted(expr.right, Type.LONG)
                return Type.LONG

    def at_call(self, expr: ast.AtCall) -> Term:
        self.targets.append(expr)
        match expr.op:
            case ast.AtOp.ENTRY | ast.AtOp.PROBE_WRITE:
                terms = [self.expr(argument) for argument in expr.arguments]
                return terms[0] if expr.op is ast.AtOp.ENTRY and terms else Type.LONG
            case ast.AtOp.DEFINED:
                return Type.LONG
            case ast.AtOp.ENUM_NAME:
                for argument in expr.arguments[:1]:
                    self.wanted(argument, Type.LONG)
                return Type.STRING
            case ast.AtOp.CAST:
                for argument in expr.arguments[:1]:
                    self.wanted(argument, Type.LONG)
                return Type.LONG
            case _:
                for argument in expr.arguments:
                    self.expr(argument)
                return Type.LONG

    def target(self, expr: ast.Target | ast.Arrow | ast.Index | ast.AddressOf) -> Term:
        """A chain of ``->`` and ``[]``; its leaves that are script expressions are walked."""
        self.targets.append(expr)
        inner: ast.Expr = expr
        while True:
            match inner:
                case ast.Arrow(base=base):
                    inner = base
                case ast.Index(base=base, indexes=indexes):
                    for index in indexes:
                        self.wanted(index, Type.LONG)
                    inner = base
                case ast.AddressOf(operand=operand):
                    inner = operand
                case ast.AtCall():
                    self.expr(inner)
                    self.targets.pop()
                    break
                case ast.Target():
                    break
                case _:
                    self.expr(inner)
                    break
        return target_type(expr)


STRING_TARGETS = frozenset({"$$vars", "$$parms", "$$locals", "$$return", "$$name", "$$provider"})


def target_type(expr: ast.Target | ast.Arrow | ast.Index | ast.AddressOf) -> Type:
    """Pretty-printed targets are strings, all others numbers."""
    match expr:
        case ast.Target(name=name, pretty=pretty):
            return Type.STRING if pretty or name in STRING_TARGETS else Type.LONG
        case ast.Arrow(pretty=pretty):
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
