"""What the user asked of the translation, as far as it changes the program."""

from __future__ import annotations

from dataclasses import dataclass

from translator.core.ir import Limits

_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Options:
    """``arguments`` are those after the script, for ``$1`` and ``@1``; None in an editor."""

    arguments: tuple[str, ...] | None = None
    limits: Limits = _DEFAULT_LIMITS
    guru: bool = False
