"""The scripts that property tests run over: ours, and the installed library where it is."""

from __future__ import annotations

from pathlib import Path

OURS = sorted((Path(__file__).parents[1] / "fixtures" / "scripts").glob("*.stp"))
INSTALLED = Path("/usr/share/systemtap")


def our_texts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in OURS]


def installed() -> list[Path]:
    """Scripts of an installed SystemTap; empty where there is none."""
    return sorted(
        path for folder in ("tapset", "examples") for path in (INSTALLED / folder).rglob("*.stp")
    )
