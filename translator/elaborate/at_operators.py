"""``@`` operators that are no chains: registers, plain reads, enumerators, constants.

Constants come from type information alone.  Refuses macros of header files: nothing is compiled.
"""

from __future__ import annotations

import re

from translator.core import ir
from translator.debuginfo import ctype
from translator.debuginfo.ctype import TypeSource
from translator.debuginfo.units import TypeId
from translator.elaborate.chains import ChainReader
from translator.elaborate.kernel_frame import kernel_frame
from translator.elaborate.type_modules import cast_frame, module_frame
from translator.probes.targets import KernelTargets, TargetContext, UserTargets
from translator.semantics.casts import find_named_type
from translator.semantics.facts import constant
from translator.semantics.operator_arguments import argument_problems
from translator.semantics.reads import Frame, Unreadable
from translator.syntax import ast
from translator.syntax.lexer import number_value, wrapped

_SPACES = {
    ast.AtOp.KERNEL_REGISTER: ir.Space.KERNEL,
    ast.AtOp.KERNEL_READ: ir.Space.KERNEL,
    ast.AtOp.USER_REGISTER: ir.Space.USER,
    ast.AtOp.USER_READ: ir.Space.USER,
}
_NUMBER = re.compile(r"\s*\(?\s*(-?)\s*(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]{0,3}\s*\)?\s*")
_IDENTIFIER = re.compile(r"\s*([A-Za-z_]\w*)\s*")


def operator_value(
    expr: ast.AtCall, reader: ChainReader, context: TargetContext | None, place: ir.Place
) -> ir.Expr | Unreadable:
    """The value; a zero where the arguments were reported with the facts."""
    arguments = expr.arguments
    if any(argument_problems(expr)):
        return ir.Text("") if expr.op is ast.AtOp.ENUM_NAME else ir.Integer(0)
    match expr.op:
        case ast.AtOp.KERNEL_REGISTER | ast.AtOp.USER_REGISTER:
            if not isinstance(context, UserTargets | KernelTargets):
                return Unreadable("registers are those of a probed function or address")
            return ir.Register(constant(arguments[0]) or 0, _SPACES[expr.op])
        case ast.AtOp.KERNEL_READ | ast.AtOp.USER_READ:
            address = reader.lower.value(arguments[1])
            size = constant(arguments[0]) or 8
            return ir.Load(address, size, False, _SPACES[expr.op], place)
        case ast.AtOp.ENUM:
            return _enumerator(_text(expr, 0), _text(expr, 1), reader, place)
        case ast.AtOp.ENUM_NAME:
            return _enumerator_name(expr, reader, place)
        case ast.AtOp.CONST:
            return _constant(_text(expr, 0), reader, place)
        case ast.AtOp.PERF:
            return Unreadable("counters of perf events (perf.….counter) are not read yet")
        case _:
            return Unreadable("it is not supported yet")


def _text(expr: ast.AtCall, position: int) -> str:
    given = expr.arguments[position] if position < len(expr.arguments) else None
    return given.value if isinstance(given, ast.String) else ""


def _own(reader: ChainReader, place: ir.Place) -> Frame | Unreadable | None:
    return None if isinstance(reader.variables, Unreadable) else reader.variables.frame(place)


def _enumerator(
    name: str, module: str, reader: ChainReader, place: ir.Place
) -> ir.Expr | Unreadable:
    own = _own(reader, place)
    frames = (
        [module_frame(each, own, reader.environment, place) for each in module.split(":")]
        if module
        else [own if own is not None else kernel_frame(reader.environment, place)]
    )
    for frame in frames:
        if isinstance(frame, Frame):
            value = frame.types.enumerator(name)
            if value is not None:
                return ir.Integer(wrapped(value))
    refusal = next((frame for frame in frames if isinstance(frame, Unreadable)), None)
    return refusal or Unreadable(f"there is no enumerator '{name}'")


def _constant(text: str, reader: ChainReader, place: ir.Place) -> ir.Expr | Unreadable:
    number = _NUMBER.fullmatch(text)
    if number is not None:
        value = number_value(number[2])
        if value is not None:
            return ir.Integer(wrapped(-value if number[1] else value))
    name = _IDENTIFIER.fullmatch(text)
    if name is None:
        return Unreadable(
            f"'{text}' would have to be compiled, which is not done: write it in the script"
        )
    found = _enumerator(name[1], "kernel", reader, place)
    if isinstance(found, Unreadable):
        return Unreadable(
            f"'{name[1]}' is no enumerator of the kernel; macros of its headers are not known: "
            "write the number"
        )
    return found


def _enumerator_name(
    expr: ast.AtCall, reader: ChainReader, place: ir.Place
) -> ir.Expr | Unreadable:
    value = expr.arguments[0]
    found = _enumeration(expr, reader, place)
    if isinstance(found, Unreadable):
        return found
    names: dict[int, str] = {}
    for each in found.enumerators:
        names.setdefault(wrapped(each.value), each.name)
    return _chosen(reader.lower.stable(reader.lower.value(value)), sorted(names.items()))


def _enumeration(
    expr: ast.AtCall, reader: ChainReader, place: ir.Place
) -> ctype.Enumeration | Unreadable:
    types: TypeSource
    type_id: TypeId | None
    if len(expr.arguments) == 1:
        sited = reader.sited(expr.arguments[0])
        if isinstance(sited, Unreadable):
            return Unreadable(f'{sited.reason}; name the type: @enumname(VALUE, "TYPE")')
        types, type_id, name = sited.frame.types, sited.reading.type, "this value's type"
    else:
        name = _text(expr, 1)
        own = _own(reader, place)
        frame = cast_frame(_text(expr, 2) or None, name, own, reader.environment, place)
        if isinstance(frame, Unreadable):
            return frame
        types, name = frame.types, f"'{name}'"
        type_id = find_named_type(types, _text(expr, 1))
    assert type_id is not None, name
    found = ctype.stripped(types, type_id)
    return found if isinstance(found, ctype.Enumeration) else Unreadable(f"{name} is no enum")


def _chosen(value: ir.Expr, names: list[tuple[int, str]]) -> ir.Expr:
    """The name that belongs to ``value``, or "": by halves, since some enums are long."""
    if not names:
        return ir.Text("")
    if len(names) == 1:
        number, name = names[0]
        same = ir.Compare(ir.Comparison.EQUAL, value, ir.Integer(number))
        return ir.Choose(same, ir.Text(name), ir.Text(""))
    middle = len(names) // 2
    less = ir.Compare(ir.Comparison.LESS, value, ir.Integer(names[middle][0]))
    return ir.Choose(less, _chosen(value, names[:middle]), _chosen(value, names[middle:]))
