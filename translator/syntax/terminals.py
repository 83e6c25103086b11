"""Tokens to the grammar's terminals: the little of lexing that needs context.

In a probe point every word is a component, keywords and wildcards included, and a brace may
open alternatives instead of a body; after `->` a keyword is a member's name.  What the
grammar cannot read at all (a stray character, a macro) is reported here and replaced by a
hole or by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from translator.base.diagnostics import Diagnostic, Severity
from translator.syntax.ast import AtOp, Extractor
from translator.syntax.lexer import Kind, Token, broken


class Terminal(NamedTuple):
    """A token as the grammar names it."""

    name: str
    text: str
    start: int
    end: int


_OPERATORS = {
    "=": "EQUALS",
    "+=": "PLUS_EQUALS",
    **dict.fromkeys(
        ("-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=", ".=", "<<<"), "ASSIGN"
    ),
    **dict.fromkeys(("==", "!=", "<", ">", "<=", ">="), "COMPARE"),
    **dict.fromkeys(("=~", "!~"), "MATCH"),
    **dict.fromkeys(("<<", ">>"), "SHIFT"),
    **dict.fromkeys(("++", "--"), "STEP"),
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "&": "AMPERSAND",
    "!": "NOT",
    "~": "NOT",
}
_KINDS = {
    Kind.NAME: "WORD",
    Kind.NUMBER: "NUMBER",
    Kind.STRING: "STRING",
    Kind.UNTERMINATED_STRING: "STRING",
    Kind.TARGET: "TARGET",
    Kind.EMBEDDED: "EMBEDDED",
    Kind.UNTERMINATED_EMBEDDED: "EMBEDDED",
}
_AT_OPERATORS = {op.value for op in AtOp}
_EXTRACTORS = {extractor.value for extractor in Extractor}
_TYPES = {"long", "string"}
_IN_COMPONENT = {Kind.NAME, Kind.KEYWORD, Kind.NUMBER, Kind.ARGUMENT, Kind.TARGET}


def terminals(
    tokens: Sequence[Token], literals: dict[str, str]
) -> tuple[list[Terminal], list[Diagnostic]]:
    """``tokens`` (no trivia among them) as terminals; ``literals`` names the punctuation."""
    reader = _Reader(tokens, literals)
    reader.read()
    return reader.found, reader.diagnostics


class _Reader:
    def __init__(self, tokens: Sequence[Token], literals: dict[str, str]) -> None:
        self._tokens = tokens
        self._literals = literals
        self._at = 0
        self._header = False  # between `probe` and its body
        self._parens = 0
        self._expansions = 0
        self.found: list[Terminal] = []
        self.diagnostics: list[Diagnostic] = []

    def read(self) -> None:
        tokens = self._tokens
        self._header = bool(tokens) and tokens[0].text == "probe"
        while self._at < len(tokens):
            token = tokens[self._at]
            if self._header and self._at > 0:
                self._read_header(token)
            else:
                self._read_plain(token)

    # --- probe points ---

    def _read_header(self, token: Token) -> None:
        before = self.found[-1].name
        match token.text:
            case "{" if not self._parens and self._expands(before):
                self._expansions += 1
                self._add("_OPEN", token)
            case "{":
                self._header = False
                self._read_plain(token)
            case "}" if self._expansions:
                self._expansions -= 1
                self._add("_CLOSE", token)
            case "(":
                self._parens += 1
                self._read_plain(token)
            case ")":
                self._parens = max(0, self._parens - 1)
                self._read_plain(token)
            case "!" if not self._parens:
                self._add("BANG", token)
            case "if" if before != "DOT" and not self._parens:
                self._read_plain(token)
            case _ if not self._parens and self._starts_component(token):
                self._read_component()
            case _:
                self._read_plain(token)

    def _expands(self, before: str) -> bool:
        if before == "DOT" or (self._expansions and before in ("COMMA", "_OPEN")):
            return True
        if before not in ("PROBE", "COMMA", "EQUALS", "PLUS_EQUALS"):
            return False
        # `probe {a, b}.c`: nothing but what is behind tells it from a body.
        for index in range(self._at + 1, len(self._tokens)):
            token = self._tokens[index]
            if token.text == "}":
                follows = self._tokens[index + 1 : index + 2]
                return bool(follows) and follows[0].text in (".", "{")
            if token.kind is not Kind.STRING and not (
                self._starts_component(token) or token.text in ".,?!()"
            ):
                return False
        return False

    def _starts_component(self, token: Token) -> bool:
        return token.kind in _IN_COMPONENT or token.text in ("*", "[")

    def _read_component(self) -> None:
        """Join tokens that touch: `sys?all*`, `cpu[0-3]`, `*.return` up to the dot."""
        first = last = self._tokens[self._at]
        text = first.text
        if first.kind is Kind.NUMBER:
            message = f"expected a component's name, found `{text}`"
            self.diagnostics.append(Diagnostic("syntax-error", Severity.ERROR, first.span, message))
        self._at += 1
        if text == "[":
            last, text = self._read_set(last, text)
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if not token.touches(last) or not self._continues_component(token):
                break
            text += token.text
            last = token
            self._at += 1
            if token.text == "[":
                last, text = self._read_set(last, text)
        self.found.append(Terminal("COMPONENT", text, first.start, last.end))

    def _continues_component(self, token: Token) -> bool:
        if self._starts_component(token):
            return True
        if token.text != "?":
            return False
        # A `?` at the end of the point makes it optional; before more it is a wildcard.
        after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
        return (
            after is not None
            and after.touches(token)
            and (self._starts_component(after) or after.text == ".")
        )

    def _read_set(self, last: Token, text: str) -> tuple[Token, str]:
        """The rest of `[a-z]`; stops where something does not touch."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if not token.touches(last) or token.text in ("{", "}", "(", ")"):
                break
            text += token.text
            last = token
            self._at += 1
            if token.text == "]":
                break
        return last, text

    # --- everything else ---

    def _read_plain(self, token: Token) -> None:
        problem = broken(token)
        if problem is not None:
            self.diagnostics.append(problem)
        match token.kind:
            case Kind.OPERATOR:
                name = _OPERATORS.get(token.text) or self._literals.get(token.text)
                if name is None:
                    self._unexpected(token)
                else:
                    self._add(name, token)
            case Kind.KEYWORD if self.found and self.found[-1].text == "->":
                self._add("WORD", token)
            case Kind.KEYWORD if token.text in _TYPES:
                self._add("TYPE", token)
            case Kind.KEYWORD:
                self._add(self._literals[token.text], token)
            case Kind.TARGET if not token.text.strip("$"):
                self._read_dollars(token)
            case Kind.AT_WORD:
                self._read_at_word(token)
            case Kind.PREPROCESSOR:
                self._unexpected(token)
            case Kind.UNKNOWN:
                self._at += 1
            case Kind.HOLE:
                self._add("HOLE_EXPR", token)
            case Kind.ARGUMENT:  # no arguments were given: an editor has none
                after = self._tokens[self._at + 1 : self._at + 2]
                called = bool(after) and after[0].text == "("
                word = "WORD" if called else "NUMBER"
                self._add(word if token.text[0] == "$" else "STRING", token)
            case _:
                self._add(_KINDS[token.kind], token)

    def _add(self, name: str, token: Token) -> None:
        self.found.append(Terminal(name, token.text, token.start, token.end))
        self._at += 1

    def _unexpected(self, token: Token) -> None:
        self._at += 1
        self.diagnostics.append(
            Diagnostic("syntax-error", Severity.ERROR, token.span, f"unexpected `{token.text}`")
        )

    def _read_dollars(self, token: Token) -> None:
        """`$` alone: a pretty-printing suffix behind a bracket, or a target being typed."""
        before = self.found[-1] if self.found else None
        if before and before.end == token.start and before.name in ("RSQB", "RPAR"):
            self._add("PRETTY", token)
            return
        self._add("TARGET", token)
        self.diagnostics.append(
            Diagnostic(
                "syntax-error",
                Severity.ERROR,
                token.span,
                f"expected a name after `{token.text}`",
            )
        )

    def _read_at_word(self, token: Token) -> None:
        if token.text in _AT_OPERATORS:
            self._add("AT_OPERATOR", token)
        elif token.text in _EXTRACTORS:
            self._add("EXTRACTOR", token)
        else:
            self._read_macro(token)

    def _read_macro(self, token: Token) -> None:
        """A macro's use, arguments included, becomes one hole."""
        last = token
        self._at += 1
        if self._at < len(self._tokens) and self._tokens[self._at].text == "(":
            depth = 0
            while self._at < len(self._tokens):
                last = self._tokens[self._at]
                if last.text in ("{", "}", ";"):
                    last = self._tokens[self._at - 1]
                    break
                depth += (last.text == "(") - (last.text == ")")
                self._at += 1
                if depth == 0:
                    break
        self.found.append(Terminal("HOLE_EXPR", "", token.start, last.end))
        self.diagnostics.append(
            Diagnostic(
                "unknown-macro",
                Severity.ERROR,
                token.span,
                f"`{token.text}` is neither a macro nor an operator"
                if len(token.text) > 1
                else "expected the name of a macro or operator after `@`",
            )
        )
