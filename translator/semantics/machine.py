"""What scripts' conditions find on this machine: `%( kernel_v >= "5" … %)`.

The kernel's options are read from where the kernel or its package keeps them, and only when
a condition asks for one.
"""

from __future__ import annotations

from collections.abc import Mapping

from translator.base.system import Machine, System
from translator.syntax.conditions import Conditions, KernelConfig, config_values


def conditions(
    system: System, machine: Machine, *, runtime: str, guru: bool, compatible: str
) -> Conditions:
    """``runtime`` is the name that scripts compare with, ``compatible`` SystemTap's version."""
    return Conditions(
        kernel_vr=machine.release,
        arch=machine.architecture,
        systemtap_v=compatible,
        runtime=runtime,
        guru_mode=guru,
        config=kernel_config(system, machine),
    )


def kernel_config(system: System, machine: Machine) -> KernelConfig:
    """The options of the kernel of that release; none where nobody kept them."""

    def read() -> Mapping[str, str]:
        for path in _places(machine.release):
            text = system.read_text(path)
            if text is not None:
                return config_values(text)
        packed = system.read_bytes(_RUNNING)
        if packed is None or system.machine().release != machine.release:
            return {}
        import gzip
        import zlib

        try:
            return config_values(gzip.decompress(packed).decode("utf-8", "replace"))
        except (OSError, EOFError, zlib.error):
            return {}

    return KernelConfig(f"{machine.release} {machine.architecture}", read)


_RUNNING = "/proc/config.gz"


def _places(release: str) -> tuple[str, ...]:
    return (f"/boot/config-{release}", f"/lib/modules/{release}/build/.config")
