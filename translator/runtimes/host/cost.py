"""What can be known before a handler runs: how many statements, how deep the calls.

Where a handler can never exceed MAXACTION or MAXNESTING, its code carries no checks.
"""

from __future__ import annotations

from collections.abc import Iterable

from translator.core import ir
from translator.core.visit import blocks, statements

_RECURSION = 10


class Costs:
    """Costs of one program's handlers and functions."""

    def __init__(self, program: ir.Program) -> None:
        self._functions = {item.name: item for item in program.functions}
        self._called: dict[str, tuple[str, ...]] = {
            item.name: (*_calls(item.body), *item.overloads) for item in program.functions
        }
        self._bounds: dict[str, int | None] = {}
        self._depths: dict[str, int | None] = {}
        self._limited = program.limits.nesting > 0
        # By default what the program needs, and some more for recursion.
        self.nesting = program.limits.nesting or self._longest() + 2 + _RECURSION

    def needed(self, bodies: Iterable[ir.Block]) -> tuple[ir.Function, ...]:
        """The functions that handlers reach, in the program's order."""
        reached = self._reached(name for body in bodies for name in _calls(body))
        return tuple(item for item in self._functions.values() if item.name in reached)

    def counts(self, body: ir.Block, limit: int) -> bool:
        """Whether a handler could run more than ``limit`` statements."""
        bound = self._block(body)
        return bound is None or bound > limit

    def counted(self, bodies: Iterable[ir.Block]) -> set[str]:
        """The functions that these handlers, all of which count, can reach."""
        return self._reached(name for body in bodies for name in _calls(body))

    def splits(self, function: str) -> bool:
        """Whether the function can pass a call on to its next overload."""
        body = self._functions[function].body
        return any(isinstance(item, ir.Next) for item in statements(body))

    def limits_nesting(self) -> bool:
        """Whether calls could nest deeper than MAXNESTING."""
        heights = [self._height(name) for name in self._functions]
        return any(
            height is None or (self._limited and height > self.nesting) for height in heights
        )

    def _longest(self) -> int:
        """How many functions there are at most in a chain of calls, none of them twice."""
        known: dict[str, int] = {}

        def chain(name: str) -> int:
            if name not in known:
                known[name] = 0  # what a call back to here adds
                known[name] = 1 + max(map(chain, self._called[name]), default=0)
            return known[name]

        return max(map(chain, self._called), default=0)

    def _reached(self, names: Iterable[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += self._called[name]
        return reached

    def _height(self, function: str) -> int | None:
        """How deep calls nest from here; None if recursive."""
        if function not in self._depths:
            self._depths[function] = None  # what a call back to here finds
            heights = [self._height(name) for name in self._called[function]]
            known = [height for height in heights if height is not None]
            if len(known) == len(heights):
                self._depths[function] = 1 + max(known, default=0)
        return self._depths[function]

    def _function(self, name: str) -> int | None:
        if name not in self._bounds:
            self._bounds[name] = None
            total = self._block(self._functions[name].body)
            for other in self._functions[name].overloads:
                more = self._function(other)
                total = None if total is None or more is None else total + more
            self._bounds[name] = total
        return self._bounds[name]

    def _block(self, block: ir.Block) -> int | None:
        """Most statements that a block can run; None if a loop or recursion decides."""
        total = 0
        for statement in block:
            total += 1
            match statement:
                case ir.Loop() | ir.Foreach() | ir.ForeachBucket():
                    return None
                case ir.Invoke(function=function):
                    more = self._function(function)
                    if more is None:
                        return None
                    total += more
                case _:
                    for inner in blocks(statement):
                        more = self._block(inner)
                        if more is None:
                            return None
                        total += more
        return total


def _calls(block: ir.Block) -> tuple[str, ...]:
    return tuple(item.function for item in statements(block) if isinstance(item, ir.Invoke))
