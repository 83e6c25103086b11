"""Names of addresses, where no symbol table is at hand: what stands for "there is none".

A runtime that has symbol tables brings its own entries of these names.
"""

from __future__ import annotations

from translator.runtimes.host.arithmetic import MASK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.state import Run


def symname(run: Run, address: int) -> str:
    return f"{address & MASK:#x}"


def modname(run: Run, address: int) -> str:
    return "<unknown>"


def symfileline(run: Run, address: int) -> str:
    return "unknown"


symdata = usymname = usymdata = symname
umodname = modname
usymfileline = symfileline


def sprint_stack(run: Run, stack: str) -> str:
    """One line per address of ``stack``."""
    return "".join(f" {address} : {address}\n" for address in stack.split())


def print_stack(run: Run, stack: str) -> None:
    run.output.write(sprint_stack(run, stack))


sprint_ustack = sprint_stack
print_ustack = print_stack
