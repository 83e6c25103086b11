"""Opening an analysis for a command: the machine, the library, the script's text."""

from __future__ import annotations

import os
import sys

from translator.analysis import Analysis, Settings, bundled_library
from translator.base.diagnostics import UsageError
from translator.base.system import RealSystem
from translator.elaborate.options import Options


def open_analysis(
    libraries: tuple[str, ...] = (), arguments: tuple[str, ...] | None = None
) -> Analysis:
    """The real machine, with ``libraries`` before the bundled tapsets."""
    directories = (*map(os.path.abspath, libraries), bundled_library())
    return Analysis(RealSystem(), Settings(directories, Options(arguments=arguments)))


def load(analysis: Analysis, path: str, stdin_name: str = "<stdin>") -> str:
    """Load a script, ``-`` for standard input; returns the name it goes by.

    Raises UsageError if there is none.
    """
    if path == "-":
        analysis.set_text(stdin_name, sys.stdin.read())
        return stdin_name
    if not analysis.load_file(path):
        raise UsageError(f"{path}: no such script, or it cannot be read")
    return path
