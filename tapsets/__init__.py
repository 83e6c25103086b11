"""The tapset library: scripts and their documentation, carried as package data.

Nothing here knows the language; whoever reads the scripts asks only where they are.
"""

from __future__ import annotations

from pathlib import Path


def directory() -> Path:
    """The directory that holds the library's ``*.stp`` and ``*.stpm`` files, at any depth."""
    return Path(__file__).resolve().parent


def scripts() -> tuple[Path, ...]:
    """Every ``*.stp`` file of the library, in a fixed order."""
    return tuple(sorted(directory().rglob("*.stp")))
