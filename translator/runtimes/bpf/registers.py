"""Where struct pt_regs keeps what probes ask for, by machine.

Offsets are the kernel's ABI with BPF programs (<asm/ptrace.h>); numbers are those of each
psABI's DWARF mapping.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """Byte offsets in struct pt_regs of ``size`` bytes."""

    size: int
    names: dict[str, int]
    dwarf: tuple[str, ...]  # names by DWARF number
    syscall_arguments: tuple[str, ...]
    arguments: tuple[str, ...]  # of functions
    result: str
    number: str  # of the system call
    instruction: str
    stack: str
    return_address: bool  # whether a call leaves its address on the stack
    aliases: dict[str, tuple[str, int]]  # narrower names: register, bytes
    # The segment selector of code and its value for 32-bit user code; None where 32-bit
    # programs use other entry points.
    compatible: tuple[str, int] | None


_X86_NAMES = [
    "r15",
    "r14",
    "r13",
    "r12",
    "rbp",
    "rbx",
    "r11",
    "r10",
    "r9",
    "r8",
    "rax",
    "rcx",
    "rdx",
    "rsi",
    "rdi",
    "orig_rax",
    "rip",
    "cs",
    "eflags",
    "rsp",
    "ss",
]
_X86_NARROW = {
    f"e{name}": (f"r{name}", 4) for name in ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"]
}
_X86_NARROW |= {
    name: (f"r{name}", 8) for name in ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"]
}
X86_64 = Machine(
    size=168,
    names={name: 8 * at for at, name in enumerate(_X86_NAMES)},
    dwarf=(
        "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip",
    ),
    syscall_arguments=("rdi", "rsi", "rdx", "r10", "r8", "r9"),
    arguments=("rdi", "rsi", "rdx", "rcx", "r8", "r9"),
    result="rax",
    number="orig_rax",
    instruction="rip",
    stack="rsp",
    return_address=True,
    aliases=_X86_NARROW | {"flags": ("eflags", 8), "xcs": ("cs", 8), "xss": ("ss", 8)},
    compatible=("cs", 0x23),  # __USER32_CS
)  # fmt: skip

_ARM_NAMES = {f"x{at}": 8 * at for at in range(31)} | {"sp": 248, "pc": 256, "pstate": 264}
AARCH64 = Machine(
    size=304,
    names=_ARM_NAMES | {"orig_x0": 272, "syscallno": 280},
    dwarf=(*(f"x{at}" for at in range(31)), "sp", "pc"),
    syscall_arguments=("orig_x0", "x1", "x2", "x3", "x4", "x5"),
    arguments=tuple(f"x{at}" for at in range(8)),
    result="x0",
    number="syscallno",
    instruction="pc",
    stack="sp",
    return_address=False,
    aliases={f"w{at}": (f"x{at}", 4) for at in range(31)} | {"fp": ("x29", 8), "lr": ("x30", 8)},
    compatible=None,
)


def here() -> Machine:
    """The machine that this process runs on."""
    return AARCH64 if os.uname().machine == "aarch64" else X86_64
