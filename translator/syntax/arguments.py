"""Command-line arguments in a script: `$1` is pasted as it is, `@1` as a string.

Refuses to guess: what an argument means where none was given is for who reads the token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from translator.base.diagnostics import Diagnostic, Severity
from translator.syntax.lexer import Kind, Token, significant, string_literal


def substitute(
    tokens: Iterable[Token], arguments: tuple[str, ...], problems: list[Diagnostic]
) -> Iterator[Token]:
    """``tokens`` with the arguments' texts for `$1`, `@1`, `$#`, `@#`.

    What is missing is added to ``problems``.
    """
    for token in tokens:
        if token.kind is not Kind.ARGUMENT:
            yield token
            continue
        value = _value(token, arguments, problems)
        if token.text[0] == "@":
            yield Token(Kind.STRING, string_literal(value), token.start, token.span)
        else:
            for pasted in significant(value):
                yield Token(pasted.kind, pasted.text, token.start, token.span, pasted.start)


def _value(token: Token, arguments: tuple[str, ...], problems: list[Diagnostic]) -> str:
    which = token.text[1:]
    if which == "#":
        return str(len(arguments))
    number = int(which)
    if 1 <= number <= len(arguments):
        return arguments[number - 1]
    given = "1 was" if len(arguments) == 1 else f"{len(arguments) or 'none'} were"
    problems.append(
        Diagnostic(
            "missing-argument",
            Severity.ERROR,
            token.span,
            f"`{token.text}` needs command-line argument {number}, but {given} given",
        )
    )
    return "0" if token.text[0] == "$" else ""
