"""`$` names of a system call's probe: its number, six arguments and the result, all numbers."""

from __future__ import annotations

from translator.core import format as formats
from translator.core import ir
from translator.probes.attachment import Edge
from translator.probes.targets import SyscallTargets
from translator.semantics.reads import Unreadable
from translator.syntax import ast

_HEX = formats.Directive(formats.Conversion.HEX, frozenset("#"))
_ARGUMENTS = {f"$arg{number}": number - 1 for number in range(1, 7)}


def syscall_value(expr: ast.Expr, context: SyscallTargets) -> ir.Expr | Unreadable:
    """A chain that starts at a `$` name."""
    names = (*_ARGUMENTS, "$syscall")
    if context.edge is Edge.RETURN:
        names = (*names, "$return")
    match expr:
        case ast.Target(name="$return") if context.edge is Edge.RETURN:
            return ir.Event(ir.EventValue.SYSCALL_RESULT)
        case ast.Target(name="$syscall"):
            return ir.Event(ir.EventValue.SYSCALL_NUMBER)
        case ast.Target(name=name) if name in _ARGUMENTS:
            return ir.Event(ir.EventValue.SYSCALL_ARGUMENT, _ARGUMENTS[name])
        case ast.Target(name="$$vars" | "$$parms"):
            given = tuple(
                ir.Event(ir.EventValue.SYSCALL_ARGUMENT, index) for index in _ARGUMENTS.values()
            )
            pieces: list[formats.Piece] = []
            for index, name in enumerate(_ARGUMENTS):
                pieces += [f"{' ' if index else ''}{name[1:]}=", _HEX]
            return ir.FormatText(formats.Format(tuple(pieces)), given)
        case ast.Target(name=name):
            return Unreadable(f"a system call's probe has no '{name}'", names)
        case _:
            return Unreadable("a system call's arguments are plain numbers: use @cast or user_*()")
