"""Names of addresses, of the kernel and of every process that a probe took a call stack in.

A process may be gone when its addresses are printed, so its maps are read while it lives:
programs note whom they took a stack of, and `Owners.look` reads those maps now and then.
Symbol tables are opened when the first name is asked for.
"""

from __future__ import annotations

import struct
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.debuginfo.kallsyms import KernelPlace, KernelSymbols
    from translator.debuginfo.process_maps import ProcessMaps, UserPlace, UserSymbols
    from translator.runtimes.bpf.maps import Map

_MASK = (1 << 64) - 1
_FIRST_LOOK = 0.02  # seconds until a process's maps are read again; doubles each time
_LAST_LOOK = 1.0
UNKNOWN = "<unknown>"


class Owners:
    """Maps of the processes that user stacks were taken in, as they were last seen."""

    def __init__(self) -> None:
        self.maps: dict[int, ProcessMaps] = {}
        self._due: dict[int, tuple[float, float]] = {}  # when to look again, after which wait

    def look(self, noted: Map) -> None:
        """Read the maps of the processes in ``noted`` that are due."""
        now = time.monotonic()
        for key in list(noted):
            (process,) = struct.unpack("<I", key)
            due, wait = self._due.get(process, (now, _FIRST_LOOK))
            if now < due:
                continue
            self._due[process] = (now + wait, min(_LAST_LOOK, 2 * wait))
            if not self.see(process):
                noted.delete(key)

    def see(self, process: int) -> bool:
        """Read a process's maps now; whether it still lives."""
        from translator.base.system import RealSystem
        from translator.debuginfo.process_maps import read_maps

        found = read_maps(RealSystem(), process)
        if found is None or not found.mappings:
            return False
        self.maps[process] = found
        return True


class Symbols:
    """Explains addresses.  ``process`` 0: whichever known process has the address mapped."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._kernel: KernelSymbols | None = None
        self._kernel_sought = False
        self._user: UserSymbols | None = None
        self._explained: dict[tuple[int, int], UserPlace | None] = {}

    # --- the kernel ----------------------------------------------------------------------

    def kernel_name(self, address: int) -> str:
        place = self._kernel_place(address)
        return place.name if place else _hex(address)

    def kernel_data(self, address: int) -> str:
        place = self._kernel_place(address)
        if place is None:
            return _hex(address)
        return f"{place.name}+0x{place.offset:x}/0x{place.size:x} [{place.module or 'kernel'}]"

    def kernel_module(self, address: int) -> str:
        place = self._kernel_place(address)
        return (place.module or "kernel") if place else UNKNOWN

    def _kernel_place(self, address: int) -> KernelPlace | None:
        if not self._kernel_sought:
            from translator.base.system import RealSystem
            from translator.debuginfo.kallsyms import read_kernel_symbols
            from translator.debuginfo.model import DebugInfoError

            self._kernel_sought = True
            try:
                self._kernel = read_kernel_symbols(RealSystem())
            except DebugInfoError:
                self._kernel = None  # hidden addresses: the script gets numbers
        return self._kernel.at(address & _MASK) if self._kernel else None

    # --- processes -----------------------------------------------------------------------

    def user_name(self, process: int, address: int) -> str:
        place = self._user_place(process, address)
        return place.symbol if place and place.symbol else _hex(address)

    def user_data(self, process: int, address: int) -> str:
        place = self._user_place(process, address)
        if place is None or not place.path:
            return _hex(address)
        if place.symbol is None:
            where = "" if place.link_address is None else f"+0x{place.link_address:x}"
            return f"{_hex(address)} [{place.path}{where}]"
        return f"{place.symbol}+0x{place.offset:x}/0x{place.size:x} [{place.path}]"

    def user_module(self, process: int, address: int) -> str:
        place = self._user_place(process, address)
        return place.path if place and place.path else UNKNOWN

    def user_line(self, process: int, address: int) -> str:
        place = self._user_place(process, address)
        if place is None or place.link_address is None or self._user is None:
            return "unknown"
        info = self._user.binary(place.path)
        row = info.line_at(place.link_address) if info is not None else None
        return f"{row.file}:{row.line}" if row else "unknown"

    def _user_place(self, process: int, address: int) -> UserPlace | None:
        address &= _MASK
        known = self._explained.get((process, address))
        if known is not None:
            return known
        if self._user is None:
            from translator.base.system import RealSystem
            from translator.debuginfo.process_maps import UserSymbols

            self._user = UserSymbols(RealSystem())
        if process and process not in self._owners.maps:
            self._owners.see(process)
        every = self._owners.maps
        for candidate in [process] if process in every else list(every):
            if every[candidate].at(address) is not None:
                found = self._user.at(every[candidate], address)
                self._explained[process, address] = found
                return found
        return None


def _hex(address: int) -> str:
    return f"0x{address & _MASK:x}"
