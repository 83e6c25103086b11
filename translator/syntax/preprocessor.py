"""What happens to tokens before they are parsed: arguments, then conditionals.

A substituted token keeps the place of what it stands for, so that a diagnostic about it
points into the script.  Macros are not supported yet and reported once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from translator.base.diagnostics import Diagnostic, Severity
from translator.syntax.conditions import BadCondition, Conditions, holds
from translator.syntax.lexer import Kind, Token, significant, string_literal


@dataclass(frozen=True, slots=True)
class Environment:
    """What a script's text depends on beyond itself.

    ``arguments``: the script's command-line arguments; None where they are not known.
    ``conditions``: what `%( … %)` may ask for; None where that is not known, and then the
    first branch is taken.
    """

    arguments: tuple[str, ...] | None = None
    conditions: Conditions | None = None

    def with_arguments(self, arguments: tuple[str, ...]) -> Environment:
        return replace(self, arguments=arguments)

    def relevant_to(self, text: str) -> Environment:
        """The part that ``text`` depends on, so that equal texts are parsed once."""
        arguments = self.arguments if _ARGUMENT.search(text) else None
        conditions = self.conditions if "%(" in text else None
        if arguments is self.arguments and conditions is self.conditions:
            return self
        return Environment(arguments, conditions)


_ARGUMENT = re.compile(r"[$@][0-9#]")
NO_ENVIRONMENT = Environment()


def preprocess(
    tokens: list[Token], environment: Environment
) -> tuple[list[Token], list[Diagnostic]]:
    """``tokens`` (no trivia among them) as the parser should see them."""
    problems: list[Diagnostic] = []
    if environment.arguments is not None and any(token.kind is Kind.ARGUMENT for token in tokens):
        tokens = list(_substitute(tokens, environment.arguments, problems))
    if any(token.text == "@define" for token in tokens):
        tokens = _without_macros(tokens, problems)
    if any(token.kind is Kind.PREPROCESSOR for token in tokens):
        tokens = _Conditionals(tokens, environment.conditions, problems).read()
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


def _without_macros(tokens: list[Token], problems: list[Diagnostic]) -> list[Token]:
    kept: list[Token] = []
    skipping = False
    depth = 0
    for token in tokens:
        if token.text == "@define" and not skipping:
            skipping = True
            message = "macros are not supported yet"
            problems.append(Diagnostic("unsupported-macro", Severity.ERROR, token.span, message))
        if not skipping:
            kept.append(token)
            continue
        depth += (token.text == "%(") - (token.text == "%)")
        if token.text == "%)" and depth <= 0:
            skipping, depth = False, 0
    return kept


class _Conditionals:
    """Keeps the branch that holds of each `%( condition %? then %: otherwise %)`."""

    def __init__(
        self, tokens: list[Token], conditions: Conditions | None, problems: list[Diagnostic]
    ) -> None:
        self._tokens = tokens
        self._conditions = conditions
        self._problems = problems
        self._kept: list[Token] = []
        # For each open conditional: its "%(", and whether the current branch is kept.
        self._open: list[tuple[Token, _Branch]] = []
        self._condition: list[Token] = []

    def read(self) -> list[Token]:
        for token in self._tokens:
            if token.kind is Kind.PREPROCESSOR:
                self._bracket(token)
            elif self._open and self._open[-1][1] is _Branch.CONDITION:
                self._condition.append(token)
            elif all(branch is _Branch.KEPT for _, branch in self._open):
                self._kept.append(token)
        for opening, _ in self._open:
            self._error(opening, "`%(` has no closing `%)`")
        return self._kept

    def _bracket(self, token: Token) -> None:
        if token.text == "%(":
            if self._open and self._open[-1][1] is _Branch.CONDITION:
                self._error(token, "a condition holds no other conditional")
            self._condition = []
            self._open.append((token, _Branch.CONDITION))
            return
        if not self._open:
            self._error(token, f"`{token.text}` stands outside any `%(`")
            return
        opening, branch = self._open[-1]
        match token.text, branch:
            case "%?", _Branch.CONDITION:
                self._open[-1] = (opening, self._decide(opening))
            case "%:", _Branch.KEPT:
                self._open[-1] = (opening, _Branch.DONE)
            case "%:", _Branch.DROPPED:
                self._open[-1] = (opening, _Branch.KEPT)
            case "%:", _Branch.SKIPPED:
                pass
            case "%)", _:
                if branch is _Branch.CONDITION:
                    self._error(token, "expected `%?` before `%)`")
                self._open.pop()
            case _:
                self._error(token, f"unexpected `{token.text}`")

    def _decide(self, opening: Token) -> _Branch:
        if any(branch is not _Branch.KEPT for _, branch in self._open[:-1]):
            return _Branch.SKIPPED
        try:
            return _Branch.KEPT if holds(self._condition, self._conditions) else _Branch.DROPPED
        except BadCondition as bad:
            self._error(bad.token or opening, str(bad), "bad-condition")
            return _Branch.SKIPPED

    def _error(self, token: Token, message: str, rule: str = "syntax-error") -> None:
        self._problems.append(Diagnostic(rule, Severity.ERROR, token.span, message))


class _Branch(Enum):
    CONDITION = auto()
    KEPT = auto()
    DROPPED = auto()  # the other branch, if there is one, is kept
    DONE = auto()  # the kept branch is over
    SKIPPED = auto()  # neither branch is kept: within a dropped one, or nobody knows which
