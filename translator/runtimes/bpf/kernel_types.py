"""What translation takes from the kernel's own types (BTF), where the kernel has them.

A program that stands on a tracepoint by its type reads registers straight from memory; one
that stands there by name copies them first, which costs more than most handlers do.
"""

from __future__ import annotations

import os

from translator.runtimes.bpf.event import SYSCALLS, Kind

_TYPEDEF = {
    Kind.SYSCALL: "btf_trace_sys_enter",
    Kind.SYSCALL_RETURN: "btf_trace_sys_exit",
}
assert _TYPEDEF.keys() == SYSCALLS, _TYPEDEF


def typed_tracepoints() -> dict[Kind, int]:
    """Type ids of the system-call tracepoints in this kernel's BTF; empty if it has none."""
    from translator.base.cache import DiskCache
    from translator.base.places import cache_home
    from translator.base.system import RealSystem
    from translator.debuginfo.btf import open_kernel_btf
    from translator.debuginfo.ctype import TypeKind
    from translator.debuginfo.model import DebugInfoError

    try:
        types = open_kernel_btf(RealSystem(), DiskCache(cache_home(os.environ.get)))
    except DebugInfoError:
        return {}
    found = {kind: types.find_type(TypeKind.TYPEDEF, name) for kind, name in _TYPEDEF.items()}
    return {kind: number for kind, number in found.items() if number is not None}
