"""Outline, folding, occurrences and signatures."""

from __future__ import annotations

import pytest

from tests.features.checks import check_folds, check_occurrences, check_signature, check_symbols


def test_symbols() -> None:
    check_symbols(
        """
global counts, total
//     ^^^^^^ global counts
//             ^^^^^ global total
function twice:long (n) { return n * 2 }
//       ^^^^^ function twice :long (n)
probe my.alias = syscall.open { a = 1 }
//    ^^^^^^^^ probe alias my.alias = syscall.open
probe begin, timer.s(1) { }
//    ^^^^^^^^^^^^^^^^^ probe begin, timer.s(1)
"""
    )


def test_symbols_of_half_a_script() -> None:
    check_symbols(
        """
probe syscall.
//    ^^^^^^^^ probe syscall.
function (
"""
    )


def test_folds() -> None:
    check_folds(
        "/* a\n b */\nprobe begin {\n  if (1) {\n    x = 1\n  }\n}\nprobe end { }\n",
        (0, 1),
        (2, 6),
        (3, 5),
    )


@pytest.mark.parametrize(
    "text",
    [
        """
global counts
//     ^^^^^^ declare
probe begin { coun$0ts[1] = 2 }
//            ^^^^^^^^ write
probe end { print(counts[1]) }
//                ^^^^^^
""",
        """
function twice(n) { return $0n * 2 }
//             ^ declare
//                         ^^^
function thrice(n) { return n * 3 }
""",
        """
probe begin { x = 1; print(x$0) }
//            ^ write
//                         ^^^
probe end { x = 2 }
""",
        """
probe my.alias = begin { }
//       ^^^^^ declare
probe my.al$0ias { }
//       ^^^^^^^
""",
    ],
)
def test_occurrences(text: str) -> None:
    check_occurrences(text)


def test_occurrences_of_a_library_function() -> None:
    check_occurrences(
        """
probe begin { lo$0g("a") log("b") }
//            ^^^^^
//                       ^^^
""",
        "logging.stp",
    )


@pytest.mark.parametrize(
    ("text", "label", "active"),
    [
        ("probe begin { log($0", "log(msg:string)", "msg:string"),
        ("function f(a, b:long) { }\nprobe begin { f(1, $0) }", "f(a, b:long)", "b:long"),
        ("function f(a, b) { }\nprobe begin { f((1), g[2, 3]$0) }", "f(a, b)", "b"),
        ("function f(a, b) { }\nprobe begin { f((1 + $0) }", "f(a, b)", "a"),
        ('probe begin { printf("%d", $0', 'printf("FORMAT", VALUE, …)', "VALUE"),
        ("probe begin { @hist_linear(x, 0, $0", "@hist_linear(AGGREGATE, LOW, HIGH, STEP)", "HIGH"),
        ("probe begin { unheard($0", None, ""),
        ("probe begin { x = $0", None, ""),
        ("probe begin { log(1); $0", None, ""),
        ("function f($0", None, ""),
    ],
)
def test_signature(text: str, label: str | None, active: str) -> None:
    check_signature(text, label, active)
