"""Replaying a command line: what a run needs, found by its arguments instead of worked out.

A plan names everything the run depended on (script, library, programs, kernel, our own
code) with the stamps they had, and the image that pass 4 made.  If all are as they were,
the image is run; if not, or if anything about the plan is odd, the passes are run as ever.
Only modules that a run needs anyway are imported here.
"""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32

from translator.base.places import cache_home
from translator.base.seal import sealed, unsealed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from translator.runtimes.protocol import Plain
    from translator.runtimes.session import Session

_FORMAT = "plan 2"
# What changes the meaning of a command line besides its arguments.
_VARIABLES = ("HOME", "PATH", "STAP_LSP_CACHE", "XDG_CACHE_HOME", "TZ", "SYSTEMTAP_TAPSET")
_REPLAYED = "run"


def replay(arguments: list[str]) -> int | None:
    """Run the command line from its plan; None if it has none that holds."""
    if not arguments or arguments[0] != _REPLAYED:
        return None
    words = _words(arguments)
    try:
        plan = _kept(_place(words))
        if plan is None:
            return None
        planned_words, stamps, runtime_name, session_values, image_place = plan
        if planned_words != words or any(_stamp(path) != stamp for path, stamp in stamps):
            return None
        image = _kept(image_place)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if image is None:
        return None
    from translator.runtimes.session import Session

    return perform(runtime_name, image, Session(**session_values))


def perform(runtime_name: str, image: Plain, session: Session) -> int:
    """Pass 5, with the world's errors as messages."""
    from translator.runtimes.registry import runtime

    try:
        return runtime(runtime_name).run(image, session)
    except Exception as error:
        from translator.base.diagnostics import StapError

        if not isinstance(error, StapError):
            raise
        print(f"stap-lsp: {error}", file=sys.stderr)
        return error.status


def keep(
    arguments: list[str],
    depends: list[str],
    runtime_name: str,
    session: Session,
    image_place: str,
) -> None:
    """Write the plan of a command line that was just worked out.

    ``depends`` are files and directories; our own code and the kernel are added.
    """
    stamps = [(path, _stamp(path)) for path in dict.fromkeys([*depends, image_place, *_ours()])]
    words = _words(arguments)
    place = _place(words)
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        temporary = f"{place}.{os.getpid()}"
        with open(temporary, "wb") as file:
            plan = (words, stamps, runtime_name, session.values(), image_place)
            file.write(sealed(marshal.dumps(plan)))
        os.replace(temporary, place)
    except (OSError, ValueError):
        return  # a plan that cannot be kept only costs time


def _kept(place: str) -> Any:
    """What was kept there, or None if it is not whole.  Raises OSError, and what marshal does."""
    with open(place, "rb") as file:
        data = unsealed(file.read())
    return None if data is None else marshal.loads(data)


def _words(arguments: list[str]) -> list[str]:
    """Everything but files that the meaning of the command line depends on."""
    words = [_FORMAT, sys.version, str(os.getuid()), os.getcwd(), os.uname().version]
    words += [f"{name}={os.environ.get(name)}" for name in _VARIABLES]
    return [*words, *arguments]


def _place(words: list[str]) -> str:
    """The plan's file.  The words are in it too: a short hash may be shared."""
    text = "\0".join(words).encode("utf-8", "surrogateescape")
    name = f"{crc32(text):08x}{crc32(text[::-1]):08x}"
    return os.path.join(cache_home(os.environ.get), "plan", name)


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _ours() -> list[str]:
    """The files of our own packages that were used, so that a new version makes new plans."""
    names = ("stap_lsp", "translator")
    files = [
        getattr(module, "__file__", None)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in names
    ]
    return [file for file in files if file]
