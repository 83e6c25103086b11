"""Core as text for people: what ``-p2`` and ``stap-lsp dump program`` show.

The text looks like the script language where it can and is never read back.
"""

from __future__ import annotations

from dataclasses import fields
from typing import assert_never

from translator.core import ir
from translator.core.format import Directive, Format, Length
from translator.core.types import Type
from translator.probes.attachment import Attachment

_QUOTED = str.maketrans(
    {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", '"': '\\"', "\\": "\\\\"}
)


def print_program(program: ir.Program) -> str:
    """Globals, functions and probes, each in the program's order; ends with a newline."""
    pieces = ["\n".join(map(_global, program.globals))] if program.globals else []
    pieces += [print_function(function) for function in program.functions]
    pieces += [print_probe(probe) for probe in program.probes]
    return "\n\n".join(pieces) + "\n"


def print_probe(probe: ir.Probe) -> str:
    """One derived probe with its attachment and handler."""
    lines = [f"probe {probe.name} {{", f"  # {probe.index}: {print_attachment(probe.attachment)}"]
    if probe.point and probe.point != probe.name:
        lines.append(f"  # from {probe.point}")
    lines += _locals(probe.locals) + _block(probe.body, 1)
    return "\n".join([*lines, "}"])


def print_function(function: ir.Function) -> str:
    """One function with its parameters, locals and body."""
    parameters = ", ".join(f"{item.name}:{item.type.value}" for item in function.parameters)
    result = "" if function.result is Type.UNKNOWN else f":{function.result.value}"
    lines = [f"function {function.name}{result}({parameters}) {{"]
    if function.overloads:
        lines.append(f"  # next: {', '.join(function.overloads)}")
    others = tuple(item for item in function.locals if item not in function.parameters)
    lines += _locals(others) + _block(function.body, 1)
    return "\n".join([*lines, "}"])


def print_attachment(attachment: Attachment) -> str:
    """The attachment's kind and what is not empty of it."""
    values = [
        f"{field.name}={_plain(getattr(attachment, field.name))}"
        for field in fields(attachment)
        if getattr(attachment, field.name) not in (None, "", 0, False)
    ]
    return f"{type(attachment).__name__}({', '.join(values)})"


def print_block(block: ir.Block) -> str:
    """Statements, one or more lines each."""
    return "\n".join(_block(block, 0))


def print_expression(expr: ir.Expr) -> str:
    """One expression on one line."""
    match expr:
        case ir.Integer(value):
            return str(value)
        case ir.Text(value):
            return quote(value)
        case ir.GetLocal(local):
            return local.name
        case ir.GetGlobal(name):
            return name
        case ir.GetElement(array, keys):
            return f"{array}{_keys(keys)}"
        case ir.Contains(array, keys):
            return f"({_keys(keys)} in {array})"
        case ir.Extract(statistic, stat, shift):
            more = f", {shift}" if shift else ""
            return f"@{statistic.value}({_stat(stat)}{more})"
        case ir.Bucket(stat, histogram, index):
            return f"{_histogram(stat, histogram)}[{print_expression(index)}]"
        case ir.Binary(op, left, right) | ir.Compare(op, left, right):
            return f"({print_expression(left)} {op.value} {print_expression(right)})"
        case ir.AndThen(left, right):
            return f"({print_expression(left)} && {print_expression(right)})"
        case ir.OrElse(left, right):
            return f"({print_expression(left)} || {print_expression(right)})"
        case ir.Unary(op, operand):
            return f"{op.value}{print_expression(operand)}"
        case ir.Choose(condition, then, otherwise):
            parts = map(print_expression, (condition, then, otherwise))
            return "({} ? {} : {})".format(*parts)
        case ir.Concat(parts):
            return f"({' . '.join(map(print_expression, parts))})"
        case ir.Matches(operand, regex):
            return f"({print_expression(operand)} =~ {quote(regex)})"
        case ir.FormatText(format, arguments):
            return f"sprintf({_printed(format, arguments)})"
        case ir.Ask(primitive, arguments):
            return f"{primitive}({_arguments(arguments)})"
        case ir.Load(address, size, signed, space):
            kind = f"{'s' if signed else 'u'}{size * 8}"
            return f"{space.value}_{kind}[{print_expression(address)}]"
        case ir.Register(number, space):
            return f"{space.value}_register({number})"
        case ir.Event(value, index):
            return f"<{value.value} {index}>"
        case _:
            assert_never(expr)


def quote(text: str) -> str:
    """A string literal of the script language."""
    return f'"{text.translate(_QUOTED)}"'


def print_format(format: Format) -> str:
    """The text that would parse to the format."""
    return "".join(
        _directive(piece) if isinstance(piece, Directive) else piece.replace("%", "%%")
        for piece in format.pieces
    )


def _directive(piece: Directive) -> str:
    width = "" if piece.width is None else _length(piece.width)
    precision = "" if piece.precision is None else "." + _length(piece.precision)
    return f"%{''.join(sorted(piece.flags))}{width}{precision}{piece.conversion.value}"


def _length(length: int | Length) -> str:
    return "*" if isinstance(length, Length) else str(length)


def _global(item: ir.Global) -> str:
    keys = f"[{', '.join(key.value for key in item.keys)}]" if item.keys else ""
    text = f"global {item.name}{keys}:{item.type.value}"
    if item.size is not None:
        text += f" size {item.size}"
    if item.wraps:
        text += " wraps"
    if item.initial is not None:
        shown = quote(item.initial) if isinstance(item.initial, str) else item.initial
        text += f" = {shown}"
    shapes = [_shape(histogram) for histogram in item.histograms]
    notes = shapes + [f"shift {item.shift}"] * bool(item.shift)
    return text + (f"  # {', '.join(notes)}" if notes else "")


def _locals(locals: tuple[ir.Local, ...]) -> list[str]:
    if not locals:
        return []
    return [f"  local {', '.join(f'{item.name}:{item.type.value}' for item in locals)}"]


def _block(block: ir.Block, depth: int) -> list[str]:
    return [line for statement in block for line in _statement(statement, depth)]


def _nested(head: str, block: ir.Block, depth: int) -> list[str]:
    return ["  " * depth + head + " {", *_block(block, depth + 1), "  " * depth + "}"]


def _statement(statement: ir.Stmt, depth: int) -> list[str]:
    match statement:
        case ir.If():
            return _if(statement, depth)
        case ir.Loop(before, condition, body, step):
            lines = ["  " * depth + "loop {"]
            if before:
                lines += _nested("before", before, depth + 1)
            lines.append("  " * (depth + 1) + f"while ({print_expression(condition)})")
            lines += _block(body, depth + 1)
            if step:
                lines += _nested("step", step, depth + 1)
            return [*lines, "  " * depth + "}"]
        case ir.Foreach():
            return _nested(_foreach(statement), statement.body, depth)
        case ir.ForeachBucket(bucket, stat, histogram, limit, body):
            head = f"foreach ({bucket.name} in {_histogram(stat, histogram)}{_limit(limit)})"
            return _nested(head, body, depth)
        case ir.Try(body, message, handler):
            catch = f"catch ({message.name})" if message else "catch"
            return _nested("try", body, depth) + _nested(catch, handler, depth)
        case ir.Remark(text):
            return ["  " * depth + f"# {line}" for line in text.splitlines()]
        case ir.EmbeddedC(code):
            return ["  " * depth + line for line in f"%{{ {code} %}}".splitlines()]
        case _:
            return ["  " * depth + _simple(statement)]


def _if(statement: ir.If, depth: int) -> list[str]:
    lines: list[str] = []
    word = "if"
    while True:
        head = f"{word} ({print_expression(statement.condition)})"
        lines += _nested(head, statement.then, depth)
        match statement.otherwise:
            case ():
                return lines
            case (ir.If() as following,):
                word = "else if"
                statement = following
            case otherwise:
                return lines + _nested("else", otherwise, depth)


def _simple(statement: ir.Stmt) -> str:
    show = print_expression
    match statement:
        case ir.SetLocal(local, value):
            return f"{local.name} = {show(value)}"
        case ir.SetGlobal(name, value):
            return f"{name} = {show(value)}"
        case ir.AddGlobal(name, amount):
            return f"{name} += {show(amount)}"
        case ir.SetElement(array, keys, value):
            return f"{array}{_keys(keys)} = {show(value)}"
        case ir.AddElement(array, keys, amount):
            return f"{array}{_keys(keys)} += {show(amount)}"
        case ir.Accumulate(stat, value):
            return f"{_stat(stat)} <<< {show(value)}"
        case ir.Clear(name):
            return f"delete {name}"
        case ir.DeleteElement(array, keys):
            return f"delete {array}{_keys(keys)}"
        case ir.Store(address, size, value, space):
            return f"{space.value}_u{size * 8}[{show(address)}] = {show(value)}"
        case ir.Invoke(result, function, arguments):
            return f"{_taking(result)}{function}({_arguments(arguments)})"
        case ir.Perform(primitive, arguments, result):
            return f"{_taking(result)}{primitive}({_arguments(arguments)})"
        case ir.Print(format, arguments):
            return f"printf({_printed(format, arguments)})"
        case ir.PrintHistogram(stat, histogram):
            return f"print({_histogram(stat, histogram)})"
        case ir.Break():
            return "break"
        case ir.Continue():
            return "continue"
        case ir.Return(value):
            return f"return {show(value)}" if value else "return"
        case ir.Next():
            return "next"
        case ir.Fail(message):
            return f"error({show(message)})"
        case (
            ir.If()
            | ir.Loop()
            | ir.Foreach()
            | ir.ForeachBucket()
            | ir.Try()
            | ir.Remark()
            | ir.EmbeddedC()
        ):
            raise AssertionError(statement)  # `_statement` prints those with blocks
        case _:
            assert_never(statement)


def _foreach(loop: ir.Foreach) -> str:
    by = loop.sorting.by if loop.sorting else None
    sign = ("-" if loop.sorting.descending else "+") if loop.sorting else ""
    names = [
        item.name + (sign if isinstance(by, int) and by == at else "")
        for at, item in enumerate(loop.keys)
    ]
    keys = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    value = f"{loop.value.name} = " if loop.value else ""
    slices = _keys(loop.slices) if any(item is not None for item in loop.slices) else ""
    suffix = ""
    if by is not None and not isinstance(by, int):
        suffix = sign if by is ir.SortKey.VALUE else f" @{by.value}{sign}"
    return f"foreach ({value}{keys} in {loop.array}{slices}{suffix}{_limit(loop.limit)})"


def _limit(limit: ir.Expr | None) -> str:
    return f" limit {print_expression(limit)}" if limit else ""


def _taking(result: ir.Local | None) -> str:
    return f"{result.name} = " if result else ""


def _arguments(arguments: tuple[ir.Expr, ...]) -> str:
    return ", ".join(map(print_expression, arguments))


def _printed(format: Format, arguments: tuple[ir.Expr, ...]) -> str:
    return ", ".join([quote(print_format(format)), *map(print_expression, arguments)])


def _keys(keys: tuple[ir.Expr | None, ...]) -> str:
    return f"[{', '.join('*' if key is None else print_expression(key) for key in keys)}]"


def _stat(stat: ir.StatPlace) -> str:
    return stat.name + (_keys(stat.keys) if stat.keys else "")


def _histogram(stat: ir.StatPlace, histogram: ir.Histogram) -> str:
    if isinstance(histogram, ir.LogHistogram):
        return f"@hist_log({_stat(stat)})"
    numbers = f"{histogram.low}, {histogram.high}, {histogram.step}"
    return f"@hist_linear({_stat(stat)}, {numbers})"


def _shape(histogram: ir.Histogram) -> str:
    if isinstance(histogram, ir.LogHistogram):
        return "hist_log"
    return f"hist_linear {histogram.low}..{histogram.high} step {histogram.step}"


def _plain(value: object) -> str:
    if hasattr(value, "__dataclass_fields__"):
        inner = [f"{name}={_plain(getattr(value, name))}" for name in value.__dataclass_fields__]
        return f"({', '.join(inner)})"
    named = getattr(value, "value", None)  # members of Enum show their value
    return str(named) if named is not None else repr(value)
