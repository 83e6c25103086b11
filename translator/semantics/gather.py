"""The walk over a body that gathers its `Facts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from translator.core.types import Type
from translator.semantics.facts import Facts, GlobalUse, LocalUse, Names, Variable, script_type
from translator.semantics.gather_expressions import ExpressionWalk
from translator.syntax import ast


def gather_function(function: ast.Function, name: str, names: Names) -> Facts:
    """Facts of a function's body and signature; ``name`` is its name in the program."""
    walk = _StatementWalk(ExpressionWalk(names), ("result", name))
    for index, parameter in enumerate(function.parameters):
        local: Variable = ("local", parameter.name.text)
        walk.exprs.equal(local, ("param", name, index), parameter.span)
        walk.exprs.locals.append(LocalUse(parameter.name.text, parameter.name.span, True))
        if parameter.type is not None:
            walk.exprs.equal(local, script_type(parameter.type), parameter.span)
    if function.type is not None:
        walk.exprs.equal(("result", name), script_type(function.type), function.name.span)
    if isinstance(function.body, ast.Block):
        walk.statement(function.body, 0)
    return walk.exprs.facts()


def gather_handler(block: ast.Block, conditions: Sequence[ast.Expr], names: Names) -> Facts:
    """Facts of a probe's or an alias's body and of its points' conditions."""
    walk = _StatementWalk(ExpressionWalk(names), None)
    for condition in conditions:
        walk.exprs.wanted(condition, Type.LONG)
    for use in walk.exprs.locals:
        message = f"a probe's condition looks at globals only; '{use.name}' is none"
        walk.exprs.problem("local-in-condition", use.span, message)
    walk.statement(block, 0)
    return walk.exprs.facts()


SORTABLE = (
    ast.Extractor.COUNT,
    ast.Extractor.SUM,
    ast.Extractor.MIN,
    ast.Extractor.MAX,
    ast.Extractor.AVG,
)


@dataclass(slots=True)
class _StatementWalk:
    """Statements of one body.  ``returns`` is the function's result, None in a handler."""

    exprs: ExpressionWalk
    returns: Variable | None

    def statement(self, stmt: ast.Stmt, loops: int) -> None:
        match stmt:
            case ast.Block(body=body):
                for inner in body:
                    self.statement(inner, loops)
            case ast.ExprStmt(expr=expr):
                self.exprs.effect(expr)
            case ast.If(condition=condition, then=then, otherwise=otherwise):
                self.exprs.wanted(condition, Type.LONG)
                self.statement(then, loops)
                if otherwise is not None:
                    self.statement(otherwise, loops)
            case ast.While(condition=condition, body=while_body):
                self.exprs.wanted(condition, Type.LONG)
                self.statement(while_body, loops + 1)
            case ast.For(start=start, condition=for_condition, step=step, body=for_body):
                for part in (start, step):
                    if part is not None:
                        self.exprs.effect(part)
                if for_condition is not None:
                    self.exprs.wanted(for_condition, Type.LONG)
                self.statement(for_body, loops + 1)
            case ast.Foreach():
                self.foreach(stmt, loops)
            case ast.Break() | ast.Continue():
                if not loops:
                    word = "break" if isinstance(stmt, ast.Break) else "continue"
                    self.exprs.problem("outside-loop", stmt.span, f"'{word}' outside a loop")
            case ast.Return(value=value):
                if self.returns is None:
                    self.exprs.problem(
                        "return-outside-function",
                        stmt.span,
                        "'return' outside a function; 'next' ends a probe handler",
                    )
                if value is not None:
                    term = self.exprs.expr(value)
                    if self.returns is not None:
                        self.exprs.equal(term, self.returns, value.span)
            case ast.Try(body=body_, variable=variable, handler=handler):
                self.statement(body_, loops)
                if variable is not None:
                    self.exprs.equal(self.exprs.assigned(variable), Type.STRING, variable.span)
                self.statement(handler, loops)
            case ast.Delete(target=target):
                self.delete(target)
            case ast.BadStmt(parts=parts):
                for part in parts:
                    self.exprs.expr(part)
            case ast.Empty() | ast.Next() | ast.EmbeddedStmt():
                pass

    def delete(self, target: ast.Expr) -> None:
        match target:
            case ast.Index(base=ast.Name() as base, indexes=indexes):
                self.exprs.element(target, base, indexes, writes=True)
            case ast.Name(name=name):
                found = self.exprs.names.global_named(name)
                if found is not None:
                    self.exprs.globals.append(GlobalUse(found, target.span, None, writes=True))
                else:
                    self.exprs.locals.append(LocalUse(name, target.span, True))
            case _:
                self.exprs.expr(target)
                if not isinstance(target, ast.BadExpr):
                    self.exprs.problem("bad-delete", target.span, "only a variable can be deleted")

    def foreach(self, stmt: ast.Foreach, loops: int) -> None:
        array = stmt.array
        if stmt.limit is not None:
            self.exprs.wanted(stmt.limit, Type.LONG)
        if stmt.sort is not None and stmt.sort.extractor not in (None, *SORTABLE):
            assert stmt.sort.extractor is not None
            self.exprs.problem(
                "bad-sort", stmt.sort.span, f"cannot sort by {stmt.sort.extractor.value}"
            )
        if isinstance(array, ast.Extract):
            self.exprs.extract(array)
            for key in stmt.keys:
                self.exprs.equal(self.exprs.assigned(key), Type.LONG, key.span)
        elif isinstance(array, ast.Name):
            self.foreach_array(stmt, array)
        else:
            self.exprs.expr(array)
        self.statement(stmt.body, loops + 1)

    def foreach_array(self, stmt: ast.Foreach, array: ast.Name) -> None:
        found = self.exprs.names.global_named(array.name)
        if found is None:
            self.exprs.problem(
                "unresolved-array", array.span, f"'{array.name}' is not a global array"
            )
            for key in stmt.keys:
                self.exprs.assigned(key)
            return
        by_figure = stmt.sort is not None and stmt.sort.extractor is not None
        self.exprs.globals.append(
            GlobalUse(
                found,
                array.span,
                len(stmt.keys),
                aggregate=by_figure,
                reads=True,
                parameters=("keys",),
            )
        )
        for index, key in enumerate(stmt.keys):
            self.exprs.equal(self.exprs.assigned(key), ("key", found, index), key.span)
        for index, item in enumerate(stmt.slices):
            if not isinstance(item, ast.Wildcard):
                self.exprs.wanted(item, ("key", found, index))
        if stmt.value is not None:
            # An aggregate has no value to take; known when types are.
            self.exprs.globals.append(
                GlobalUse(found, stmt.value.span, None, reads=True, parameters=("value",))
            )
            self.exprs.equal(self.exprs.assigned(stmt.value), ("global", found), stmt.value.span)
