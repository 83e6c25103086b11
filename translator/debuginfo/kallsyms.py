"""The kernel's and its modules' symbols, from `/proc/kallsyms`: addresses as names, and back."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from translator.base.system import System
from translator.debuginfo.model import DebugInfoError

KALLSYMS = "/proc/kallsyms"
# A symbol's last function may end a section: nothing is named further from it than this.
_FURTHEST = 1 << 20


@dataclass(frozen=True, slots=True)
class KernelPlace:
    """``name+offset``, of ``size`` bytes up to the next symbol; ``module`` None: the kernel."""

    name: str
    offset: int
    size: int
    module: str | None = None


class KernelSymbols:
    """All symbols, sorted by address; names are decoded when asked for."""

    def __init__(self, data: bytes) -> None:
        """``data`` is the file's content.  Raises `DebugInfoError` if addresses are hidden."""
        lines = data.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        try:
            packed = bytes.fromhex(b"".join([line[:16] for line in lines]).decode())
        except ValueError as error:
            raise DebugInfoError(f"{KALLSYMS} is not a list of symbols ({error})") from error
        addresses = array("Q", packed[: len(lines) * 8])
        addresses.byteswap()
        if not any(addresses):
            raise DebugInfoError(
                f"{KALLSYMS} hides the kernel's addresses: "
                "run as root, or set sysctl kernel.kptr_restrict=0"
            )
        order = sorted(range(len(lines)), key=addresses.__getitem__)
        self._lines = [lines[index] for index in order]
        self._addresses = [addresses[index] for index in order]

    def at(self, address: int) -> KernelPlace | None:
        """The symbol that holds the address: of several names for it a function's, the first."""
        index = bisect_right(self._addresses, address) - 1
        if index < 0:
            return None
        start = self._addresses[index]
        after = self._addresses[index + 1] if index + 1 < len(self._addresses) else None
        size = after - start if after is not None else 0
        if address - start > _FURTHEST or not start:
            return None
        first = bisect_right(self._addresses, start - 1)
        names = self._lines[first : index + 1]
        line = next((each for each in names if each[17:18] in b"TtWw"), names[0])
        name, module = _fields(line)
        return KernelPlace(name, address - start, size, module)

    def address_of(self, name: str) -> int | None:
        """The first address of that name, a function's before a variable's."""
        return self._by_name.get(name.encode("utf-8", "surrogateescape"))

    @cached_property
    def _by_name(self) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for address, line in zip(self._addresses, self._lines, strict=True):
            name = line[19:].split(b"\t", 1)[0]
            if name not in found:
                found[name] = address
        return found


def _fields(line: bytes) -> tuple[str, str | None]:
    name, _, module = line[19:].decode("utf-8", "replace").partition("\t")
    return name, module.strip("[] ") or None


def read_kernel_symbols(system: System) -> KernelSymbols:
    """The running kernel's."""
    data = system.read_bytes(KALLSYMS)
    if not data:
        raise DebugInfoError(
            f"{KALLSYMS} cannot be read: mount /proc, or use a kernel with KALLSYMS"
        )
    return KernelSymbols(data)
