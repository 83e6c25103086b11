"""Core to core, in order.  Each pass is a function of a program; the order is given here.

1. `dead_locals`: prologues compute context variables that most handlers never read.
2. `automatic_print`: globals written and never read print at the end.  After 1: what only a
   dead value reads is not read.
"""

from __future__ import annotations

from translator.core.ir import Program
from translator.elaborate import automatic_print, dead_locals


def run(program: Program, read: frozenset[str]) -> Program:
    """Every pass, in order; ``read`` as `automatic_print` takes it."""
    return automatic_print.run(dead_locals.run(program), read)
