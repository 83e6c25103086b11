"""What happens to tokens before they are parsed: arguments and macros, then conditionals.

A substituted token keeps the place of what it stands for, so that a diagnostic about it
points into the script.  Macros are expanded before conditions are looked at, as in stap: a
condition may be a macro's, and a macro's body may be conditional.
"""

from __future__ import annotations

from enum import Enum, auto

from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.conditions import BadCondition, Conditions, holds
from translator.syntax.environment import Context
from translator.syntax.lexer import Kind, Token
from translator.syntax.macros import Defined, Expander, Use


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """``tokens`` as the parser should see them, and what became of the others."""

    tokens: list[Token]
    problems: list[Diagnostic]
    defined: tuple[Defined, ...] = ()
    uses: tuple[Use, ...] = ()
    inactive: tuple[Span, ...] = ()


_CHANGED = frozenset({Kind.ARGUMENT, Kind.AT_WORD, Kind.PREPROCESSOR})


def preprocess(text: str, tokens: list[Token], context: Context) -> Preprocessed:
    """The tokens of ``text`` (no trivia among them), preprocessed."""
    problems: list[Diagnostic] = []
    if not any(token.kind in _CHANGED for token in tokens):
        return Preprocessed(tokens, problems)
    expander = Expander(text, tokens, context.macros, context.arguments, problems)
    conditionals = _Conditionals(expander, context.conditions, problems)
    kept = conditionals.read()
    return Preprocessed(
        kept,
        problems,
        tuple(expander.defined),
        tuple(expander.uses),
        tuple(conditionals.inactive),
    )


class _Conditionals:
    """Keeps the branch that holds of each `%( condition %? then %: otherwise %)`."""

    def __init__(
        self, tokens: Expander, conditions: Conditions | None, problems: list[Diagnostic]
    ) -> None:
        self.inactive: list[Span] = []
        self._tokens = tokens
        self._conditions = conditions
        self._problems = problems
        self._kept: list[Token] = []
        # For each open conditional: its "%(", and whether the current branch is kept.
        self._open: list[tuple[Token, _Branch]] = []
        self._condition: list[Token] = []
        self._dark: Token | None = None  # the bracket behind which nothing is kept

    def read(self) -> list[Token]:
        for token in self._tokens:
            if token.kind is Kind.PREPROCESSOR:
                self._bracket(token)
                self._shade(token)
            elif self._open and self._open[-1][1] is _Branch.CONDITION:
                self._condition.append(token)
            elif all(branch is _Branch.KEPT for _, branch in self._open):
                self._kept.append(token)
        while self._open:
            self._error(self._open[-1][0], "`%(` has no closing `%)`")
            self._open.pop()
        return self._kept

    def _shade(self, bracket: Token) -> None:
        """Note where the branches lie that are not taken; those in macros lie nowhere."""
        dark = any(branch in (_Branch.DROPPED, _Branch.DONE) for _, branch in self._open)
        self._tokens.inactive = dark
        if bracket.origin is not None:
            return
        if self._dark is not None and not dark:
            if self._dark.end < bracket.start:
                self.inactive.append(Span(self._dark.end, bracket.start))
            self._dark = None
        if dark and self._dark is None:
            self._dark = bracket

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
        if any(branch is not _Branch.KEPT for _, branch in self._open[:-1]):
            return  # in what is not taken anything may stand
        self._problems.append(Diagnostic(rule, Severity.ERROR, token.span, message))


class _Branch(Enum):
    CONDITION = auto()
    KEPT = auto()
    DROPPED = auto()  # the other branch, if there is one, is kept
    DONE = auto()  # the kept branch is over
    SKIPPED = auto()  # neither branch is kept: within a dropped one, or nobody knows which
