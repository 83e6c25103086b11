"""Where things are kept on the machine.  Imports nothing that is slow to import."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def cache_home(variable: Callable[[str], str | None]) -> str:
    """Directory for all that may be made again: $STAP_LSP_CACHE, else XDG's.

    ``variable`` reads an environment variable.
    """
    chosen = variable("STAP_LSP_CACHE")
    if chosen:
        return chosen
    base = variable("XDG_CACHE_HOME")
    if not base:
        base = os.path.join(variable("HOME") or _home(), ".cache")
    return os.path.join(base, "stap-lsp")


def _home() -> str:
    """The user's own directory; never one that others can make, since what is kept is run."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/nonexistent"
