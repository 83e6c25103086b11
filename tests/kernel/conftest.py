"""What these tests need: root, a kernel with BPF, and compiled programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).resolve().parents[1] / "fixtures" / "programs"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    for item in items:
        if "kernel" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Compile ``NAME.c`` of the fixture programs with the given flags; gives the path."""
    made: dict[tuple[str, ...], str] = {}

    def compile_program(name: str, *flags: str) -> str:
        key = (name, *flags)
        if key not in made:
            path = tmp_path_factory.mktemp("programs") / name
            subprocess.run(
                ["gcc", *(flags or ("-g", "-O0")), "-o", path, PROGRAMS / f"{name}.c"],
                check=True,
                timeout=60,
            )
            made[key] = str(path)
        return made[key]

    return compile_program
