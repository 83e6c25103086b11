"""Which system calls an architecture has, by name and number.

Facts of the kernel's ABI, kept as data so that no headers are needed.  Only the
machine's own 64-bit ABI: compat calls have other numbers and are not named here.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType


@lru_cache(maxsize=4)
def numbers(architecture: str) -> MappingProxyType[str, int]:
    """Number of each system call by the kernel's name; empty for an unknown architecture.

    ``architecture`` is SystemTap's name for it: ``x86_64``, ``arm64``.
    """
    runs: tuple[tuple[int, str], ...] = ()
    match architecture:
        case "x86_64":
            from translator.probes.syscall_numbers import x86_64

            runs = x86_64.RUNS
        case "arm64":
            from translator.probes.syscall_numbers import arm64

            runs = arm64.RUNS
    return MappingProxyType(
        {name: first + at for first, names in runs for at, name in enumerate(names.split())}
    )
