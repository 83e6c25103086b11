"""What the kernel was configured with, as far as probe points depend on it."""

from __future__ import annotations

import re

from translator.base.system import System

DEFAULT_HZ = 250


def jiffies_per_second(system: System, release: str) -> int:
    """CONFIG_HZ of the kernel ``release``; `DEFAULT_HZ` where its configuration is not found."""
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config", "/proc/config.gz"):
        data = system.read_bytes(path)
        if data is None:
            continue
        if data[:2] == b"\x1f\x8b":
            import gzip

            data = gzip.decompress(data)
        value = re.search(rb"^CONFIG_HZ=(\d+)$", data, re.MULTILINE)
        if value is not None:
            return int(value[1])
    return DEFAULT_HZ
