"""Installs what the tests need and a fresh Debian lacks; a second run installs nothing.

Debian packages only where we are root; otherwise it says what is missing and the tests that
need it skip, naming it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# program that must be there → package that brings it
PACKAGES = {
    "gcc": "gcc",
    "readelf": "binutils",
    "clang": "clang",
    "llvm-dwarfdump": "llvm",
    "gdb": "gdb",
    "stap": "systemtap",
    "tmux": "tmux",
    "bpftrace": "bpftrace",
}
FILES = {
    "/usr/include/stdio.h": "libc6-dev",
    "/usr/share/systemtap/tapset": "systemtap-common",
    "/usr/share/doc/systemtap-doc": "systemtap-doc",
}
_SECONDS = 900


def missing() -> list[str]:
    """Packages that are not there."""
    wanted = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    wanted += [package for path, package in FILES.items() if not os.path.exists(path)]
    return wanted


def main() -> int:
    """Install what is missing; 0 if all is there now."""
    wanted = missing()
    if wanted:
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            print(f"tests: missing {' '.join(wanted)}; some tests will skip", file=sys.stderr)
        else:
            _install(wanted)
    return _editors()


def _install(wanted: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *wanted]):
        subprocess.run(
            ["apt-get", *words],
            check=True,
            env=environment,
            timeout=_SECONDS,
            stdout=subprocess.DEVNULL,
        )


def _editors() -> int:
    """The editors have a provisioner of their own, beside their tests."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "e2e", "provision.py")
    return subprocess.run([sys.executable, script], check=False, timeout=_SECONDS).returncode


if __name__ == "__main__":
    sys.exit(main())
