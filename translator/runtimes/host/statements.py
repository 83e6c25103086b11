"""Core statements as Python statements, one function body at a time.

MAXACTION is kept by taking each block's number of statements from ``actions`` as the block
is entered, where `Costs` says that it is needed at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.host.cost import Costs
from translator.runtimes.host.expressions import (
    Expressions,
    function_name,
    histogram_shape,
    where,
)


@dataclass(frozen=True, slots=True)
class Calls:
    """What a body must count and where its limits are reported."""

    costs: Costs
    counts: bool
    where: str
    function: ir.Function | None  # None: a probe's handler


class Body:
    """The lines of one function body and the places of its primitives, by line."""

    def __init__(self, expressions: Expressions, calls: Calls) -> None:
        self.expressions = expressions
        self._calls = calls
        self._lines: list[str] = []
        self._places: dict[int, str] = {}
        self._depth = 1
        self._steps: list[ir.Block] = []  # of the loops around, innermost last

    def finish(self, head: list[str]) -> tuple[list[str], dict[int, str]]:
        """Lines with ``head`` before them; places by line from 0."""
        if not self._lines or not any(not line.lstrip().startswith("#") for line in self._lines):
            self.line("pass")
        shift = len(head)
        return [*head, *self._lines], {at + shift: text for at, text in self._places.items()}

    def indent(self) -> None:
        self._depth += 1

    def line(self, source: str) -> None:
        """Add a line; the first primitive asked in it gives the line its place."""
        if self.expressions.asked:
            self._places[len(self._lines)] = where(self.expressions.asked[0])
            self.expressions.asked.clear()
        self._lines.append("    " * self._depth + source)

    def declare(self, locals: tuple[ir.Local, ...]) -> None:
        """Give locals their empty values."""
        for type, empty in ((Type.LONG, "0"), (Type.STRING, '""')):
            names = [self.expressions.names.of(item) for item in locals if item.type is type]
            if names:
                self.line(f"{' = '.join(names)} = {empty}")

    def block(self, block: ir.Block) -> None:
        """Add a block at the present depth."""
        number = sum(not isinstance(item, ir.Remark) for item in block)
        if self._calls.counts and number:
            self.line(f"actions -= {number}")
            self.line("if actions < 0:")
            self._nested_line(f"fail('MAXACTION exceeded', {self._calls.where!r})")
        for statement in block:
            self._statement(statement)

    def _nested_line(self, source: str) -> None:
        self._depth += 1
        self.line(source)
        self._depth -= 1

    def _nested(self, block: ir.Block) -> None:
        self._depth += 1
        before = len(self._lines)
        self.block(block)
        if all(line.lstrip().startswith("#") for line in self._lines[before:]):
            self.line("pass")
        self._depth -= 1

    def _statement(self, statement: ir.Stmt) -> None:
        e = self.expressions
        match statement:
            case ir.SetLocal(local, value):
                self._set_local(local, value)
            case ir.SetGlobal(name, value):
                self.line(f"put({name!r}, {e.plain(value)})")
            case ir.AddGlobal(name, amount):
                self.line(f"add({name!r}, {e.plain(amount)})")
            case ir.SetElement(array, keys, value, place):
                near = _where(place)
                self.line(f"put_element({array!r}, {e.keys(keys)}, {e.plain(value)}{near})")
            case ir.AddElement(array, keys, amount, place):
                near = _where(place)
                self.line(f"add_element({array!r}, {e.keys(keys)}, {e.plain(amount)}{near})")
            case ir.Accumulate(stat, value, place):
                self.line(f"accumulate({e.stat(stat)}, {e.plain(value)}{_where(place)})")
            case ir.Clear(name):
                self.line(f"clear({name!r})")
            case ir.DeleteElement(array, keys):
                how = "delete_matching" if None in keys else "delete_element"
                self.line(f"{how}({array!r}, {e.keys(keys)})")
            case ir.Store(address, size, value, space, place):
                self.line(
                    f"store({e.plain(address)}, {size}, {e.plain(value)}, {space.value!r},"
                    f" {where(place)!r})"
                )
            case ir.Invoke():
                self._invoke(statement)
            case ir.Perform(primitive, arguments, result, place):
                call = e.call(primitive, arguments, place)
                if result is not None and result.type is Type.STRING:
                    call = f"cut({call})"
                self.line(f"{e.names.of(result)} = {call}" if result else call)
            case ir.Print(format, arguments):
                self.line(f"write({e.text(format, arguments)})")
            case ir.PrintHistogram(stat, histogram, place):
                shape = histogram_shape(histogram)
                self.line(f"write(drawing({e.stat(stat)}, {shape}{_where(place)}))")
            case ir.If():
                self._if(statement)
            case ir.Loop():
                self._loop(statement)
            case ir.Foreach():
                self._foreach(statement)
            case ir.ForeachBucket(bucket, stat, histogram, limit, body):
                most = e.plain(limit) if limit else "None"
                shape = histogram_shape(histogram)
                self.line(
                    f"for {e.names.of(bucket)} in bucket_indexes({e.stat(stat)}, {shape}, {most}):"
                )
                self._steps.append(())
                self._nested(body)
                self._steps.pop()
            case ir.Try(body, message, handler):
                self.line("try:")
                self._nested(body)
                self.line("except HandlerError as error:" if message else "except HandlerError:")
                if message:
                    self._nested_line(f"{e.names.of(message)} = cut(error.message)")
                self._nested(handler)
            case ir.Break():
                self.line("break")
            case ir.Continue():
                for inner in self._steps[-1]:
                    self._statement(inner)
                self.line("continue")
            case ir.Return(value):
                self.line(f"return {e.plain(value)}" if value else "return")
            case ir.Next():
                self._next()
            case ir.Fail(message, place):
                self.line(f"fail({e.plain(message)}{_where(place)})")
            case ir.Remark(text):
                for part in text.splitlines():
                    self.line(f"# {part}")
            case ir.EmbeddedC(_, place):
                self.line(f'fail("embedded C runs in the kmod runtime only"{_where(place)})')
            case _:
                assert_never(statement)

    def _if(self, statement: ir.If) -> None:
        """An ``if`` with as many ``elif`` as there are: long chains must not nest in Python."""
        word = "if"
        while True:
            self.line(f"{word} {_condition(self.expressions, statement.condition)}:")
            self._nested(statement.then)
            match statement.otherwise:
                case ():
                    return
                case (ir.If() as following,):
                    word = "elif"
                    statement = following
                case otherwise:
                    self.line("else:")
                    self._nested(otherwise)
                    return

    def _set_local(self, local: ir.Local, value: ir.Expr) -> None:
        name = self.expressions.names.of(local)
        if local.type is not Type.LONG:
            self.line(f"{name} = {self.expressions.plain(value)}")
            return
        source, wide = self.expressions.wide(value)
        self.line(f"{name} = {source}")
        if wide:
            self.line(f"if not MIN <= {name} <= MAX:")
            self._nested_line(f"{name} = long({name})")

    def _invoke(self, statement: ir.Invoke) -> None:
        e = self.expressions
        if self._calls.costs.limits_nesting():
            near = where(statement.place) or self._calls.where
            self.line(f"if nesting >= {self._calls.costs.nesting}:")
            self._nested_line(f"fail('MAXNESTING exceeded', {near!r})")
        if statement.place is not None and self._calls.costs.splits(statement.function):
            e.asked.append(statement.place)
        call = (
            f"{function_name(statement.function)}({', '.join(map(e.plain, statement.arguments))})"
        )
        self.line(f"{e.names.of(statement.result)} = {call}" if statement.result else call)

    def _next(self) -> None:
        self.line("return" if self._calls.function is None else "return NEXT")

    def _loop(self, loop: ir.Loop) -> None:
        e = self.expressions
        endless = isinstance(loop.condition, ir.Integer) and loop.condition.value != 0
        if loop.before or endless:
            self.line("while True:")
        else:
            self.line(f"while {_condition(e, loop.condition)}:")
        self._depth += 1
        if loop.before:
            self.block(loop.before)
            if not endless:
                self.line(f"if not {e.condition(loop.condition)}:")
                self._nested_line("break")
        self._count_turn(loop.body)
        self._steps.append(loop.step)
        self.block(loop.body)
        self._steps.pop()
        self.block(loop.step)
        self._depth -= 1

    def _count_turn(self, body: ir.Block) -> None:
        """An empty body still costs something, so that an empty endless loop ends."""
        if not any(not isinstance(item, ir.Remark) for item in body):
            self.line("actions -= 1")
            self.line("if actions < 0:")
            self._nested_line(f"fail('MAXACTION exceeded', {self._calls.where!r})")

    def _foreach(self, loop: ir.Foreach) -> None:
        e = self.expressions
        names = [e.names.of(item) for item in loop.keys]
        target = f"{', '.join(names)}{',' if len(names) == 1 else ''}"
        value = e.names.of(loop.value) if loop.value else "_"
        walk = "walk_statistics" if loop.array in e.aggregates else "walk"
        by, descending = "None", "False"
        if loop.sorting is not None:
            key = loop.sorting.by
            by = repr(key if isinstance(key, int) else key.value)
            descending = str(loop.sorting.descending)
        limit = e.plain(loop.limit) if loop.limit else "None"
        slices = loop.slices or (None,) * len(loop.keys)
        self.line(
            f"for ({target}), {value} in {walk}({loop.array!r}, {e.keys(slices)},"
            f" {by}, {descending}, {limit}):"
        )
        self._steps.append(())
        self._depth += 1
        self._count_turn(loop.body)
        self.block(loop.body)
        if not loop.body:
            self.line("pass")
        self._depth -= 1
        self._steps.pop()


def _condition(expressions: Expressions, expr: ir.Expr) -> str:
    source = expressions.condition(expr)
    inner = source[1:-1]
    if source.startswith("(") and not set(inner) & set("()'\""):
        return inner
    return source


def _where(place: ir.Place | None) -> str:
    return f", {where(place)!r}" if place else ""
