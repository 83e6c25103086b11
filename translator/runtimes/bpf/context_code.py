"""Context primitives and event values: what the event, the task and the clock say.

Integers end in r0, as everywhere.
"""

from __future__ import annotations

from translator.core import ir
from translator.runtimes.bpf import registers
from translator.runtimes.bpf.assembler import FRAME, R0, R1, R2, R3, Alu, Jump
from translator.runtimes.bpf.event import REGISTERS, RETURNS, SYSCALLS, Kind
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.machine import CONTEXT, Machine
from translator.runtimes.bpf.memory import SESSION, Word
from translator.runtimes.bpf.reading_code import read

_HELPERS = {
    "task_current": Helper.GET_CURRENT_TASK,
    "cpu": Helper.GET_SMP_PROCESSOR_ID,
    "ktime_get_ns": Helper.KTIME_GET_NS,
    "get_cycles": Helper.KTIME_GET_NS,
    "jiffies": Helper.JIFFIES64,
}
# primitive: helper, whether its answer is in the upper half
_HALVES = {
    "pid": (Helper.GET_CURRENT_PID_TGID, True),
    "tid": (Helper.GET_CURRENT_PID_TGID, False),
    "gid": (Helper.GET_CURRENT_UID_GID, True),
    "uid": (Helper.GET_CURRENT_UID_GID, False),
}
_WORDS = {"target": Word.TARGET, "stp_pid": Word.OWN_PID}
_LOADS = {
    "__user_load": Helper.PROBE_READ_USER,
    "__kernel_load": Helper.PROBE_READ_KERNEL,
}
_READABLE = {
    "__user_readable": Helper.PROBE_READ_USER,
    "__kernel_readable": Helper.PROBE_READ_KERNEL,
}


def ask(m: Machine, expr: ir.Ask) -> None:
    """Evaluate an integer context primitive."""
    code = m.code
    name, arguments = expr.primitive, expr.arguments
    if name in _HELPERS:
        code.call(_HELPERS[name])
    elif name in _HALVES:
        helper, upper = _HALVES[name]
        code.call(helper)
        if upper:
            code.alu_value(Alu.RSH, R0, 32)
        else:
            code.copy_unsigned32(R0, R0)
    elif name in _WORDS:
        code.load_map_value(R1, SESSION, _WORDS[name])
        code.load(8, R0, R1, 0)
    elif name in _LOADS:
        _load(m, expr)
    elif name in _READABLE:
        _readable(m, expr)
    elif name == "gettimeofday_ns":
        code.call(Helper.KTIME_GET_NS)
        code.load_map_value(R1, SESSION, Word.WALL_CLOCK)
        code.load(8, R1, R1, 0)
        code.alu(Alu.ADD, R0, R1)
    elif name == "randint":
        _random(m, arguments[0])
    elif name == "__argument":
        assert isinstance(arguments[0], ir.Integer), expr
        argument(m, arguments[0].value - 1)
    elif name in ("register", "u_register"):
        assert isinstance(arguments[0], ir.Text), expr
        _named(m, arguments[0].value, name)
    else:
        _about_event(m, name)


def _about_event(m: Machine, name: str) -> None:
    code = m.code
    machine = registers.here()
    match name:
        case "is_return":
            code.set(R0, int(m.kind in RETURNS))
        case "returnval":
            result(m)
        case "user_mode":
            if m.kind is Kind.PERF and machine.compatible:
                _register(m, machine.compatible[0])
                code.alu_value(Alu.AND, R0, 3)
                code.alu_value(Alu.RSH, R0, 1)
            else:
                code.set(R0, int(m.kind in (Kind.USER, Kind.USER_RETURN)))
        case "addr":
            if m.kind in REGISTERS:
                _register(m, machine.instruction)
            else:
                code.set(R0, 0)
        case "uaddr":
            _user_address(m)
        case _:
            raise AssertionError(name)


def _user_address(m: Machine) -> None:
    code = m.code
    machine = registers.here()
    if m.kind is Kind.PERF:
        _about_event(m, "user_mode")
        kernel = code.label()
        code.jump_if_value(Jump.EQ, R0, 0, kernel)
        _register(m, machine.instruction)
        code.place(kernel)
    elif m.kind in (Kind.USER, Kind.USER_RETURN) or m.kind in SYSCALLS:
        _register(m, machine.instruction)
    else:
        code.set(R0, 0)


