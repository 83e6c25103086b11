"""Which `$` names a handler may use, with their types as text: what an editor offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from translator.base.value import dataclass
from translator.probes.attachment import Edge
from translator.probes.targets import (
    KernelTargets,
    MarkTargets,
    NoTargets,
    PacketTargets,
    ProcfsTargets,
    SyscallTargets,
    TargetContext,
    TracepointTargets,
    UserTargets,
)

if TYPE_CHECKING:
    from translator.debuginfo.btf import Btf, Prototype
    from translator.probes.point import Environment


@dataclass(frozen=True, slots=True)
class TargetName:
    """One `$` name with its type as text."""

    name: str  # "$argc"
    type: str  # "int"
    documentation: str = ""


_LISTS = (
    TargetName("$$vars", "string", "All variables in scope, as text."),
    TargetName("$$parms", "string", "The function's parameters, as text."),
)
_LOCALS = TargetName("$$locals", "string", "Local variables in scope, as text.")
_RETURN_TEXT = TargetName("$$return", "string", "The returned value, as text.")
_NAMES = (
    TargetName("$$name", "string", "The marker's or tracepoint's name."),
    TargetName("$$vars", "string", "All arguments, as text."),
    TargetName("$$parms", "string", "All arguments, as text."),
)

_PACKET = (
    TargetName("$hooknum", "long", "The hook's number."),
    TargetName("$skb", "struct sk_buff*", "The packet."),
    TargetName("$in", "struct net_device*", "Where it came in, or 0."),
    TargetName("$out", "struct net_device*", "Where it will go out, or 0."),
    TargetName("$verdict", "int", "What becomes of it."),
)


def target_names(context: TargetContext, environment: Environment) -> tuple[TargetName, ...]:
    """The `$` names a handler may use.

    Raises `DebugInfoError` where the binary, or the kernel's type information, cannot be read.
    """
    match context:
        case NoTargets():
            return ()
        case SyscallTargets(edge=edge):
            return _syscall_names(edge)
        case UserTargets():
            return _user_names(context, environment)
        case MarkTargets(arguments=arguments):
            provider = TargetName("$$provider", "string", "The marker's provider.")
            return (*_mark_arguments(arguments), provider, *_NAMES)
        case TracepointTargets(name=name):
            return (*_tracepoint_names(name, environment), *_NAMES)
        case KernelTargets():
            return _kernel_names(context, environment)
        case ProcfsTargets():
            return (TargetName("$value", "string", "What is read or was written."),)
        case PacketTargets():
            return _PACKET
        case _:
            assert_never(context)


def _syscall_names(edge: Edge) -> tuple[TargetName, ...]:
    arguments = tuple(
        TargetName(f"$arg{number}", "long", f"Argument {number}, as the register held it at entry.")
        for number in range(1, 7)
    )
    number = TargetName("$syscall", "long", "The system call's number.")
    match edge:
        case Edge.ENTRY:
            return (*arguments, number)
        case Edge.RETURN:
            result = TargetName("$return", "long", "The result; a negative one is an error number.")
            return (result, *arguments, number)
        case _:
            assert_never(edge)


def _kernel_names(context: KernelTargets, environment: Environment) -> tuple[TargetName, ...]:
    from translator.debuginfo.model import VOID, c_name

    btf = environment.kernel_types() if environment.kernel_types is not None else None
    prototype = btf.function(context.symbol) if btf is not None else None
    names = _parameter_names(btf, prototype)
    if context.edge is Edge.ENTRY:
        return (*names, *_LISTS)
    if btf is not None and prototype is not None and prototype.result != VOID:
        result = TargetName("$return", c_name(btf, prototype.result), "The returned value.")
        names = (result, *names)
    return (*names, *_LISTS, _RETURN_TEXT)


def _tracepoint_names(name: str, environment: Environment) -> tuple[TargetName, ...]:
    btf = environment.kernel_types() if environment.kernel_types is not None else None
    if btf is None:
        return ()
    return _parameter_names(btf, btf.tracepoint(name))


def _parameter_names(btf: Btf | None, prototype: Prototype | None) -> tuple[TargetName, ...]:
    if btf is None or prototype is None:
        return ()
    from translator.debuginfo.model import c_name

    return tuple(
        TargetName(f"${each.name}", c_name(btf, each.type))
        for each in prototype.parameters
        if each.name
    )


def _user_names(context: UserTargets, environment: Environment) -> tuple[TargetName, ...]:
    from translator.debuginfo.model import VOID, c_name

    info = environment.debuginfo(context.path)
    function = context.function
    if function is None or not info.has_types:
        return ()
    found: dict[str, TargetName] = {}
    if context.edge is Edge.RETURN:
        result = info.return_type(function)
        if result != VOID:
            found["return"] = TargetName("$return", c_name(info, result), "The returned value.")
        variables = info.parameters(function)
    else:
        variables = info.variables(function, context.address)
    for variable in variables:
        text = c_name(info, variable.type)
        found.setdefault(variable.name, TargetName(f"${variable.name}", text))
    lists = (*_LISTS, _LOCALS if context.edge is Edge.ENTRY else _RETURN_TEXT)
    return (*found.values(), *lists)


def _mark_arguments(arguments: str) -> tuple[TargetName, ...]:
    """One name for each operand of the note: ``SIZE@OPERAND``, size negative if signed."""
    return tuple(
        TargetName(f"$arg{at}", "long", f"Operand {operand.partition('@')[2] or operand}.")
        for at, operand in enumerate(arguments.split(), 1)
    )
