from __future__ import annotations

import pytest

from tests.features.checks import check_definition


@pytest.mark.parametrize(
    "text",
    [
        """
function twice(n) { return n * 2 }
//       ^^^^^
probe begin { tw$0ice(1) }
""",
        """
function twice(n) { return n$0 * 2 }
//             ^
""",
        """
global counts, other
//     ^^^^^^
probe begin { coun$0ts[1] = 2 }
""",
        """
probe begin { first = 1; log(fir$0st) }
//            ^^^^^
""",
        """
probe my.alias = begin { set = 1 }
//    ^^^^^^^^
probe my.al$0ias { }
""",
        """
probe my.alias = begin { set = 1 }
//                       ^^^
probe my.alias { log(se$0t) }
""",
        "probe begin { x = 1$02 }",
        "probe be$0gin { }",
    ],
)
def test_in_the_script(text: str) -> None:
    check_definition(text)


def test_in_the_library() -> None:
    check_definition(
        'probe begin { lo$0g("x") }',
        ("logging.stp", 'function log (msg:string) { printf("%s\\n", msg) }'),
    )
