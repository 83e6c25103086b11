from __future__ import annotations

from translator.base.text import SourceText
from translator.syntax.dump import dump_chunks, dump_tokens, dump_tree
from translator.syntax.parser import parse_file

SOURCE = SourceText("/main.stp", "global a = 1\nprobe begin! { a++ foo( }\n")


def test_tokens() -> None:
    assert dump_tokens(SOURCE).startswith("1:1 keyword: 'global'\n1:7 whitespace: ' '\n")


def test_chunks() -> None:
    assert dump_chunks(SOURCE) == "1:1 13: global a = 1\n2:1 26: probe begin! { a++ foo( }\n"


def test_tree() -> None:
    assert (
        dump_tree(parse_file(SOURCE))
        == """\
Global @ 1:1-1:13
  GlobalVariable name='a' @ 1:8-1:13
    Number value=1 @ 1:12-1:13
Probe @ 2:1-2:26
  ProbePoint begin! sufficient=True @ 2:7-2:13
  Block @ 2:14-2:26
    ExprStmt @ 2:16-2:19
      Step op=++ @ 2:16-2:19
        Name name='a' @ 2:16-2:17
    ExprStmt @ 2:20-2:25
      Call function='foo' @ 2:20-2:25
2:25: error: expected `)`, found `}` [syntax-error]
"""
    )
