"""The wheel is the whole product: installed anywhere, it checks and runs without a checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 300
CARRIED = (".py", ".stp", ".stpm", ".lark", ".typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout with the build back end that is installed for it."""
    place = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(place), str(CHECKOUT)]
    _call(sys.executable, "-m", "pip", *words)
    (built,) = place.glob("stap_lsp-*.whl")
    return built


def test_contents(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(CHECKOUT))
        for package in ("stap_lsp", "translator", "tapsets")
        for path in (CHECKOUT / package).rglob("*")
        if path.is_file() and path.suffix in CARRIED
    }
    assert wanted <= carried, wanted - carried
    assert {name for name in wanted if name.endswith("py.typed")} >= {
        "stap_lsp/py.typed",
        "translator/py.typed",
    }
    assert any(name.startswith("stap_lsp/examples/") for name in wanted)
    rooms = {name.partition("/")[0] for name in carried}
    assert {name for name in rooms if not name.endswith(".dist-info")} == {
        "stap_lsp",
        "translator",
        "tapsets",
    }


@pytest.mark.registry
def test_installed(wheel: Path, tmp_path: Path) -> None:
    _call(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    _call(sys.executable, "-m", "pip", "--python", python, "install", "-q", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    hello = elsewhere / "hello.stp"
    hello.write_text('probe begin { println("hello from afar") exit() }\n')
    program = tmp_path / "venv" / "bin" / "stap-lsp"
    cache = {"STAP_LSP_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}
    assert _call(program, "check", "hello.stp", cwd=elsewhere, environment=cache) == ""
    for _ in range(2):  # worked out, then from its plan
        ran = _call(program, "run", "--runtime=host", "hello.stp", cwd=elsewhere, environment=cache)
        assert ran == "hello from afar\n"
    listed = _call(program, "list", "-l", "syscall.openat", cwd=elsewhere, environment=cache)
    assert listed == "syscall.openat\n"


def _call(
    *words: str | Path, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> str:
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=cwd,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
