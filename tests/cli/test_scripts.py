"""Scripts that are no scripts: whatever bytes they hold, one message and its place."""

from __future__ import annotations

import pytest

from tests.cli.conftest import HELLO, Shell


def test_missing_script(shell: Shell) -> None:
    shell.refused(2, "stap-lsp: nope.stp: No such file or directory", "run", "nope.stp")
    shell.refused(2, "stap-lsp: .: is a directory; name a script", "run", ".")


def test_unreadable_script(shell: Shell) -> None:
    shell.write("secret.stp", HELLO)
    (shell.place / "secret.stp").chmod(0)
    for command in (["run"], ["check"], ["dump", "tree"]):
        shell.powerless().refused(2, "secret.stp: Permission denied", *command, "secret.stp")


def test_no_probes(shell: Shell) -> None:
    shell.refused(1, "empty.stp: no probes", "run", shell.write("empty.stp", ""))
    shell.refused(1, "<input>: no probes", "run", "-")
    shell.refused(1, "<input>: no probes", "run", "-e", "")
    shell.refused(1, "<input>: no probes", "run", "-e", "global unused # and nothing else")


def test_binary_as_script(shell: Shell) -> None:
    program = b"\x7fELF\2\1\1\0" + bytes(range(256)) * 10
    shell.write("binary.stp", program)
    told = shell.run("run", "binary.stp")
    assert told.status == 1
    assert told.errors.startswith("binary.stp:1:1: error: ")
    assert told.errors.endswith("Pass 1: parse failed.\n")
    # Nothing of it may command the terminal.
    assert all(char == "\n" or char == "\t" or char.isprintable() for char in told.errors)
    assert max(map(len, told.errors.splitlines())) < 400
    assert shell.run("check", "binary.stp").status == 1
    assert shell.run("check", "-", given=program).status == 1
    for name in ("tokens", "chunks", "tree", "symbols", "types", "points"):
        assert shell.run("dump", name, "binary.stp").status == 0


def test_null_character(shell: Shell) -> None:
    shell.write("null.stp", b"probe begin {\0 }\n")
    shell.refused(1, "null.stp:1:14: error: unexpected character U+0000", "run", "null.stp")


@pytest.mark.parametrize(
    ("content", "output"),
    [
        (b'probe begin {\r\n  println("hello")\r\n  exit()\r\n}\r\n', b"hello\n"),
        (b'\xef\xbb\xbfprobe begin { println("hello") exit() }\n', b"hello\n"),
        (b'probe begin { println("h\xe9llo") exit() }\n', b"h\xe9llo\n"),
        ('probe begin { println("héllo ∀ 🐧") exit() }'.encode(), "héllo ∀ 🐧\n".encode()),
    ],
    ids=["CRLF", "BOM", "latin-1", "UTF-8"],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_encodings(shell: Shell, content: bytes, output: bytes, locale: str) -> None:
    expected = output.decode("utf-8", "surrogateescape")
    shell.write("script.stp", content)
    for words in (["script.stp"], ["-"]):
        told = shell.run("run", "--runtime=host", *words, given=content, LC_ALL=locale)
        assert (told.output, told.errors, told.status) == (expected, "", 0)
    strict = shell.run("check", "script.stp", PYTHONIOENCODING="ascii:strict")
    assert strict.status == 0


def test_place_of_an_error_in_a_long_line(shell: Shell) -> None:
    shell.write("long.stp", "probe begin { " + "println(1) " * 1000 + "println(x y) }\n")
    told = shell.run("check", "long.stp")
    assert told.status == 1
    text, mark = told.output.splitlines()[1:3]
    assert "x y" in text
    assert text[mark.index("^")] in "xy"


def test_check_reads_standard_input(shell: Shell) -> None:
    told = shell.run("check", "--stdin-filename=a.stp", "-", given=b"probe begin { x y }\n")
    assert told.status == 1
    assert told.output.startswith("a.stp:1:")
    assert shell.run("check", "-", given=HELLO.encode()).status == 0
