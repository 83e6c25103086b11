"""Core to core, in order.  Each pass is a function of a program; the order is given here.

1. `dead_locals`: prologues compute context variables that most handlers never read.
"""

from __future__ import annotations

from translator.core.ir import Program
from translator.elaborate import dead_locals


def run(program: Program) -> Program:
    """Every pass, in order."""
    return dead_locals.run(program)
