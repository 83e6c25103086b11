"""Timers of the session: a few periods, kept in a list and due by the monotonic clock."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class _Timer:
    __slots__ = ("action", "due", "period", "spread")

    def __init__(self, period: int, spread: int, action: Callable[[], None]) -> None:
        self.period = period
        self.spread = spread
        self.action = action
        self.due = 0


class Timers:
    """Repeating timers.  All times are nanoseconds."""

    def __init__(self) -> None:
        self._timers: list[_Timer] = []

    def add(self, period: int, spread: int, action: Callable[[], None]) -> None:
        """Run ``action`` every ``period``, each interval moved by up to ±``spread``."""
        assert period > 0, period
        self._timers.append(_Timer(period, spread, action))

    def start(self) -> None:
        """Count all periods from now."""
        now = time.monotonic_ns()
        for timer in self._timers:
            timer.due = now + _interval(timer)

    def wait(self) -> int | None:
        """Time until the next timer is due, 0 if one is, None if there are none."""
        if not self._timers:
            return None
        return max(0, min(timer.due for timer in self._timers) - time.monotonic_ns())

    def run_due(self, stop: Callable[[], bool]) -> None:
        """Run what is due, earliest first, until ``stop``.  Missed periods are skipped."""
        now = time.monotonic_ns()
        for timer in sorted(self._timers, key=lambda timer: timer.due):
            if timer.due > now or stop():
                return
            timer.action()
            timer.due += _interval(timer)
            late = now - timer.due
            if late > 0:
                timer.due += (late // timer.period + 1) * timer.period


def _interval(timer: _Timer) -> int:
    if not timer.spread:
        return timer.period
    from random import randint

    return max(1, timer.period + randint(-timer.spread, timer.spread))
