"""What the user asked of the translation, as far as it changes the program."""

from __future__ import annotations

from translator.base.value import dataclass
from translator.core.ir import Limits

_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Options:
    """``arguments`` are those after the script, for ``$1`` and ``@1``; None in an editor.

    ``runtime`` and ``compatible`` are what scripts' conditions compare with: the runtime's
    name in SystemTap's words ("bpf", "kernel") and SystemTap's version (`--compatible`).
    """

    arguments: tuple[str, ...] | None = None
    limits: Limits = _DEFAULT_LIMITS
    guru: bool = False
    runtime: str = "bpf"
    compatible: str = "5.6"
