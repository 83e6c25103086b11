"""A program with debug information."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

PROGRAM = """\
struct point { int x, y; struct point *next; };
int area(struct point *corner, int scale) { int product = corner->x * corner->y * scale; return product; }
int main(int argc, char **argv) { struct point corner = {argc, 2, 0}; return area(&corner, 1); }
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a compiled program: ``area(struct point *corner, int scale)``."""
    directory: Path = tmp_path_factory.mktemp("program")
    (directory / "area.c").write_text(PROGRAM)
    path = directory / "area"
    subprocess.run(
        ["gcc", "-g", "-O0", "-o", str(path), str(directory / "area.c")], check=True, timeout=60
    )
    return str(path)
