"""The real `stap`, asked what it thinks of a script in pass 1.

Pass 1 needs no kernel: a build directory with a release and nothing else in it will do.  A
verdict is None where stap accepts, and otherwise the line of its first complaint, 0 where it
names none in the script.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeAlias

ROOT = Path("/usr/share")
LIBRARY = ROOT / "systemtap" / "tapset"
ARGUMENTS = tuple(str(number) for number in range(1, 10))
PACKAGES = ("systemtap-common", "systemtap-doc")
_SECONDS = 60

Verdict: TypeAlias = int | None


class Way(Enum):
    """How a script is put to stap."""

    PLAIN = "plain"  # as a user would, with arguments enough
    BARE = "bare"  # without arguments
    GURU = "guru"
    OLD = "old"  # guru mode, for a kernel of long ago
    MACROS = "macros"  # as a library of macros


RELEASES = {Way.OLD: "2.6.18"}
RELEASE = "6.1.0-13-amd64"


@dataclass(frozen=True, slots=True)
class Case:
    path: Path
    way: Way

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def arguments(self) -> tuple[str, ...]:
        return () if self.way is Way.BARE else ARGUMENTS

    @property
    def guru(self) -> bool:
        return self.way in (Way.GURU, Way.OLD)

    @property
    def release(self) -> str:
        return RELEASES.get(self.way, RELEASE)


def cases() -> list[Case]:
    """Every script of the packages, in every way that suits it; none where they are missing."""
    if shutil.which("dpkg") is None:
        return []
    listed = subprocess.run(
        ["dpkg", "-L", *PACKAGES], capture_output=True, text=True, check=False, timeout=_SECONDS
    ).stdout.split("\n")
    found: list[Case] = []
    for path in sorted({Path(line) for line in listed if line.endswith((".stp", ".stpm"))}):
        if not path.is_file():
            continue
        if path.suffix == ".stpm":
            ways = [Way.MACROS]
        elif path.is_relative_to(LIBRARY):
            ways = [Way.GURU, Way.OLD]
        else:
            ways = [Way.PLAIN, Way.BARE, Way.GURU, Way.OLD]
        found += [Case(path, way) for way in ways]
    return found


def version() -> str:
    """Debian's version of the scripts; "" where they are not installed."""
    if shutil.which("dpkg-query") is None:
        return ""
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "systemtap-common"],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    return asked.stdout.strip()


class Stap:
    """stap with a place of its own for its files."""

    def __init__(self, place: Path) -> None:
        self._place = place
        for release in (RELEASE, *RELEASES.values()):
            _build_directory(place / release, release)
        (place / "none").mkdir()

    def verdict(self, case: Case) -> Verdict:
        """Raises subprocess.TimeoutExpired after a minute."""
        with tempfile.TemporaryDirectory(dir=self._place) as folder:
            # A copy: stap refuses to run a file of its library as a script.
            copy = Path(folder) / case.path.name
            shutil.copyfile(case.path, copy)
            words = ["stap", "-p1", "-r", str(self._place / case.release)]
            environment = {**os.environ, "SYSTEMTAP_DIR": str(self._place / "home"), "LC_ALL": "C"}
            if case.way is Way.MACROS:
                environment["SYSTEMTAP_TAPSET"] = str(self._place / "none")
                words += ["-I", folder, "-e", "probe begin { }"]
            else:
                words += ["-g"] * case.guru + [str(copy), *case.arguments]
            asked = subprocess.run(
                words,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                env=environment,
                timeout=_SECONDS,
            )
            if asked.returncode == 0 and "has errors" not in asked.stderr:
                return None
            at = re.search(rf" at: .*{re.escape(str(copy))}:(\d+):", asked.stderr)
            return int(at[1]) if at else 0


def _build_directory(place: Path, release: str) -> None:
    for name, text in {
        ".config": "",
        "Makefile": "",
        "Module.symvers": "",
        "include/config/kernel.release": f"{release}\n",
        "include/generated/utsrelease.h": f'#define UTS_RELEASE "{release}"\n',
    }.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@contextmanager
def stap() -> Iterator[Stap]:
    with tempfile.TemporaryDirectory() as folder:
        yield Stap(Path(folder))
