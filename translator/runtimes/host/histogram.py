"""Histogram buckets and their drawing, in the columns that SystemTap's users know.

A histogram is () for powers of two or (low, high, step).  Logarithmic bucket 64 holds 0, 65
holds 1, 66 holds 2 to 3, and so on; 63 holds -1, 62 holds -3 to -2.  A linear one has a
bucket for everything below ``low`` first and one for everything above ``high`` last.
"""

from __future__ import annotations

ZERO = 64
LOGARITHMIC = 128
_COLUMNS = 50
_MARGIN = 2  # empty rows kept beside each filled one


def bucket_count(histogram: tuple[int, ...]) -> int:
    """How many buckets the histogram has."""
    if not histogram:
        return LOGARITHMIC
    low, high, step = histogram
    return (high - low) // step + 3


def bucket_of(histogram: tuple[int, ...], value: int) -> int:
    """Index of the bucket that ``value`` falls into."""
    if not histogram:
        return min(ZERO + value.bit_length(), 127) if value >= 0 else ZERO - (-value).bit_length()
    low, _, step = histogram
    if value < low:
        return 0
    return min((value - low) // step + 1, bucket_count(histogram) - 1)


def draw(histogram: tuple[int, ...], counts: list[int]) -> str:
    """The drawing, ended by an empty line; ``counts`` has one number per bucket."""
    filled = [index for index, count in enumerate(counts) if count]
    if not filled:
        return ""
    low, high = _rows_shown(histogram, counts, filled)
    labels = {index: _label(histogram, index, len(counts)) for index in (low, high)}
    width = max(5, *map(len, labels.values()))
    most = max(counts)
    digits = len(str(most))
    scale = max(1, -(-most // _COLUMNS))
    lines = [f"{'value':>{width}} |{'-' * _COLUMNS} count"]
    elided = False
    for index in range(low, high + 1):
        near = counts[max(low, index - _MARGIN) : min(high, index + _MARGIN) + 1]
        if not any(near):
            elided = True
            continue
        if elided:
            lines.append(f"{'~':>{width + 2}}")
            elided = False
        bar = "@" * (counts[index] // scale)
        label = _label(histogram, index, len(counts))
        lines.append(f"{label:>{width}} |{bar:<{_COLUMNS}} {counts[index]:>{digits}}")
    return "\n".join(lines) + "\n\n"


def _rows_shown(
    histogram: tuple[int, ...], counts: list[int], filled: list[int]
) -> tuple[int, int]:
    """First and last bucket drawn: two empty ones on either side, where there are any."""
    low, high = filled[0], filled[-1]
    last = len(counts) - 1
    for _ in range(_MARGIN):
        # Below zero is drawn only if there are negative values.
        if low > 0 and (histogram or low != ZERO):
            low -= 1
        if high < last:
            high += 1
    if histogram:
        low += low == 0 and not counts[0]
        high -= high == last and not counts[last]
    return low, high


def _label(histogram: tuple[int, ...], index: int, buckets: int) -> str:
    if not histogram:
        power = abs(index - ZERO)
        return "0" if not power else f"{'-' if index < ZERO else ''}{1 << (power - 1)}"
    low, _, step = histogram
    if index == 0:
        return f"<{low}"
    if index == buckets - 1:
        return f">{low + (index - 2) * step}"
    return str(low + (index - 1) * step)
