"""Core expressions as Python expressions.

Integers stay inside 64 bits wherever a value is seen; between operations that only depend
on the low 64 bits (``+ - * & | ^ ~ <<``) a value may be wider, and `Bounds` tells where
wrapping can be left out.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import TypeAlias, assert_never

from translator.core import ir
from translator.core.format import Conversion, Directive, Format, Length
from translator.core.types import Type
from translator.runtimes.host.arithmetic import MAX, MIN, long
from translator.runtimes.host.strings import bounded, terminated

Bounds: TypeAlias = tuple[int, int]

LONG: Bounds = (MIN, MAX)
TRUTH: Bounds = (0, 1)
_PREFIXES = ("do_", "function_", "probe_", "search_")  # names of the module's own functions
_WIDEST = 1 << 192  # an intermediate value is wrapped before it grows past this

_STATISTICS = {
    ir.Statistic.COUNT: "count",
    ir.Statistic.SUM: "total",
    ir.Statistic.MIN: "least",
    ir.Statistic.MAX: "greatest",
    ir.Statistic.AVERAGE: "average",
    ir.Statistic.VARIANCE: "variance",
}


def where(place: ir.Place | None) -> str:
    """The rest of an error line, as `HandlerError.where`."""
    if place is None:
        return ""
    return f"near {place.near} at {place}" if place.near else f"at {place}"


class Names:
    """Python names for a handler's locals, clear of keywords and of the environment's names."""

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = set(taken)
        self._given: dict[str, str] = {}

    def of(self, local: ir.Local) -> str:
        given = self._given.get(local.name)
        if given is None:
            given = "".join(c if c.isascii() and c.isalnum() else "_" for c in local.name)
            if not given or given[0].isdigit() or given.startswith(_PREFIXES):
                given = f"v_{given}"
            while given in self._taken or keyword.iskeyword(given):
                given += "_"
            self._taken.add(given)
            self._given[local.name] = given
        return given


class Expressions:
    """Translates expressions of one handler.

    ``leaves`` gives the Python source of expressions that are not to be evaluated here,
    because their values were captured elsewhere.
    """

    def __init__(
        self,
        names: Names,
        aggregates: frozenset[str] = frozenset(),
        string_limit: int = 256,
        leaves: Mapping[ir.Expr, str] | None = None,
    ) -> None:
        self.names = names
        self.aggregates = aggregates
        self.leaves = leaves or {}
        self.primitives: set[str] = set()
        self.regexes: list[str] = []
        self.asked: list[
            ir.Place
        ] = []  # places of primitives, since whoever reads it last cleared it
        self._cut = bounded(string_limit)

    def value(self, expr: ir.Expr) -> str:
        """Source of the value: an int within 64 bits or a bounded str."""
        source, (low, high) = self._raw(expr)
        return source if low >= MIN and high <= MAX else f"long({_bare(source)})"

    def plain(self, expr: ir.Expr) -> str:
        """The same, without the outer parentheses: for use where nothing binds tighter."""
        return _bare(self.value(expr))

    def wide(self, expr: ir.Expr) -> tuple[str, bool]:
        """Source that may leave 64 bits, and whether it can."""
        source, (low, high) = self._raw(expr)
        return _bare(source), low < MIN or high > MAX

    def condition(self, expr: ir.Expr) -> str:
        """Source that is true where the value is not 0."""
        if self.leaves and expr in self.leaves:
            return self.value(expr)
        match expr:
            case ir.Compare(op, left, right):
                return f"({self._compared(op, left, right)})"
            case ir.AndThen(left, right):
                return f"({self._chain(left, ir.AndThen)} and {self.condition(right)})"
            case ir.OrElse(left, right):
                return f"({self._chain(left, ir.OrElse)} or {self.condition(right)})"
            case ir.Unary(ir.UnaryOp.NOT, operand):
                return f"(not {self.condition(operand)})"
            case ir.Contains(array, keys):
                return self._contains(array, keys)
            case _:
                return self.value(expr)

    def _chain(self, expr: ir.Expr, kind: type[ir.AndThen] | type[ir.OrElse]) -> str:
        """A condition that stands left of its own kind: needs no parentheses."""
        source = self.condition(expr)
        return source[1:-1] if isinstance(expr, kind) and source.startswith("(") else source

    def keys(self, keys: tuple[ir.Expr | None, ...]) -> str:
        """A tuple display; None stays None."""
        parts = ["None" if key is None else self.plain(key) for key in keys]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"

    def stat(self, stat: ir.StatPlace) -> str:
        return f"{stat.name!r}, {self.keys(stat.keys)}"

    def text(self, format: Format, arguments: tuple[ir.Expr, ...]) -> str:
        """Source of the string that printing the format gives, not cut to the limit."""
        if not any(isinstance(piece, Directive) for piece in format.pieces):
            return repr("".join(piece for piece in format.pieces if isinstance(piece, str)))
        waiting = iter(arguments)
        template = ""
        values: list[str] = []
        for piece in format.pieces:
            if isinstance(piece, str):
                template += piece.replace("%", "%%")
                continue
            slot, value = self._directive(piece, waiting)
            template += slot
            values.append(value)
        if template == "%s":
            return values[0]
        return f"{template!r} % ({', '.join(values)}{',' if len(values) == 1 else ''})"

    # --- each form ------------------------------------------------------------------

    def _raw(self, expr: ir.Expr) -> tuple[str, Bounds]:
        if self.leaves and expr in self.leaves:
            return self.leaves[expr], LONG
        match expr:
            case ir.Integer(value):
                value = long(value)
                return (str(value) if value >= 0 else f"({value})"), (value, value)
            case ir.Text(value):
                return repr(self._cut(terminated(value))), LONG
            case ir.GetLocal(local):
                return self.names.of(local), LONG
            case ir.GetGlobal(name):
                return f"get({name!r})", LONG
            case ir.GetElement(array, keys, type):
                missing = '""' if type is Type.STRING else "0"
                return f"(element({array!r}, {self.keys(keys)}) or {missing})", LONG
            case ir.Contains(array, keys):
                return f"(1 if {self._contains(array, keys)} else 0)", TRUTH
            case ir.Extract():
                return self._extract(expr)
            case ir.Bucket(stat, histogram, index, place):
                shape = histogram_shape(histogram)
                return (
                    f"bucket({self.stat(stat)}, {shape}, {self.plain(index)}{_where(place)})",
                    (0, MAX),
                )
            case ir.Binary(op, left, right, place):
                return self._binary(op, left, right, place)
            case ir.Compare() | ir.AndThen() | ir.OrElse():
                return f"(1 if {_bare(self.condition(expr))} else 0)", TRUTH
            case ir.Unary(op, operand):
                return self._unary(op, operand)
            case ir.Choose(condition, then, otherwise):
                yes, (low, high) = self._raw(then)
                no, (low2, high2) = self._raw(otherwise)
                if isinstance(otherwise, ir.Choose) and no.startswith("("):
                    no = no[1:-1]  # long chains must not nest in Python
                source = f"({yes} if {self.condition(condition)} else {no})"
                return source, (min(low, low2), max(high, high2))
            case ir.Concat(parts):
                return f"cut({' + '.join(map(self.value, parts)) or repr('')})", LONG
            case ir.Matches(operand, regex):
                if regex not in self.regexes:
                    self.regexes.append(regex)
                number = self.regexes.index(regex)
                return f"search_{number}({self.plain(operand)})", TRUTH
            case ir.FormatText(format, arguments):
                return f"cut(terminated({self.text(format, arguments)}))", LONG
            case ir.Ask(primitive, arguments, type, _, place):
                call = self.call(primitive, arguments, place)
                return f"cut({call})" if type is Type.STRING else call, LONG
            case ir.Load(address, size, signed, space, place):
                near = where(place)
                sign = "True" if signed else "False"
                source = f"load({self.plain(address)}, {size}, {sign}, {space.value!r}, {near!r})"
                return source, LONG
            case ir.Register(number, space):
                return f"register({number}, {space.value!r})", LONG
            case ir.Event(value, index):
                return f"event_value({value.value!r}, {index})", LONG
            case _:
                assert_never(expr)

    def call(self, primitive: str, arguments: tuple[ir.Expr, ...], place: ir.Place | None) -> str:
        """Source of a call of a primitive; an error in it is reported at ``place``."""
        self.primitives.add(primitive)
        if place is not None:
            self.asked.append(place)
        return f"{primitive_name(primitive)}({', '.join(map(self.plain, arguments))})"

    def _contains(self, array: str, keys: tuple[ir.Expr | None, ...]) -> str:
        if None in keys:
            return f"contains({array!r}, {self.keys(keys)})"
        kind = "statistics" if array in self.aggregates else "element"
        return f"contains_{kind}({array!r}, {self.keys(keys)})"

    def _extract(self, expr: ir.Extract) -> tuple[str, Bounds]:
        name = _STATISTICS[expr.statistic]
        stat = self.stat(expr.stat)
        match expr.statistic:
            case ir.Statistic.COUNT:
                return f"{name}({stat})", (0, MAX)
            case ir.Statistic.SUM:
                return f"{name}({stat})", LONG
            case ir.Statistic.VARIANCE:
                return f"{name}({stat}, {expr.shift}{_where(expr.place)})", LONG
            case _:
                return f"{name}({stat}{_where(expr.place)})", LONG

    def _unary(self, op: ir.UnaryOp, operand: ir.Expr) -> tuple[str, Bounds]:
        match op:
            case ir.UnaryOp.NOT:
                return f"(0 if {self.condition(operand)} else 1)", TRUTH
            case ir.UnaryOp.NEGATE:
                source, (low, high) = self._raw(operand)
                return f"(-{source})", (-high, -low)
            case ir.UnaryOp.INVERT:
                source, (low, high) = self._raw(operand)
                return f"(~{source})", (~high, ~low)
            case _:
                assert_never(op)

    def _binary(
        self, op: ir.Arithmetic, left: ir.Expr, right: ir.Expr, place: ir.Place | None
    ) -> tuple[str, Bounds]:
        match op:
            case ir.Arithmetic.DIVIDE | ir.Arithmetic.MODULO:
                name = "divide" if op is ir.Arithmetic.DIVIDE else "modulo"
                return f"{name}({self.plain(left)}, {self.plain(right)}{_where(place)})", LONG
            case ir.Arithmetic.SHIFT_RIGHT:
                return f"({self.value(left)} >> {self._shift(right)})", LONG
            case ir.Arithmetic.SHIFT_LEFT:
                by = right.value & 63 if isinstance(right, ir.Integer) else 63
                return f"({self.value(left)} << {self._shift(right)})", (MIN << by, MAX << by)
            case _:
                return self._ring(op, left, right)

    def _shift(self, amount: ir.Expr) -> str:
        # The processor takes six bits of a shift count, and so does SystemTap.
        if isinstance(amount, ir.Integer):
            return str(amount.value & 63)
        return f"({self.value(amount)} & 63)"

    def _ring(self, op: ir.Arithmetic, left: ir.Expr, right: ir.Expr) -> tuple[str, Bounds]:
        first, one = self._narrow(left)
        second, two = self._narrow(right)
        source = f"({first} {op.value} {second})"
        match op:
            case ir.Arithmetic.ADD:
                return source, (one[0] + two[0], one[1] + two[1])
            case ir.Arithmetic.SUBTRACT:
                return source, (one[0] - two[1], one[1] - two[0])
            case ir.Arithmetic.MULTIPLY:
                corners = [a * b for a in one for b in two]
                return source, (min(corners), max(corners))
            case ir.Arithmetic.AND if min(one[0], two[0]) < 0 <= max(one[0], two[0]):
                return source, (0, one[1] if one[0] >= 0 else two[1])
            case _:
                bits = max((b if b >= 0 else ~b).bit_length() for b in (*one, *two))
                return source, (-(1 << bits), (1 << bits) - 1)

    def _narrow(self, expr: ir.Expr) -> tuple[str, Bounds]:
        source, (low, high) = self._raw(expr)
        if low < -_WIDEST or high > _WIDEST:
            return f"long({_bare(source)})", LONG
        return source, (low, high)

    def _compared(self, op: ir.Comparison, left: ir.Expr, right: ir.Expr) -> str:
        first, second = self.value(left), self.value(right)
        ordered = op not in (ir.Comparison.EQUAL, ir.Comparison.NOT_EQUAL)
        if ordered and Type.STRING in (type_of(left), type_of(right)):
            first, second = f"order({_bare(first)})", f"order({_bare(second)})"
        return f"{first} {op.value} {second}"

    # --- formats --------------------------------------------------------------------

    def _directive(self, piece: Directive, waiting: Iterator[ir.Expr]) -> tuple[str, str]:
        """A slot of Python's ``%`` and the source of what fills it."""
        width = self._length(piece.width, waiting)
        precision = self._length(piece.precision, waiting)
        if piece.precision is Length.ARGUMENT:
            precision = f"max(0, {precision})"
        expr = next(waiting)
        flags = "".join(sorted(piece.flags))
        fixed = isinstance(piece.width, int | None) and piece.precision is None
        letter = piece.conversion.value
        argument = self.plain(expr)
        match piece.conversion:
            case Conversion.DECIMAL if fixed:
                python = flags.replace("#", "")
                return f"%{python}{piece.width or ''}d", argument
            case Conversion.HEX | Conversion.HEX_UPPER | Conversion.OCTAL if fixed and not set(
                flags
            ) - {"0", "-"}:
                return f"%{flags}{piece.width or ''}{letter}", f"{self.value(expr)} & MASK"
            case Conversion.UNSIGNED if fixed and not set(flags) - {"0", "-"}:
                return f"%{flags}{piece.width or ''}d", f"{self.value(expr)} & MASK"
            case Conversion.STRING:
                if piece.width is None and piece.precision is None and "0" not in flags:
                    return "%s", argument
                return "%s", f"field({argument}, {flags!r}, {width or 0}, {precision or -1})"
            case Conversion.CHARACTER:
                return "%s", f"character({argument}, {flags!r}, {width or 0})"
            case Conversion.BINARY:
                return "%s", f"binary({argument}, {flags!r}, {width or 0}, {precision or -1})"
            case Conversion.MEMORY | Conversion.MEMORY_HEX:
                return (
                    "%s",
                    f"memory({argument}, {letter!r}, {flags!r}, {width or 0}, {precision or -1})",
                )
            case (
                Conversion.DECIMAL
                | Conversion.UNSIGNED
                | Conversion.OCTAL
                | Conversion.HEX
                | Conversion.HEX_UPPER
                | Conversion.POINTER
            ):
                return (
                    "%s",
                    f"integer({argument}, {letter!r}, {flags!r}, {width or 0}, {precision or -1})",
                )
            case _:
                assert_never(piece.conversion)

    def _length(self, length: int | Length | None, waiting: Iterator[ir.Expr]) -> str | None:
        if length is None:
            return None
        return self.plain(next(waiting)) if length is Length.ARGUMENT else str(length)


