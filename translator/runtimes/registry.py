"""The runtimes there are, in the order in which ``--runtime=auto`` tries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from translator.runtimes.protocol import Runtime

NAMES = ("bpf", "kmod", "host")


def runtime(name: str) -> Runtime:
    """The runtime called ``name``, one of `NAMES`; imported only now, to keep starting cheap."""
    match name:
        case "host":
            from translator.runtimes.host.runtime import HostRuntime

            return HostRuntime()
        case _:
            raise AssertionError(name)
