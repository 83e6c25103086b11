"""The runtimes there are, in the order in which ``--runtime=auto`` tries them."""

from __future__ import annotations

TYPE_CHECKING = False  # replaying a plan does without the import of typing
if TYPE_CHECKING:
    from translator.runtimes.protocol import Runtime

NAMES = ("bpf", "host")


def runtime(name: str) -> Runtime:
    """The runtime called ``name``, one of `NAMES`; imported only now, to keep starting cheap."""
    match name:
        case "bpf":
            from translator.runtimes.bpf.runtime import BpfRuntime

            return BpfRuntime()
        case "host":
            from translator.runtimes.host.runtime import HostRuntime

            return HostRuntime()
        case _:
            raise AssertionError(name)
