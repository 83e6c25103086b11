"""One printf conversion at a time, as SystemTap prints it.

C's rules, with SystemTap's own: ``%p`` is always 0x and hexadecimal, ``%#x`` and ``%#o`` keep
their prefix before a zero, a precision of 0 still prints one, the flag ``0`` holds beside a
precision, widths and precisions count bytes, every integer has 64 bits.
The common conversions never get here: translation makes them Python's own ``%``.
"""

from __future__ import annotations

from translator.runtimes.host.arithmetic import MASK
from translator.runtimes.host.strings import decode, encode

_ESCAPES = {
    **{code: f"\\{letter}" for code, letter in zip(range(7, 14), "abtnvfr", strict=True)},
    39: "\\'",
    92: "\\\\",
}


def integer(value: int, letter: str, flags: str, width: int, precision: int) -> str:
    """``%d %u %o %x %X %p``.  ``precision`` -1 means none; a negative ``width`` justifies left."""
    left = "-" in flags or width < 0
    sign = ""
    if letter == "d":
        sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
        digits = str(abs(value))
    elif letter == "u":
        digits = str(value & MASK)
    elif letter == "o":
        digits = format(value & MASK, "o")
    else:
        digits = format(value & MASK, "X" if letter == "X" else "x")
        if letter == "p" or "#" in flags:
            sign = "0X" if letter == "X" else "0x"
    if letter == "o" and "#" in flags:
        sign = "0"
    digits = digits.rjust(precision, "0") if precision > 0 else digits
    if "0" in flags and not left:
        digits = digits.rjust(width - len(sign), "0")
    return (sign + digits).ljust(abs(width)) if left else (sign + digits).rjust(width)


def field(text: str, flags: str, width: int, precision: int) -> str:
    """``%s``: at most ``precision`` bytes (-1: all), padded with blanks to ``width`` bytes.

    The flag ``0`` puts a NUL behind it.
    """
    if "0" in flags:
        return field(text, flags.replace("0", ""), width, precision) + "\0"
    left = "-" in flags or width < 0
    width = abs(width)
    if text.isascii():
        if precision >= 0:
            text = text[:precision]
        return text.ljust(width) if left else text.rjust(width)
    octets = encode(text)
    if precision >= 0:
        octets = octets[:precision]
    return decode(octets.ljust(width) if left else octets.rjust(width))


def character(value: int, flags: str = "", width: int = 0) -> str:
    """``%c``: the low byte of ``value``; ``#`` writes it as in C where it cannot be printed."""
    code = value & 0xFF
    if "#" in flags:
        text = _ESCAPES.get(code) or (chr(code) if 32 <= code < 127 else f"\\{code:03o}")
    else:
        text = chr(code) if code < 0x80 else decode(bytes((code,)))
    if not width:
        return text
    return text.ljust(abs(width)) if "-" in flags or width < 0 else text.rjust(width)


def binary(value: int, flags: str, width: int, precision: int) -> str:
    """``%b``: 1, 2, 4 or 8 (the default) bytes of ``value`` in the machine's order.

    ``precision`` says how many, or else ``width`` does; NULs fill up to the width.
    """
    size = next((each for each in (precision, abs(width)) if each in (1, 2, 4, 8)), 8)
    octets = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    left = "-" in flags or width < 0
    return decode(octets.ljust(abs(width), b"\0") if left else octets.rjust(width, b"\0"))


def memory(octets: bytes, letter: str, flags: str, width: int) -> str:
    """``%m`` and ``%M``: bytes, raw or as hexadecimal digits, padded to ``width`` columns."""
    octets = octets if letter == "m" else octets.hex().encode()
    left = "-" in flags or width < 0
    return decode(octets.ljust(abs(width)) if left else octets.rjust(width))
