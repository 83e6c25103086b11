from __future__ import annotations

import pytest

from tests.features.checks import check_hover


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('probe begin { l$0og("x") }\n//            ^^^^^\n', ["function log (msg:string)", "write a line"]),
        ("/** sfunction f - does it */\nfunction f(a) { }\nprobe begin { $0f(1) }", ["function f (a)"]),
        ("probe syscall.op$0en {}", ["probe syscall.open = ", "`filename`", "Attaches to"]),
        ("probe sys$0call.open {}", ["probe aliases"]),
        ("probe syscall.re*$0 {}", ["probe aliases", "syscall.read"]),
        ("probe syscall.open { log(arg$0str) }", ["argstr: string", "Set by `syscall.open`"]),
        ("probe tim$0er.ms(5) {}", ["timer"]),
        ("probe timer.m$0s(5) {}", ["ms(N)"]),
        ("global s$0um probe begin { sum[1, \"a\"] <<< 2 }", ["global sum[long, string]: stats"]),
        ("probe begin { a = 1; b = a$0 . \"x\" }", ["a: long"]),
        ("probe begin { fore$0ach (a in b) {} }", ["foreach"]),
        ("probe begin { print(@cou$0nt(a)) }", ["@count(AGGREGATE)"]),
        ("probe begin { print$0f(\"\") }", ["printf("]),
        ("probe syscall.open.return { log($ret$0urn) }", ["long $return"]),
        ("probe begin { x = 1$02 }", []),
        ("$0", []),
    ],
)  # fmt: skip
def test_hover(text: str, parts: list[str]) -> None:
    check_hover(text, *parts)


def test_hover_on_target_variables(program: str) -> None:
    head = f'probe process("{program}").function("area")'
    check_hover(f"{head} {{ $sc$0ale }}", "int $scale", "Parameter of `area`", "in memory")
    check_hover(f"{head} {{ $corner->ne$0xt->x }}", "struct point* next")
    check_hover(f"{head}.return {{ $ret$0urn }}", "int $return")
    check_hover(f'probe process("{program}").func$0tion("area") {{ }}', "function(", "area.c:2")
