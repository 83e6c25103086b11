"""SystemTap's patterns for functions, variables and files: shell globs."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[]")


def is_glob(pattern: str) -> bool:
    """Whether it may match more than the name it spells."""
    return _SPECIAL.search(pattern) is not None


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], object]:
    """A test for whole names; what it returns is true or false only by its truth."""
    return re.compile(fnmatch.translate(pattern)).match if is_glob(pattern) else pattern.__eq__


def matches_file(path: str, pattern: str) -> bool:
    """Whether a source file is meant: by its whole path, or by the path's end after a slash."""
    return bool(matcher(pattern)(path) or matcher("*/" + pattern)(path))
