"""Invariants of core: what every later pass may rely on.

`violations` finds what is wrong with *us*, never with a script: the front end must have
refused whatever would show up here.  Tests assert that it is empty; so does ``--debug``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from translator.core import ir
from translator.core.format import Format
from translator.core.printer import print_expression
from translator.core.types import Type

_LONG_MIN, _LONG_MAX = -(1 << 63), (1 << 63) - 1


def violations(program: ir.Program) -> tuple[str, ...]:
    """What is wrong with the program, one line each; empty for a good one."""
    found: list[str] = []
    names: set[str] = set()
    declared = [item.name for item in program.globals] + [item.name for item in program.functions]
    for name in declared:
        if name in names:
            found.append(f"'{name}' is declared twice")
        names.add(name)
    for item in program.globals:
        found += _global_violations(item)
    globals = {item.name: item for item in program.globals}
    functions = {item.name: item for item in program.functions}
    for function in program.functions:
        report = _reporter(found, f"function {function.name}")
        for name in function.overloads:
            other = functions.get(name)
            if other is None:
                report(f"overload '{name}' does not exist")
            elif len(other.parameters) != len(function.parameters):
                report(f"overload '{name}' takes {len(other.parameters)} arguments")
        known = (*function.parameters, *function.locals)
        _Checker(globals, functions, known, function, report).block(function.body, 0)
    for index, probe in enumerate(program.probes):
        report = _reporter(found, f"probe {probe.index} ({probe.name})")
        if probe.index != index:
            report(f"stands at {index}")
        _Checker(globals, functions, probe.locals, None, report).block(probe.body, 0)
    return tuple(found)


def _reporter(found: list[str], owner: str) -> Callable[[str], None]:
    return lambda text: found.append(f"{owner}: {text}")


def _global_violations(item: ir.Global) -> list[str]:
    found: list[str] = []
    if item.type is Type.UNKNOWN:
        found.append(f"global {item.name}: no type")
    if any(key not in (Type.LONG, Type.STRING) for key in item.keys):
        found.append(f"global {item.name}: a key is neither long nor string")
    if item.type is not Type.AGGREGATE and (item.histograms or item.shift):
        found.append(f"global {item.name}: histograms on {item.type.value}")
    wanted = {Type.LONG: int, Type.STRING: str}.get(item.type)
    if item.initial is not None and (wanted is None or not isinstance(item.initial, wanted)):
        found.append(f"global {item.name}: initial value {item.initial!r}")
    if item.initial is not None and item.keys:
        found.append(f"global {item.name}: an array with an initial value")
    return found


class _Checker:
    """Checks one handler or function body."""

    def __init__(
        self,
        globals: dict[str, ir.Global],
        functions: dict[str, ir.Function],
        locals: tuple[ir.Local, ...],
        function: ir.Function | None,
        report: Callable[[str], None],
    ) -> None:
        self._globals = globals
        self._functions = functions
        self._locals = {item.name: item for item in locals}
        self._function = function
        self._report = report
        for item in locals:
            if item.type not in (Type.LONG, Type.STRING):
                report(f"local '{item.name}' is {item.type.value}")
            if self._locals[item.name].type is not item.type:
                report(f"local '{item.name}' is declared with two types")

    # --- statements -----------------------------------------------------------------

    def block(self, block: ir.Block, loops: int) -> None:
        for statement in block:
            self._statement(statement, loops)

    def _statement(self, statement: ir.Stmt, loops: int) -> None:
        match statement:
            case ir.SetLocal(local, value):
                self._expect(value, self._local(local))
            case ir.SetGlobal(name, value):
                self._expect(value, self._scalar(name))
            case ir.AddGlobal(name, amount):
                self._same(self._scalar(name), Type.LONG, f"'{name}' is added to")
                self._expect(amount, Type.LONG)
            case ir.SetElement(array, keys, value):
                self._expect(value, self._element(array, keys))
            case ir.AddElement(array, keys, amount):
                self._same(self._element(array, keys), Type.LONG, f"'{array}' is added to")
                self._expect(amount, Type.LONG)
            case ir.Accumulate(stat, value):
                self._stat(stat)
                self._expect(value, Type.LONG)
            case ir.Clear(name):
                if name not in self._globals:
                    self._report(f"no global '{name}'")
            case ir.DeleteElement(array, keys):
                self._array(array, keys)
            case ir.Store(address, size, value):
                self._size(size)
                self._expect(address, Type.LONG)
                self._expect(value, Type.LONG)
            case ir.Invoke():
                self._invoke(statement)
            case ir.Perform(primitive, arguments, result):
                for argument in arguments:
                    self._type(argument)
                if result is not None:
                    self._local(result)
                if not primitive:
                    self._report("a primitive without a name")
            case ir.Print(format, arguments):
                self._formatted(format, arguments)
            case ir.PrintHistogram(stat, histogram):
                self._histogram(stat, histogram)
            case ir.If(condition, then, otherwise):
                self._expect(condition, Type.LONG)
                self.block(then, loops)
                self.block(otherwise, loops)
            case ir.Loop(before, condition, body, step):
                self.block(before, 0)
                self._expect(condition, Type.LONG)
                self.block(body, loops + 1)
                self.block(step, 0)
            case ir.Foreach():
                self._foreach(statement, loops)
            case ir.ForeachBucket(bucket, stat, histogram, limit, body):
                self._histogram(stat, histogram)
                self._same(self._local(bucket), Type.LONG, "a bucket's index")
                if limit is not None:
                    self._expect(limit, Type.LONG)
                self.block(body, loops + 1)
            case ir.Try(body, message, handler):
                self.block(body, loops)
                if message is not None:
                    self._same(self._local(message), Type.STRING, "a caught message")
                self.block(handler, loops)
            case ir.Break() | ir.Continue():
                if not loops:
                    self._report(f"{type(statement).__name__.lower()} outside a loop")
            case ir.Return(value):
                self._return(value)
            case ir.Fail(message):
                self._expect(message, Type.STRING)
            case ir.Next() | ir.Remark() | ir.EmbeddedC():
                pass
            case _:
                assert_never(statement)

    def _invoke(self, call: ir.Invoke) -> None:
        function = self._functions.get(call.function)
        if function is None:
            self._report(f"no function '{call.function}'")
            return
        if len(call.arguments) != len(function.parameters):
            self._report(f"'{call.function}' is called with {len(call.arguments)} arguments")
            return
        for argument, parameter in zip(call.arguments, function.parameters, strict=True):
            self._expect(argument, parameter.type)
        if call.result is not None:
            self._same(self._local(call.result), function.result, f"result of '{call.function}'")

    def _foreach(self, loop: ir.Foreach, loops: int) -> None:
        array = self._globals.get(loop.array)
        if array is None or not array.keys:
            self._report(f"no array '{loop.array}'")
            return
        if len(loop.keys) != len(array.keys):
            self._report(f"foreach over '{loop.array}' with {len(loop.keys)} keys")
            return
        for key, wanted in zip(loop.keys, array.keys, strict=True):
            self._same(self._local(key), wanted, f"key '{key.name}' of '{loop.array}'")
        if loop.slices:
            self._array(loop.array, loop.slices)
        if loop.value is not None:
            self._same(self._local(loop.value), array.type, f"value of '{loop.array}'")
        if loop.sorting is not None:
            by = loop.sorting.by
            if isinstance(by, int) and not 0 <= by < len(array.keys):
                self._report(f"'{loop.array}' is sorted by key {by}")
            if isinstance(by, ir.Statistic) and array.type is not Type.AGGREGATE:
                self._report(f"'{loop.array}' is sorted by @{by.value} but is no aggregate")
        if loop.limit is not None:
            self._expect(loop.limit, Type.LONG)
        self.block(loop.body, loops + 1)

    def _return(self, value: ir.Expr | None) -> None:
        if self._function is None:
            self._report("return in a probe's handler")
        elif value is not None:
            self._expect(value, self._function.result)

    # --- expressions ----------------------------------------------------------------

    def _expect(self, expr: ir.Expr, wanted: Type | None) -> None:
        found = self._type(expr)
        if found is not None and wanted is not None and found is not wanted:
            self._report(f"{print_expression(expr)} is {found.value}, not {wanted.value}")

    def _type(self, expr: ir.Expr) -> Type | None:
        """Check an expression; its type, or None where something was reported."""
        match expr:
            case ir.Integer(value):
                if not _LONG_MIN <= value <= _LONG_MAX:
                    self._report(f"{value} has more than 64 bits")
                return Type.LONG
            case ir.Text():
                return Type.STRING
            case ir.GetLocal(local):
                return self._local(local)
            case ir.GetGlobal(name, type):
                self._same(self._scalar(name), type, f"'{name}' is read")
                return type
            case ir.GetElement(array, keys, type):
                self._same(self._element(array, keys), type, f"'{array}' is read")
                return type
            case ir.Contains(array, keys):
                self._array(array, keys)
                return Type.LONG
            case ir.Extract(_, stat):
                self._stat(stat)
                return Type.LONG
            case ir.Bucket(stat, histogram, index):
                self._histogram(stat, histogram)
                self._expect(index, Type.LONG)
                return Type.LONG
            case ir.Compare(_, left, right):
                self._expect(right, self._type(left))
                return Type.LONG
            case ir.Binary(_, left, right) | ir.AndThen(left, right) | ir.OrElse(left, right):
                self._expect(left, Type.LONG)
                self._expect(right, Type.LONG)
                return Type.LONG
            case ir.Unary(_, operand):
                self._expect(operand, Type.LONG)
                return Type.LONG
            case ir.Choose(condition, then, otherwise):
                self._expect(condition, Type.LONG)
                found = self._type(then)
                self._expect(otherwise, found)
                return found
            case ir.Concat(parts):
                for part in parts:
                    self._expect(part, Type.STRING)
                return Type.STRING
            case ir.Matches(operand):
                self._expect(operand, Type.STRING)
                return Type.LONG
            case ir.FormatText(format, arguments):
                self._formatted(format, arguments)
                return Type.STRING
            case ir.Ask(_, arguments, type):
                for argument in arguments:
                    self._type(argument)
                if type not in (Type.LONG, Type.STRING):
                    self._report(f"{print_expression(expr)} is {type.value}")
                return type
            case ir.Load(address, size):
                self._size(size)
                self._expect(address, Type.LONG)
                return Type.LONG
            case ir.Register() | ir.Event():
                return Type.LONG
            case _:
                assert_never(expr)

    def _formatted(self, format: Format, arguments: tuple[ir.Expr, ...]) -> None:
        wanted = format.argument_types
        if len(wanted) != len(arguments):
            self._report(f"a format of {len(wanted)} arguments gets {len(arguments)}")
            return
        for argument, type in zip(arguments, wanted, strict=True):
            self._expect(argument, type)

    # --- names ----------------------------------------------------------------------

    def _same(self, found: Type | None, wanted: Type, what: str) -> None:
        if found is not None and found is not wanted:
            self._report(f"{what} as {wanted.value} but is {found.value}")

    def _local(self, local: ir.Local) -> Type | None:
        if self._locals.get(local.name) != local:
            self._report(f"local '{local.name}' is not declared as {local.type.value}")
            return None
        return local.type

    def _scalar(self, name: str) -> Type | None:
        found = self._globals.get(name)
        if found is None or found.keys or found.type is Type.AGGREGATE:
            self._report(f"no scalar global '{name}'")
            return None
        return found.type

    def _array(self, name: str, keys: tuple[ir.Expr | None, ...]) -> ir.Global | None:
        found = self._globals.get(name)
        if found is None or not found.keys:
            self._report(f"no array '{name}'")
            return None
        if len(keys) != len(found.keys):
            self._report(f"'{name}' has {len(found.keys)} keys, not {len(keys)}")
            return None
        for key, wanted in zip(keys, found.keys, strict=True):
            if key is not None:
                self._expect(key, wanted)
        return found

    def _element(self, name: str, keys: tuple[ir.Expr, ...]) -> Type | None:
        found = self._array(name, keys)
        if found is not None and found.type is Type.AGGREGATE:
            self._report(f"an element of the aggregate '{name}' is no value")
            return None
        return found.type if found else None

    def _stat(self, stat: ir.StatPlace) -> ir.Global | None:
        found = self._globals.get(stat.name)
        if found is None or found.type is not Type.AGGREGATE:
            self._report(f"no aggregate '{stat.name}'")
            return None
        if stat.keys or found.keys:
            self._array(stat.name, stat.keys)
        return found

    def _histogram(self, stat: ir.StatPlace, histogram: ir.Histogram) -> None:
        found = self._stat(stat)
        if found is not None and histogram not in found.histograms:
            self._report(f"'{stat.name}' does not keep that histogram")
        if isinstance(histogram, ir.LinearHistogram) and (
            histogram.step < 1 or histogram.low > histogram.high
        ):
            self._report(f"histogram {histogram.low}..{histogram.high} by {histogram.step}")

    def _size(self, size: int) -> None:
        if size not in (1, 2, 4, 8):
            self._report(f"a memory access of {size} bytes")
