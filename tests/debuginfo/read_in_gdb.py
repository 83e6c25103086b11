"""Run inside gdb: stop where probes would and compare our reading of parameters with gdb's.

Prints ``RESULT`` and a JSON list of (function and variable, our bytes, gdb's bytes).
"""

from __future__ import annotations

import json

import gdb  # type: ignore[import-untyped,import-not-found,unused-ignore]

from translator.base.system import RealSystem
from translator.debuginfo import location as loc
from translator.debuginfo.finders import open_debuginfo
from translator.debuginfo.model import LinkAddress, size_of

_MASK = (1 << 64) - 1
_MOST_STOPS = 64


def register(number: int) -> int:
    name = loc.X86_64_REGISTERS[number]
    field = ".v2_int64[0]" if name.startswith("xmm") else ""
    return int(gdb.parse_and_eval(f"(unsigned long)${name}{field}")) & _MASK


def memory(address: int, size: int) -> bytes:
    return bytes(gdb.selected_inferior().read_memory(address, size))


def run(expression: loc.Expression, bias: int) -> int:
    stack: list[int] = []
    for operation in expression:
        match operation:
            case loc.PushRegister(register=number, offset=offset):
                stack.append(register(number) + offset & _MASK)
            case loc.PushAddress(address=address):
                stack.append(address + bias)
            case loc.PushConstant(value=value):
                stack.append(value & _MASK)
            case loc.Deref(size=size):
                stack.append(int.from_bytes(memory(stack.pop(), size), "little"))
            case loc.Arithmetic(operator=loc.Operator.ADD):
                stack.append(stack.pop() + stack.pop() & _MASK)
            case _:
                raise NotImplementedError(str(operation))
    return stack[-1]


def value(where: loc.Location, size: int, bias: int) -> bytes | None:
    match where:
        case loc.InRegister(register=number):
            return register(number).to_bytes(8, "little")[:size]
        case loc.InMemory(address=expression):
            return memory(run(expression, bias), size)
        case loc.Computed(value=expression):
            return run(expression, bias).to_bytes(8, "little")[:size]
        case loc.Constant(value=number):
            return (number & _MASK).to_bytes(8, "little")[:size]
        case _:
            return None


def main() -> None:
    gdb.execute("set debuginfod enabled off", to_string=True)
    path = gdb.objfiles()[0].filename
    info = open_debuginfo(path, RealSystem())
    gdb.execute("starti > /dev/null", to_string=True)
    (entry,) = info.functions("main")
    bias = int(gdb.parse_and_eval("(unsigned long)&main")) - entry.address
    stops = {}
    names = ("area", "of_kinds", "halve", "make_point", "get_inner", "make_pair", "declared_only")
    for name in names:
        (function,) = info.functions(name)
        address = info.probe_address(function)
        stops[address + bias] = (function, address)
        gdb.execute(f"break *{address + bias:#x}", to_string=True)
    compared = []
    for _ in range(_MOST_STOPS):
        gdb.execute("continue", to_string=True)
        if not gdb.selected_inferior().pid:
            break  # it has ended
        stop = int(gdb.selected_frame().pc())
        if stop not in stops:
            gdb.execute("kill", to_string=True)
            break
        function, address = stops[stop]
        for parameter in info.parameters(function):
            size = size_of(info, parameter.type)
            assert size is not None
            ours = value(info.location(parameter, LinkAddress(address)), size, bias)
            theirs = gdb.selected_frame().read_var(parameter.name)
            if ours is None or theirs.is_optimized_out:
                continue
            expected = theirs.address is not None and memory(int(theirs.address), size)
            if not expected:
                number = theirs if theirs.type.code != gdb.TYPE_CODE_FLT else None
                if number is None:
                    continue  # gdb gives floats in registers no bytes before version 14
                expected = (int(number) & _MASK).to_bytes(8, "little")[:size]
            compared.append((f"{function.name}:{parameter.name}", ours.hex(), expected.hex()))
    print("RESULT " + json.dumps(compared))


main()
