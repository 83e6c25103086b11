"""Where a binary's debug information is, and opening it.

The places, in SystemTap's and gdb's order: the file itself, the build-ID tree below
`/usr/lib/debug`, the file that `.gnu_debuglink` names (its checksum compared).  A binary without
any still answers by its symbols, and says where was looked and what to install.
"""

from __future__ import annotations

import posixpath
import struct
import zlib
from collections.abc import Iterator

from translator.base.system import System
from translator.debuginfo.binary import BinaryInfo
from translator.debuginfo.elf import ElfFile, Image
from translator.debuginfo.model import DebugInfo, DebugInfoError

_DEBUG_ROOT = "/usr/lib/debug"


def open_debuginfo(path: str, system: System) -> DebugInfo:
    """The debug information of the binary at ``path``; without DWARF, what its symbols tell.

    Raises `DebugInfoError` if the file cannot be read or is not a binary we can read.
    """
    image = system.map_bytes(path)
    if image is None:
        raise DebugInfoError(f"{path}: cannot be read: no such file, or no permission")
    try:
        return _opened(path, image, system)
    except (ValueError, IndexError, struct.error) as error:
        raise DebugInfoError(f"{path}: damaged ELF file ({error})") from error


def _opened(path: str, image: Image, system: System) -> DebugInfo:
    binary = ElfFile(path, image)
    if binary.has_content(".debug_info"):
        return BinaryInfo(path, binary, binary, None)
    looked = []
    for place, checksum in _places(path, binary):
        looked.append(place)
        found = system.map_bytes(place)
        if found is None or place == path:
            continue
        if checksum is not None and zlib.crc32(found) != checksum:
            looked[-1] += " (of another build)"
            continue
        debug = ElfFile(place, found)
        if checksum is None and debug.build_id != binary.build_id:
            looked[-1] += " (of another build)"
            continue
        if debug.has_content(".debug_info"):
            return BinaryInfo(path, binary, debug, None)
        looked[-1] += " (without DWARF)"
    return BinaryInfo(path, binary, None, _why(path, looked))


def require_types(debuginfo: DebugInfo) -> DebugInfo:
    """The same, or a `DebugInfoError` with the remedy if it has symbols only."""
    if debuginfo.why_no_types is not None:
        raise DebugInfoError(debuginfo.why_no_types)
    return debuginfo


def _places(path: str, binary: ElfFile) -> Iterator[tuple[str, int | None]]:
    """(path, checksum that it must have) of separate debug files, in order."""
    build_id = binary.build_id
    if build_id is not None and len(build_id) > 2:
        yield f"{_DEBUG_ROOT}/.build-id/{build_id[:2]}/{build_id[2:]}.debug", None
    link = binary.section(".gnu_debuglink")
    if len(link) >= 8:
        name = link[: link.index(b"\0")].decode("utf-8", "surrogateescape")
        checksum = int.from_bytes(link[-4:], "little")
        directory = posixpath.dirname(posixpath.abspath(path))
        yield posixpath.join(directory, name), checksum
        yield posixpath.join(directory, ".debug", name), checksum
        yield f"{_DEBUG_ROOT}{posixpath.join(directory, name)}", checksum


def _why(path: str, looked: list[str]) -> str:
    places = ", ".join(("the file itself", *looked))
    remedy = (
        "install its debug package (Debian: apt install PACKAGE-dbgsym)"
        if path.startswith(("/usr/", "/bin/", "/sbin/", "/lib"))
        else "compile it with -g"
    )
    return f"{path} has no debug information; looked in {places}; {remedy}"


__all__ = ["open_debuginfo", "require_types"]
