"""Telling a file that is as it was written from one that is cut, empty or damaged.

Against accidents only: who may write to the cache may also seal.  Imports nothing slow.
"""

from __future__ import annotations

from binascii import crc32

_MARK = b"stap"
_HEAD = len(_MARK) + 12


def sealed(data: bytes) -> bytes:
    """``data`` behind a mark, its length and its checksum."""
    return _head(data) + data


def unsealed(kept: bytes) -> bytes | None:
    """What was sealed; None if ``kept`` is anything else."""
    data = kept[_HEAD:]
    return data if kept[:_HEAD] == _head(data) else None


def _head(data: bytes) -> bytes:
    return _MARK + len(data).to_bytes(8, "little") + crc32(data).to_bytes(4, "little")
