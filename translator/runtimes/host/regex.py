"""Matching of regular expressions on Python's `re`.

Bytes match, not characters.  Whether a text matches is exact; where alternatives of
different length match at one place Python takes the first, POSIX the longest, which
`matched` may show.
"""

from __future__ import annotations

import re

from translator.core.regex import to_python
from translator.runtimes.host.strings import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def compile_extended(pattern: str) -> Callable[[str], re.Match[bytes] | None]:
    """A function that searches a script string; raises re.error if the pattern is bad."""
    search = re.compile(encode(to_python(pattern)), re.DOTALL).search
    return lambda text: search(encode(text))
