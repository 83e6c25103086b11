"""The walk over expressions: type terms, uses of globals, calls, problems."""

from __future__ import annotations

from collections.abc import Sequence

from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import Span
from translator.core.regex import problem
from translator.core.types import Type
from translator.semantics.facts import (
    CallUse,
    Equality,
    Facts,
    GlobalUse,
    LocalUse,
    Lookup,
    Names,
    Term,
    constant,
    is_histogram,
    target_type,
)
from translator.semantics.gather_prints import gather_print
from translator.semantics.operator_arguments import argument_problems
from translator.syntax import ast


class Recorder:
    """`Names` that remembers what it was asked, in that order: it is the order of the program."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[tuple[str, int | None], str | None] = {}

    def global_named(self, name: str) -> str | None:
        key = (name, None)
        if key not in self._known:
            self._known[key] = self._names.global_named(name)
        return self._known[key]

    def function_named(self, name: str, arity: int) -> str | None:
        key = (name, arity)
        if key not in self._known:
            self._known[key] = self._names.function_named(name, arity)
        return self._known[key]

    def lookups(self) -> tuple[Lookup, ...]:
        return tuple(Lookup(name, arity, found) for (name, arity), found in self._known.items())


class ExpressionWalk:
    """What one body's expressions contribute.  Each method answers the expression's term."""

    def __init__(self, names: Names) -> None:
        self.names = Recorder(names)
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
            self.names.lookups(),
        )

    def equal(self, left: Term, right: Term, span: Span) -> None:
        if left != right:
            self.equalities.append(Equality(left, right, span))

    def problem(self, rule: str, span: Span, message: str) -> None:
        self.problems.append(Diagnostic(rule, Severity.ERROR, span, message))

    def wanted(self, expr: ast.Expr, term: Term) -> None:
        self.equal(self.expr(expr), term, expr.span)

    def expr(self, expr: ast.Expr) -> Term:
        match expr:
            case ast.Number() | ast.Wildcard():
                return Type.LONG
            case ast.EmbeddedExpr():
                self.targets.append(expr)
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
                self.one_element(indexes)
                return self.element(expr, base, indexes, reads=True)
            case ast.Index(base=ast.Extract() as base, indexes=indexes):
                self.extract(base)
                for index in indexes:
                    self.wanted(index, Type.LONG)
                return Type.LONG
            case ast.Index():
                return self.target(expr)
            case ast.Extract():
                if is_histogram(expr):
                    self.problem(
                        "histogram-value",
                        expr.span,
                        f"{expr.extractor.value} can be printed, indexed or walked; "
                        "it has no value itself",
                    )
                return self.extract(expr)
            case ast.Call():
                return self.call(expr)
            case ast.Print():
                return gather_print(expr, self)
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
                wrong = problem(regex.value) if isinstance(regex, ast.String) else None
                if wrong is not None:
                    self.problem("bad-regex", regex.span, f"bad regular expression: {wrong}")
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
                    self.element(expr, array, indexes, reads=True, parameters=("keys",))
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
                self.one_element(indexes)
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
        parameters: tuple[str | int, ...] = (),
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
                found,
                base.span,
                len(indexes),
                aggregate=aggregate,
                reads=reads,
                writes=writes,
                parameters=parameters,
            )
        )
        for position, key in enumerate(indexes):
            if not isinstance(key, ast.Wildcard):
                self.wanted(key, ("key", found, position))
        return ("global", found)

    def one_element(self, indexes: Sequence[ast.Expr]) -> None:
        """Report wildcards where one element is needed."""
        for key in indexes:
            if isinstance(key, ast.Wildcard):
                self.problem(
                    "bad-wildcard", key.span, "'*' stands for any key in 'in', 'delete' and slices"
                )

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
                self.one_element(indexes)
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
        most = 1 if expr.extractor is ast.Extractor.VARIANCE else 0
        if expr.extractor is not ast.Extractor.HIST_LINEAR and len(numbers) > most:
            self.problem(
                "wrong-argument-count",
                expr.span,
                f"{expr.extractor.value} takes an aggregate{' and a number of bits' * most}",
            )
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

    def effect(self, expr: ast.Expr) -> None:
        """An expression as a statement: nobody takes its value."""
        if isinstance(expr, ast.Call):
            self.call(expr, wanted=False)
        else:
            self.expr(expr)

    def call(self, expr: ast.Call, *, wanted: bool = True) -> Term:
        arity = len(expr.arguments)
        found = self.names.function_named(expr.function.text, arity)
        self.calls.append(CallUse(expr.function.text, expr.function.span, arity, found, wanted))
        if found is None:
            for argument in expr.arguments:
                self.expr(argument)
            return ("bad", expr.id)
        for index, argument in enumerate(expr.arguments):
            self.wanted(argument, ("param", found, index))
        return ("result", found)

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
        for rule, span, message in argument_problems(expr):
            self.problem(rule, span, message)
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
            case ast.AtOp.KERNEL_READ | ast.AtOp.USER_READ:
                for argument in expr.arguments[1:2]:
                    self.wanted(argument, Type.LONG)
                return Type.LONG
            case ast.AtOp.CAST:
                for argument in expr.arguments[:1]:
                    self.wanted(argument, Type.LONG)
                return target_type(expr)
            case _:
                for argument in expr.arguments:
                    self.expr(argument)
                return target_type(expr)

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
