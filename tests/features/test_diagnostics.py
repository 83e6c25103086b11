from __future__ import annotations

import pytest

from tests.features.checks import check_diagnostics


@pytest.mark.parametrize(
    "text",
    [
        'probe begin { log("fine") }',
        """
probe begin { lgo("x") }
              ^^^ error: no function is called 'lgo' … [unresolved-function]
""",
        """
probe begin { x = 1 println("a" . x) }
                                  ^ error: type mismatch … [type-mismatch]
""",
    ],
)
def test_diagnostics(text: str) -> None:
    check_diagnostics(text)
