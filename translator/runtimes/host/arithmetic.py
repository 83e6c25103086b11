"""64-bit arithmetic as C does it: two's complement that wraps, division toward zero."""

from __future__ import annotations

from translator.runtimes.host.faults import HandlerError

MIN = -(1 << 63)
MAX = (1 << 63) - 1
MASK = (1 << 64) - 1


def long(value: int) -> int:
    """``value`` wrapped to a signed 64-bit integer."""
    if MIN <= value <= MAX:
        return value
    return ((value & MASK) ^ (1 << 63)) + MIN


def divide(left: int, right: int, where: str = "") -> int:
    """Quotient truncated toward zero; a handler error if ``right`` is 0."""
    if right == 0:
        raise HandlerError("division by 0", where)
    if left >= 0 and right > 0:
        return left // right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) and quotient <= MAX else -quotient


def modulo(left: int, right: int, where: str = "") -> int:
    """Remainder with the sign of ``left``; a handler error if ``right`` is 0."""
    if right == 0:
        raise HandlerError("division by 0", where)
    remainder = abs(left) % abs(right)
    return remainder if left >= 0 else -remainder