def primitive_name(primitive: str) -> str:
    """The name that generated code calls a primitive by."""
    return f"do_{primitive}"


def function_name(function: str) -> str:
    """The name that generated code calls a function of the program by."""
    parts = (c if (c.isascii() and c.isalnum()) or c == "_" else f"_{ord(c):x}_" for c in function)
    return f"function_{''.join(parts)}"


def histogram_shape(histogram: ir.Histogram) -> tuple[int, ...]:
    """A histogram as plain data: () for logarithmic, else (low, high, step)."""
    if isinstance(histogram, ir.LogHistogram):
        return ()
    return (histogram.low, histogram.high, histogram.step)


def type_of(expr: ir.Expr) -> Type:
    """The type of an expression's value."""
    match expr:
        case ir.Text() | ir.Concat() | ir.FormatText():
            return Type.STRING
        case ir.GetLocal(local):
            return local.type
        case ir.GetGlobal() | ir.GetElement() | ir.Ask():
            return expr.type
        case ir.Choose(then=then):
            return type_of(then)
        case _:
            return Type.LONG


def _where(place: ir.Place | None) -> str:
    return f", {where(place)!r}" if place else ""


def _bare(source: str) -> str:
    """``source`` without parentheses around the whole of it."""
    if not source.startswith("(") or not source.endswith(")") or source[1:2] in "'\"":
        return source
    depth = 0
    for at, letter in enumerate(source):
        if letter in "'\"":
            return source  # a string could hold parentheses; leave it
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and at < len(source) - 1:
            return source
    return source[1:-1] if "," not in source else source