def _register(m: Machine, name: str) -> None:
    code = m.code
    offset = registers.here().names.get(name)
    if offset is None:
        code.set(R0, 0)
    elif m.kind in REGISTERS:
        code.load(8, R0, CONTEXT, offset)
    elif m.kind in SYSCALLS and m.typed:
        load_register(m, name)
    elif m.registers is not None:
        code.load(8, R0, FRAME, m.registers.offset + offset)
    else:
        code.set(R0, 0)


def load_register(m: Machine, name: str) -> None:
    """A register of a system call, read in place, into r0."""
    machine = registers.here()
    # The segment is a union since Linux 65c9cc9e2c14 ("x86/fred: Reserve space for the FRED
    # stack frame", v6.9), of which every kernel knows the first two bytes.
    narrow = machine.compatible is not None and name == machine.compatible[0]
    m.code.load(8, R0, CONTEXT, 0)
    m.code.load(2 if narrow else 8, R0, R0, machine.names[name])


def _named(m: Machine, name: str, primitive: str) -> None:
    machine = registers.here()
    wide, size = machine.aliases.get(name, (name, 8))
    _register(m, wide)
    if size == 4 and primitive == "register":
        m.code.copy_signed(R0, R0, 4)
    elif size == 4:
        m.code.copy_unsigned32(R0, R0)


def register(m: Machine, number: int) -> None:
    """A register by DWARF number."""
    names = registers.here().dwarf
    _register(m, names[number] if number < len(names) else "")


def argument(m: Machine, index: int) -> None:
    """Argument ``index`` (from 0) of whatever was called; 0 beyond what is known."""
    code = m.code
    machine = registers.here()
    if m.kind in SYSCALLS:
        known = machine.syscall_arguments
        _register(m, known[index] if 0 <= index < len(known) else "")
    elif m.kind is Kind.TRACEPOINT:
        code.load(8, R0, CONTEXT, 8 * index)
    elif m.kind not in REGISTERS or index < 0:
        code.set(R0, 0)
    elif index < len(machine.arguments):
        _register(m, machine.arguments[index])
    else:
        above = 8 * (index - len(machine.arguments) + machine.return_address)
        _register(m, machine.stack)
        code.alu_value(Alu.ADD, R0, above)
        user = m.kind in (Kind.USER, Kind.USER_RETURN)
        _read_at(m, Helper.PROBE_READ_USER if user else Helper.PROBE_READ_KERNEL, 8)


def result(m: Machine) -> None:
    """What a returning function or system call gives."""
    if m.kind is Kind.SYSCALL_RETURN:
        m.code.load(8, R0, CONTEXT, 8)
    elif m.kind in REGISTERS:
        _register(m, registers.here().result)
    else:
        m.code.set(R0, 0)


def event_value(m: Machine, expr: ir.Event) -> None:
    match expr.value:
        case (
            ir.EventValue.SYSCALL_ARGUMENT
            | ir.EventValue.FUNCTION_ARGUMENT
            | ir.EventValue.TRACEPOINT_ARGUMENT
        ):
            argument(m, expr.index)
        case ir.EventValue.SYSCALL_RESULT | ir.EventValue.FUNCTION_RESULT:
            result(m)


def _random(m: Machine, below: ir.Expr) -> None:
    code = m.code
    zero = code.label()
    with m.held() as kept:
        m.long(m, below)
        kept.keep(R0)
        code.call(Helper.GET_PRANDOM_U32)
        kept.load(R1)
    code.copy(R2, R0)
    code.set(R0, 0)
    code.jump_if_value(Jump.SLE, R1, 0, zero)
    code.copy(R0, R2)
    code.alu(Alu.MOD, R0, R1)
    code.place(zero)


def _load(m: Machine, expr: ir.Ask) -> None:
    size = expr.arguments[1]
    assert isinstance(size, ir.Integer), expr
    m.long(m, expr.arguments[0])
    _read_at(m, _LOADS[expr.primitive], size.value)


def _read_at(m: Machine, helper: Helper, size: int) -> None:
    """``size`` bytes at the address in r0, into r0; 0 on a fault."""
    code = m.code
    code.copy(R3, R0)
    with m.frame.temporary(8) as to:
        code.set(R2, size)
        read(m, helper, to, size)  # clears its buffer on a fault
        code.load(size, R0, m.addressed(to, R1), to.offset)


def _readable(m: Machine, expr: ir.Ask) -> None:
    code = m.code
    no = code.label()
    m.long(m, expr.arguments[0])
    code.copy(R3, R0)
    with m.frame.temporary(8) as to:
        code.set(R2, 1)
        read(m, _READABLE[expr.primitive], to, 1)
    code.copy(R1, R0)
    code.set(R0, 0)
    code.jump_if_value(Jump.NE, R1, 0, no)
    code.set(R0, 1)
    code.place(no)
