"""What happens to tokens before they are parsed: command-line arguments.

A substituted token keeps the place of what it stands for, so that a diagnostic about it
points into the script.  Conditionals and macros are not supported yet and reported once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from translator.base.diagnostics import Diagnostic, Severity
from translator.syntax.lexer import Kind, Token, significant, string_literal


@dataclass(frozen=True, slots=True)
class Environment:
    """What a script's text depends on beyond itself.

    ``arguments``: the script's command-line arguments; None where they are not known.
    """

    arguments: tuple[str, ...] | None = None

    def with_arguments(self, arguments: tuple[str, ...]) -> Environment:
        return replace(self, arguments=arguments)


NO_ENVIRONMENT = Environment()


def preprocess(
    tokens: list[Token], environment: Environment
) -> tuple[list[Token], list[Diagnostic]]:
    """``tokens`` (no trivia among them) as the parser should see them."""
    problems: list[Diagnostic] = []
    if environment.arguments is not None and any(token.kind is Kind.ARGUMENT for token in tokens):
        tokens = list(_substitute(tokens, environment.arguments, problems))
    if any(token.kind is Kind.PREPROCESSOR or token.text == "@define" for token in tokens):
        tokens = _without_conditionals(tokens, problems)
    return tokens, problems


def _substitute(
    tokens: list[Token], arguments: tuple[str, ...], problems: list[Diagnostic]
) -> Iterable[Token]:
    for token in tokens:
        if token.kind is not Kind.ARGUMENT:
            yield token
            continue
        value = _argument(token, arguments, problems)
        if token.text[0] == "@":
            yield Token(Kind.STRING, string_literal(value), token.start, token.span)
        else:
            for pasted in significant(value):
                yield pasted._replace(start=token.start, origin=token.span)


def _argument(token: Token, arguments: tuple[str, ...], problems: list[Diagnostic]) -> str:
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


def _without_conditionals(tokens: list[Token], problems: list[Diagnostic]) -> list[Token]:
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        if token.text == "%(" or (token.text == "@define" and not depth):
            if not depth:
                problems.append(
                    Diagnostic(
                        "unsupported-preprocessor",
                        Severity.ERROR,
                        token.span,
                        "preprocessor conditionals and macros are not supported yet",
                    )
                )
            depth += token.text == "%("
        elif token.text == "%)" and depth:
            depth -= 1
        elif not depth:
            kept.append(token)
    return kept
