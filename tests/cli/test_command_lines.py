"""Bad command lines: one message with place and remedy, status 2, never a traceback."""

from __future__ import annotations

import pytest

from tests.cli.conftest import HELLO, Shell

GLOBAL = "global x = 1, a[5] probe begin { a[1] = x; println(x, a[1]) exit() }"
BAD = [
    (["bogus"], "No such command 'bogus'"),
    (["hello.stp"], "type 'stap-lsp run hello.stp'"),
    (["--bogus"], "No such option '--bogus'"),
    (["run"], "no script: name a file"),
    (["run", "--bogus", "hello.stp"], "No such option '--bogus'"),
    (["run", "-q", "hello.stp"], "No such option '-q'"),
    (["run", "-F", "hello.stp"], "option -F: the flight recorder is not supported yet"),
    (["run", "-E", "x", "hello.stp"], "option -E: additional scripts are not supported yet"),
    (["run", "-l", "begin"], "option -l: use 'stap-lsp list -l PATTERN'"),
    (["run", "--remote=x", "hello.stp"], "option --remote: remote runs are not supported yet"),
    (["run", "-e"], "Option '-e' requires an argument"),
    (["run", "-p", "6", "-e", HELLO], "6 is not in the range 1<=x<=5"),
    (["run", "-T", "0", "-e", HELLO], "'-T': 0 is not in the range"),
    (["run", "-s", "0", "-e", HELLO], "'-s': 0 is not in the range"),
    (["run", "-s", "2049", "-e", HELLO], "'-s': 2049 is not in the range"),
    (["run", "--compatible", "x", "-e", HELLO], "--compatible x: give a version of SystemTap"),
    (["run", "-D", "MAXSTRINGLEN=99999999999999999999", "-e", HELLO], "must be from 8 to 65536"),
    (["run", "-m", "a/b", "-e", HELLO], "-m a/b: a module's name is"),
    (["run", "--runtime=vm", "-e", HELLO], "'vm' is not one of 'auto', "),
    (["run", "-x", "99999999", "-e", HELLO], "-x 99999999: there is no such process"),
    (["run", "-x", "one", "-e", HELLO], "'one' is not a valid integer"),
    (["run", "-x", "1", "-c", "ls", "-e", HELLO], "-c and -x exclude each other"),
    (["run", "-c", "no-such-program 1", "-e", HELLO], "there is no program 'no-such-program'"),
    (["run", "-c", "ls 'x", "-e", HELLO], "-c ls 'x: no closing quotation"),
    (["run", "-c", " ", "-e", HELLO], "-c: the command is empty"),
    (["run", "-o", "no/such/file", "-e", HELLO], "cannot write 'no/such/file': No such file"),
    (["run", "-o", ".", "-e", HELLO], "cannot write '.': Is a directory"),
    (["run", "-I", "nowhere", "-e", HELLO], "-I nowhere: there is no such directory"),
    (["run", "-D", "FOO=1", "-e", HELLO], "-D FOO: not a limit we have (they are MAXSTRINGLEN, "),
    (["run", "-D", "MAXACTION", "-e", HELLO], "-D MAXACTION: give it as NAME=VALUE"),
    (["run", "-D", "MAXACTION=x", "-e", HELLO], "'x' is not a number"),
    (["run", "-D", "MAXACTION=-1", "-e", HELLO], "-D MAXACTION=-1: must be from 1 to "),
    (["run", "-D", "MAXSTRINGLEN=9" * 2, "-e", HELLO], "'9MAXSTRINGLEN=9' is not a number"),
    (["run", "-G", "y", "-e", GLOBAL], "-G y: give it as NAME=VALUE"),
    (["run", "-G", "y=1", "-e", GLOBAL], "-G y: no such global; scalars are: x"),
    (["run", "-G", "x=many", "-e", GLOBAL], "-G x=many: 'x' is a number"),
    (["run", "-G", "x=9223372036854775808", "-e", GLOBAL], "does not fit in 64 bits"),
    (["run", "-G", "a=1", "-e", GLOBAL], "-G a=1: only a scalar global can be set"),
    (["list"], "give one of -l PATTERN and -L PATTERN"),
    (["list", "-l", "begin", "-L", "end"], "give one of -l PATTERN and -L PATTERN"),
    (["list", "-I", "nowhere", "-l", "begin"], "-I nowhere: there is no such directory"),
    (["check"], "Missing argument 'PATH...'"),
    (["check", "nope.stp"], "nope.stp: No such file or directory"),
    (["check", "empty"], "empty: no scripts (*.stp, *.stpm) in this directory"),
    (["check", "--output-format=xml", "hello.stp"], "'xml' is not one of 'full', 'concise'"),
    (["dump", "bogus", "hello.stp"], "'bogus' is not one of 'tokens', "),
    (["dump", "tokens", "nope.stp"], "nope.stp: No such file or directory"),
    (["dump", "tokens", "empty"], "empty: is a directory; name a script"),
    (["dump", "--runtime=vm", "code", "hello.stp"], "'vm' is not one of 'auto', "),
    (["serve", "--bogus"], "No such option '--bogus'"),
    (["explain", "nonsense"], "no rule is called 'nonsense'"),
    (["doctor", "more"], "Got unexpected extra argument (more)"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(row[0])[:40] for row in BAD])
def test_bad_command_line(shell: Shell, arguments: list[str], message: str) -> None:
    (shell.place / "empty").mkdir()
    if "-G" in arguments or "-o" in arguments:
        arguments = [arguments[0], "--runtime=host", *arguments[1:]]
    shell.refused(2, message, *arguments)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nonesuch", "no probe point matches 'nonesuch': there is no probe point `nonesuch`"),
        ("", "no probe point matches '': expected a probe point"),
        ("}{", "no probe point matches '}{': expected a probe point"),
        ('kernel.function("', 'this string has no closing `"`'),
        ('process("/no/where").function("*")', "there is no file `/no/where`"),
    ],
)
def test_bad_patterns(shell: Shell, pattern: str, message: str) -> None:
    shell.refused(1, message, "list", "-l", pattern)
    shell.refused(1, message, "list", "-L", pattern)


@pytest.mark.parametrize("name", ["", "run", "check", "list", "serve", "dump", "doctor", "explain"])
def test_help(shell: Shell, name: str) -> None:
    words = [name] if name else []
    told = shell.run(*words, "-h")
    assert (told.status, told.errors) == (0, "")
    assert told.output == shell.run(*words, "--help").output
    assert told.output.startswith(f"Usage: stap-lsp {name}")
    assert "RANGE" not in told.output
    assert max(map(len, told.output.splitlines())) <= 80


def test_globals_and_limits_are_taken(shell: Shell) -> None:
    given = ("-G", "x=7", "-D", "MAXACTION=50")
    told = shell.run("run", "--runtime=host", *given, "-e", GLOBAL)
    assert (told.output, told.errors, told.status) == ("77\n", "", 0)
