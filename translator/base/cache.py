"""Products kept on disk by content: a lost, damaged or unwritable cache only costs time.

Keys are hashes of everything that a product depends on, so nothing is ever stale; old
entries are removed when a directory grows beyond its bound.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache

from translator.base.seal import sealed, unsealed
from translator.base.value import dataclass

_KEPT = 512  # entries per kind before the oldest half goes


def digest(*parts: str | bytes) -> str:
    """A key from everything that the product depends on; order and boundaries count."""
    state = hashlib.blake2b(digest_size=20)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


@cache
def code_version() -> str:
    """A key that changes with our own code, so that no product of another version is used."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    stamps = []
    for base, directories, names in os.walk(root):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        for name in sorted(names):
            if name.endswith((".py", ".lark")):
                status = os.stat(os.path.join(base, name))
                stamps.append(f"{base[len(root) :]}/{name} {status.st_mtime_ns} {status.st_size}")
    return digest(*stamps)


@dataclass(frozen=True, slots=True)
class DiskCache:
    """Entries of several kinds, each a directory of files named by key."""

    directory: str

    def read(self, kind: str, key: str) -> bytes | None:
        """The entry, or None if there is none that is whole."""
        try:
            with open(os.path.join(self.directory, kind, key), "rb") as file:
                return unsealed(file.read())
        except OSError:
            return None

    def write(self, kind: str, key: str, data: bytes) -> None:
        """Keep an entry; atomic to readers, and silent where nothing can be kept."""
        import tempfile

        place = os.path.join(self.directory, kind)
        with suppress(OSError):  # full, read-only or foreign: the product is made again
            os.makedirs(place, mode=0o700, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=place, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(sealed(data))
                os.replace(temporary, os.path.join(place, key))
            except OSError:
                os.unlink(temporary)
                raise
            self._prune(place)

    def _prune(self, place: str) -> None:
        entries = [entry for entry in os.scandir(place) if not entry.name.startswith(".")]
        if len(entries) <= _KEPT:
            return
        entries.sort(key=lambda entry: entry.stat().st_mtime)
        for entry in entries[: len(entries) - _KEPT // 2]:
            with suppress(FileNotFoundError):  # another process prunes too
                os.unlink(entry.path)
