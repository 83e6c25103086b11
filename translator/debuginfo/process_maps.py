"""A process's addresses as places in files and as symbols, from what `/proc/PID/maps` said.

The maps are a value: captured while the process lived, they serve after it has gone.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from translator.base.system import System
from translator.debuginfo.model import DebugInfo, DebugInfoError
from translator.debuginfo.units import FileOffset, LinkAddress

_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Mapping:
    """``[start, end)`` shows ``path`` from ``offset`` on; ``path`` "" for anonymous memory."""

    start: int
    end: int
    offset: int
    path: str
    executable: bool


@dataclass(frozen=True, slots=True)
class ProcessMaps:
    """The mappings of one process, sorted."""

    mappings: tuple[Mapping, ...]

    def at(self, address: int) -> Mapping | None:
        index = bisect_right(self.mappings, address, key=lambda each: each.start) - 1
        found = self.mappings[index] if index >= 0 else None
        return found if found is not None and address < found.end else None

    def bias(self, path: str, info: DebugInfo) -> int | None:
        """Run-time address of the binary's link address 0; None if it is not mapped."""
        for mapping in self.mappings:
            if mapping.path == path:
                link = info.link_address(FileOffset(mapping.offset))
                if link is not None:
                    return mapping.start - link
        return None


@dataclass(frozen=True, slots=True)
class UserPlace:
    """A run-time address explained as far as it can be.

    ``path`` "" if no file is mapped there; ``symbol`` None if the file has none for it, and
    ``offset`` is then 0.
    """

    address: int
    path: str = ""
    link_address: LinkAddress | None = None
    symbol: str | None = None
    offset: int = 0
    size: int = 0


def parse_maps(text: str) -> ProcessMaps:
    """The content of a maps file; lines that are not mappings are left out."""
    found = []
    for line in text.splitlines():
        fields = line.split(maxsplit=5)
        start, dash, end = fields[0].partition("-") if fields else ("", "", "")
        if len(fields) < 5 or not dash:
            continue
        path = fields[5].removesuffix(_DELETED) if len(fields) > 5 else ""
        found.append(
            Mapping(int(start, 16), int(end, 16), int(fields[2], 16), path, "x" in fields[1])
        )
    return ProcessMaps(tuple(sorted(found, key=lambda each: each.start)))


def read_maps(system: System, pid: int) -> ProcessMaps | None:
    """A living process's, or None if it has gone or may not be looked at."""
    text = system.read_text(f"/proc/{pid}/maps")
    return parse_maps(text) if text else None


@dataclass(slots=True)
class UserSymbols:
    """Names run-time addresses; each binary is opened once."""

    system: System
    _opened: dict[str, DebugInfo | None] = field(default_factory=dict)

    def at(self, maps: ProcessMaps, address: int) -> UserPlace:
        mapping = maps.at(address)
        if mapping is None or not mapping.path.startswith("/"):
            return UserPlace(address, mapping.path if mapping is not None else "")
        info = self.binary(mapping.path)
        offset = FileOffset(address - mapping.start + mapping.offset)
        link = info.link_address(offset) if info is not None else None
        symbol = info.symbol_at(link) if info is not None and link is not None else None
        if symbol is None:
            return UserPlace(address, mapping.path, link)
        return UserPlace(address, mapping.path, link, symbol.name, symbol.offset, symbol.size)

    def binary(self, path: str) -> DebugInfo | None:
        """The binary's information; None if it is gone or not one we read."""
        if path not in self._opened:
            from translator.debuginfo.finders import open_debuginfo

            try:
                self._opened[path] = open_debuginfo(path, self.system)
            except DebugInfoError:  # data files and deleted libraries are mapped too
                self._opened[path] = None
        return self._opened[path]
