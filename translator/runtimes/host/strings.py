"""Script strings: bytes decoded as UTF-8 with surrogateescape, of bounded length in bytes.

Every string that a handler makes goes through a `bounded` cutter, so equal bytes are equal
strings and no string outgrows the limit.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def encode(text: str) -> bytes:
    """The bytes of a script string."""
    return text.encode("utf-8", "surrogateescape")


def decode(octets: bytes) -> str:
    """The script string of bytes."""
    return octets.decode("utf-8", "surrogateescape")


def bounded(limit: int) -> Callable[[str], str]:
    """A function that cuts a string to ``limit`` - 1 bytes, as C strings of ``limit`` bytes are.

    It also joins bytes that only together make a character.
    """
    most = limit - 1

    def cut(text: str) -> str:
        if text.isascii():
            return text if len(text) <= most else text[:most]
        return decode(encode(text)[:most])

    return cut


def terminated(text: str) -> str:
    """``text`` up to its first NUL, where a C string ends."""
    end = text.find("\0")
    return text if end < 0 else text[:end]


def order(text: str) -> bytes:
    """What to compare two strings by: their bytes."""
    return encode(text)
