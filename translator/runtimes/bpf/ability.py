"""What a program in the kernel can evaluate, and which values keep until later.

Everything else is finished in user space.  These are facts about forms and primitives, asked
by staging; code generation asserts them.
"""

from __future__ import annotations

from translator.core import ir
from translator.core.types import Type
from translator.runtimes.bpf.event import REGISTERS, SYSCALLS, Kind
from translator.runtimes.bpf.rewrite import type_of

# Steady: asked twice by one handler they answer the same.
STEADY = frozenset(
    [
        "pid",
        "tid",
        "uid",
        "gid",
        "cpu",
        "task_current",
        "target",
        "stp_pid",
        "user_mode",
        "is_return",
        "addr",
        "uaddr",
        "__argument",
        "returnval",
        "register",
        "u_register",
        "execname",
        "__user_string",
        "__kernel_string",
        "__user_load",
        "__kernel_load",
        "__user_readable",
        "__kernel_readable",
        "backtrace",
        "ubacktrace",
        "user_buffer_quoted",
        "kernel_buffer_quoted",
    ]
)
_LONGS = STEADY - frozenset(
    [
        "execname",
        "__user_string",
        "__kernel_string",
        "backtrace",
        "ubacktrace",
        "user_buffer_quoted",
        "kernel_buffer_quoted",
    ]
) | frozenset(["gettimeofday_ns", "ktime_get_ns", "get_cycles", "jiffies", "randint"])
_REGISTER_READS = frozenset({"register", "u_register"})
MEMORY_STRINGS = frozenset({"__user_string", "__kernel_string"})
BUFFERS = frozenset({"user_buffer_quoted", "kernel_buffer_quoted"})
STACKS = frozenset({"backtrace", "ubacktrace"})
# The same for the whole run: user space knows them without asking the event.
OF_SESSION = frozenset(["target", "stp_pid", "module_name", "HZ", "tz_gmtoff", "tz_name"])
# Asked in user space at any time, given the process that the event was in.
FINISHED = frozenset(
    ["usymname", "usymdata", "umodname", "usymfileline", "sprint_ustack", "sprint_usyms"]
)
# Statements whose effect only user space sees: any of them may be done later, in order.
OUTPUT = frozenset(["warn", "system", "print_stack", "print_ustack", "log"])


def longs(kind: Kind, expr: ir.Expr) -> bool:
    """Whether code at an event of ``kind`` can evaluate ``expr`` to an integer."""
    match expr:
        case ir.Integer():
            return True
        case ir.GetLocal() | ir.GetGlobal():
            return type_of(expr) is Type.LONG
        case ir.GetElement(_, keys, type):
            return type is Type.LONG and all(value(kind, key) for key in keys)
        case ir.Contains(_, wild):
            return all(key is not None and value(kind, key) for key in wild)
        case ir.Binary(left=left, right=right) | ir.AndThen(left, right) | ir.OrElse(left, right):
            return longs(kind, left) and longs(kind, right)
        case ir.Compare(_, left, right):
            if type_of(left) is Type.STRING or type_of(right) is Type.STRING:
                return texts(kind, left) and texts(kind, right)
            return longs(kind, left) and longs(kind, right)
        case ir.Unary(operand=operand):
            return longs(kind, operand)
        case ir.Choose(condition, then, otherwise):
            return longs(kind, condition) and longs(kind, then) and longs(kind, otherwise)
        case ir.Ask(primitive, arguments, _, purity):
            return purity is ir.Purity.CONTEXT and _asks(kind, primitive, arguments)
        case ir.Load(address=address):
            return longs(kind, address)
        case ir.Register():
            return kind in REGISTERS or kind in SYSCALLS
        case ir.Event():
            return True
        case _:
            return False


def _asks(kind: Kind, primitive: str, arguments: tuple[ir.Expr, ...]) -> bool:
    if primitive not in _LONGS:
        return False
    if primitive in _REGISTER_READS:
        named = isinstance(arguments[0], ir.Text)
        return named and (kind in REGISTERS or kind in SYSCALLS)
    if primitive == "__argument":
        return isinstance(arguments[0], ir.Integer)
    if primitive in ("__user_load", "__kernel_load"):
        return longs(kind, arguments[0]) and isinstance(arguments[1], ir.Integer)
    return all(longs(kind, argument) for argument in arguments)


def texts(kind: Kind, expr: ir.Expr) -> bool:
    """Whether code at an event of ``kind`` can put the string ``expr`` into memory."""
    match expr:
        case ir.Text():
            return True
        case ir.GetLocal() | ir.GetGlobal():
            return type_of(expr) is Type.STRING
        case ir.GetElement(_, keys, type):
            return type is Type.STRING and all(value(kind, key) for key in keys)
        case ir.Choose(condition, then, otherwise):
            return longs(kind, condition) and texts(kind, then) and texts(kind, otherwise)
        case ir.Ask("execname"):
            return True
        case ir.Ask(primitive, (address, limit)) if primitive in MEMORY_STRINGS:
            return longs(kind, address) and isinstance(limit, ir.Integer)
        case ir.Ask(primitive) if primitive in STACKS:
            return True
        case _:
            return False


def value(kind: Kind, expr: ir.Expr) -> bool:
    """Whether code at an event of ``kind`` can evaluate ``expr``, whatever its type."""
    return texts(kind, expr) if type_of(expr) is Type.STRING else longs(kind, expr)


def fails(expr: ir.Expr) -> bool:
    """Whether evaluating ``expr`` itself (not its parts) can be a handler error."""
    match expr:
        case ir.Binary(ir.Arithmetic.DIVIDE | ir.Arithmetic.MODULO, _, right):
            return not isinstance(right, ir.Integer) or right.value == 0
        case ir.Load() | ir.Bucket():
            return True
        case ir.Extract(statistic):
            return statistic not in (ir.Statistic.COUNT, ir.Statistic.SUM)
        case ir.Ask(purity=ir.Purity.PURE, primitive="stringat"):
            return True
        case _:
            return False
