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
    directories = (*existing(libraries), bundled_library())
    return Analysis(RealSystem(), Settings(directories, Options(arguments=arguments)))


def existing(libraries: tuple[str, ...]) -> tuple[str, ...]:
    """Absolute paths of -I directories.  Raises UsageError for one that is not there."""
    for directory in libraries:
        if not os.path.isdir(directory):
            raise UsageError(f"-I {directory}: there is no such directory")
    return tuple(map(os.path.abspath, libraries))


def load(analysis: Analysis, path: str, stdin_name: str = "<stdin>") -> str:
    """Load a script, ``-`` for standard input; returns the name it goes by.

    Raises UsageError if there is none.
    """
    if path == "-":
        analysis.set_text(stdin_name, standard_input())
        return stdin_name
    if not analysis.load_file(path):
        raise unreadable(path)
    return path


def standard_input() -> str:
    """All of it; bytes that are not UTF-8 are escaped, as they are in files."""
    return sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape")


def unreadable(path: str) -> UsageError:
    """Why there is no script at ``path``."""
    if os.path.isdir(path):
        return UsageError(f"{path}: is a directory; name a script")
    try:
        with open(path, "rb"):
            return UsageError(f"{path}: cannot be read")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return UsageError(f"{path}: {reason}")
