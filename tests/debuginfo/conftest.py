"""Binaries built once a session from `tests/fixtures/debuginfo`, by name and compiler options."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from translator.base.system import RealSystem
from translator.debuginfo.finders import open_debuginfo
from translator.debuginfo.model import DebugInfo

SOURCES = Path(__file__).parent.parent / "fixtures" / "debuginfo"
VARIANTS = (
    "gcc -O0",
    "gcc -O2",
    "gcc -O2 -gdwarf-4",
    "gcc -O0 -gdwarf-4 -no-pie",
    "gcc -O0 -gz -fstack-protector-all",
    "clang -O0",
    "clang -O2 -gdwarf-4",
)

Build = Callable[[str, str], str]


def compiler(name: str) -> str | None:
    """Where a compiler is; clang also under its Debian name."""
    return shutil.which(name) or (shutil.which("clang-14") if name == "clang" else None)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Compile ``source`` with a variant's options; the path of the program."""
    directory = tmp_path_factory.mktemp("binaries")
    made: dict[tuple[str, str], str] = {}

    def build(source: str, variant: str) -> str:
        if (source, variant) not in made:
            name, *options = variant.split()
            program = compiler(name)
            if program is None:
                pytest.skip(f"{name} is not installed")
            output = directory / f"{source}{variant.replace(' ', '')}"
            command = [
                program,
                "-g",
                "-w",
                *options,
                "-o",
                str(output),
                str(SOURCES / f"{source}.c"),
            ]
            subprocess.run(command, check=True, timeout=60, cwd=directory)
            made[source, variant] = str(output)
        return made[source, variant]

    return build


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shapes(build: Build, variant: str) -> DebugInfo:
    return open_debuginfo(build("shapes", variant), RealSystem())
