"""How often Python looks for garbage in cycles: trees, facts and programs have none.

Nearly all that the front end makes are values that refer downwards, freed as soon as they
are unused.  Python's usual thresholds make it walk the whole library several times a
second for nothing: a third of what a keystroke costs, and nearly all of the slow ones.
"""

from __future__ import annotations

import gc

_YOUNG = 100_000  # containers made and not freed before a look at the youngest
_OLDER = 20


def collect_seldom() -> None:
    """For a whole process that does front-end work: commands, the server, measurements."""
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
