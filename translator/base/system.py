"""The one seam to files, environment and the machine's description.

Front-end code asks a `System`; tests hand it an in-memory one.  Runtimes talk to the
kernel themselves, and nothing above `base` opens a file any other way.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Protocol

from translator.base.value import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """What the running kernel says of itself (uname)."""

    release: str  # "6.1.0-53-amd64"
    architecture: str  # SystemTap's name: "x86_64", "arm64", …


class System(Protocol):
    """Files, directories, environment and identity of one machine."""

    def read_text(self, path: str) -> str | None:
        """The file as text (undecodable bytes escaped), or None if there is no such file."""

    def read_bytes(self, path: str) -> bytes | None:
        """The file's bytes, or None if it cannot be read."""

    def map_bytes(self, path: str) -> bytes | mmap.mmap | None:
        """Like `read_bytes`, for big files of which little is looked at: mapped where possible."""

    def list_files(self, directory: str, suffix: str) -> tuple[str, ...]:
        """Paths below ``directory``, at any depth, whose names end in ``suffix``; sorted."""

    def list_directory(self, directory: str) -> tuple[str, ...]:
        """Names of its entries, sorted, directories with a ``/`` at the end; none if unreadable."""

    def real_path(self, path: str) -> str | None:
        """Absolute path of a regular file, links followed; None if there is none."""

    def stamp(self, path: str) -> tuple[int, int] | None:
        """(modification time in ns, size in bytes): changes when the file does."""

    def find_program(self, name: str) -> str | None:
        """Absolute path of an executable named as ``execvp`` would take it."""

    def variable(self, name: str) -> str | None:
        """An environment variable."""

    def machine(self) -> Machine: ...


_ARCHITECTURES = {"aarch64": "arm64", "ppc64le": "powerpc", "s390x": "s390", "i686": "i386"}


class RealSystem:
    """The machine we run on."""

    def read_text(self, path: str) -> str | None:
        data = self.read_bytes(path)
        return None if data is None else data.decode("utf-8-sig", "surrogateescape")

    def read_bytes(self, path: str) -> bytes | None:
        try:
            return Path(path).read_bytes()
        except OSError:
            return None

    def map_bytes(self, path: str) -> bytes | mmap.mmap | None:
        try:
            with open(path, "rb") as file:
                return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except (OSError, ValueError):  # ValueError: an empty file
            return self.read_bytes(path)

    def list_files(self, directory: str, suffix: str) -> tuple[str, ...]:
        found = [
            os.path.join(base, name)
            for base, _, names in os.walk(directory)
            for name in names
            if name.endswith(suffix)
        ]
        return tuple(sorted(found))

    def list_directory(self, directory: str) -> tuple[str, ...]:
        try:
            with os.scandir(directory) as entries:
                return tuple(sorted(each.name + ("/" if each.is_dir() else "") for each in entries))
        except OSError:
            return ()

    def real_path(self, path: str) -> str | None:
        return os.path.realpath(path) if os.path.isfile(path) else None

    def stamp(self, path: str) -> tuple[int, int] | None:
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def find_program(self, name: str) -> str | None:
        places = [""] if "/" in name else (self.variable("PATH") or os.defpath).split(os.pathsep)
        for place in places:
            path = os.path.join(place, name) if place else name
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return os.path.realpath(path)
        return None

    def variable(self, name: str) -> str | None:
        return os.environ.get(name)

    def machine(self) -> Machine:
        name = os.uname()
        return Machine(name.release, _ARCHITECTURES.get(name.machine, name.machine))
