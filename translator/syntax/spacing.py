"""Whether a space stands between two tokens of a handler's or a function's body.

Refuses to know lines and indentation: `formatter` does.
"""

from __future__ import annotations

from translator.syntax.lexer import Kind, Token

_OPERANDS = frozenset(
    {
        Kind.NAME,
        Kind.NUMBER,
        Kind.STRING,
        Kind.TARGET,
        Kind.ARGUMENT,
        Kind.EMBEDDED,
        Kind.AT_WORD,
    }
)
_OPENING = frozenset("([")
_CLOSING = frozenset([")", "]", ",", ";"])
_STEPS = frozenset(["++", "--"])
_UNARY = frozenset("+-!~&")
_SORT_SIGNS = frozenset("+-")
_AFTER_SORT = frozenset([",", ")", "]", "in", "limit"])
_CALLED = frozenset({Kind.NAME, Kind.AT_WORD})


class Spacing:
    """Walks along the tokens of a body; remembers what the last operator was."""

    def __init__(self) -> None:
        self._glued = False  # the last token was a unary operator: its operand follows at once
        self._operand = False  # the last token ended an operand

    def before(
        self, last: Token | None, token: Token, following: Token | None, begins: bool
    ) -> str:
        """What stands before ``token``; ``begins`` where a statement begins with it."""
        glued, operand = self._glued and not begins, self._operand and not begins
        text = token.text
        is_operator = token.kind is Kind.OPERATOR
        step = is_operator and text in _STEPS
        sort = (
            is_operator
            and text in _SORT_SIGNS
            and operand
            and following is not None
            and following.text in _AFTER_SORT
        )
        unary = is_operator and not operand and (text in _UNARY or step)
        self._glued = unary or text == "->"
        self._operand = token.kind in _OPERANDS or text in (")", "]") or sort or (step and operand)
        if last is None or glued or last.text in _OPENING:
            # "- -x" and "& &x" must not become "--x" and "&&x".
            fused = last is not None and glued and is_operator and last.text != "->"
            return " " if fused else ""
        if text in _CLOSING or text == "->" or sort or (step and operand):
            return ""
        if text == "(" and last.kind in _CALLED:
            return ""
        if text == "[" and operand and last.text != "in":
            return ""
        return " "
