"""The kernel's types and memory, as typed reads need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from translator.base.diagnostics import StapError
from translator.core import ir
from translator.probes.point import Environment
from translator.semantics.reads import Frame, Unreadable

if TYPE_CHECKING:
    from translator.debuginfo.btf import Btf

_TYPES_OF_MODULES = "/sys/kernel/btf/"


def kernel_frame(
    environment: Environment, place: ir.Place, module: str | None = None
) -> Frame | Unreadable:
    """What the kernel's objects, or a module's, are read against."""
    types = kernel_types(environment, module)
    if isinstance(types, Unreadable):
        return types
    return Frame(types, ir.Space.KERNEL, None, place)


def kernel_types(environment: Environment, module: str | None = None) -> Btf | Unreadable:
    """The kernel's types; with those of a loaded module, if one is named, on top."""
    if environment.kernel_types is None:
        return Unreadable("the kernel's type information is not at hand")
    try:
        kernel = environment.kernel_types()
        if module is None:
            return kernel
        from translator.debuginfo.btf import Btf

        # A module that is built in has its types among the kernel's.
        path = _TYPES_OF_MODULES + module.replace("-", "_")
        data = None if "/" in module else environment.system.map_bytes(path)
        return kernel if data is None else Btf(path, data, None, kernel)
    except StapError as error:
        return Unreadable(str(error))
