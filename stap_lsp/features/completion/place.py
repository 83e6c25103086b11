"""What is being typed at the cursor, from the tokens of its declaration before it.

Works on half-typed code: only what stands before the cursor counts.  Spans are absolute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from translator.base.text import Span
from translator.syntax import ast
from translator.syntax.lexer import TRIVIA, Kind, Token, number_value, string_value, tokens
from translator.syntax.parser import SyntaxTree


@dataclass(frozen=True, slots=True)
class Nothing:
    """In a comment, a string, a number, or where a new name is given."""


@dataclass(frozen=True, slots=True)
class TopLevel:
    """Between declarations."""

    span: Span
    partial: str


@dataclass(frozen=True, slots=True)
class PointPlace:
    """A component of a probe point, after those of ``before``."""

    span: Span
    partial: str
    before: tuple[ast.Component, ...]


@dataclass(frozen=True, slots=True)
class ArgumentPlace:
    """In the string argument of the last of ``components``."""

    span: Span
    partial: str
    components: tuple[ast.Component, ...]


@dataclass(frozen=True, slots=True)
class TargetPlace:
    """A `$` variable; ``partial`` has its dollars."""

    span: Span
    partial: str


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """After ``->``."""

    span: Span
    partial: str


@dataclass(frozen=True, slots=True)
class OperatorPlace:
    """An ``@`` operator; ``partial`` has its sign."""

    span: Span
    partial: str


@dataclass(frozen=True, slots=True)
class TypePlace:
    """The type of a function or parameter."""

    span: Span
    partial: str


@dataclass(frozen=True, slots=True)
class NamePlace:
    """An expression, or a statement if ``begins`` is set."""

    span: Span
    partial: str
    begins: bool


Place: TypeAlias = (
    Nothing
    | TopLevel
    | PointPlace
    | ArgumentPlace
    | TargetPlace
    | MemberPlace
    | OperatorPlace
    | TypePlace
    | NamePlace
)


def place_at(tree: SyntaxTree, offset: int) -> Place:
    """What is being typed at ``offset``."""
    placed = tree.declaration_at(offset)
    start = 0 if placed is None else placed.offset
    before = tree.source.text[start:offset]
    reader = _Reader()
    last: Token | None = None
    for token in tokens(before):
        if last is not None:
            reader.take(last)
        last = token
    return reader.place(last, start, len(before))


class _State(Enum):
    TOP = auto()
    HEADER = auto()  # of a probe or alias
    CONDITION = auto()  # "if (…)" of a probe point
    SIGNATURE = auto()  # of a function
    GLOBAL = auto()
    BODY = auto()
    AFTER_BODY = auto()


_PARTIAL = frozenset({Kind.NAME, Kind.KEYWORD, Kind.TARGET, Kind.AT_WORD, Kind.NUMBER})
_SILENT = frozenset({Kind.UNTERMINATED_COMMENT, Kind.EMBEDDED, Kind.UNTERMINATED_EMBEDDED})


@dataclass(slots=True)
class _Reader:
    """The state after the tokens taken so far."""

    state: _State = _State.TOP
    depth: int = 0  # of braces in a body, of parentheses in a condition
    previous: Token | None = None
    newline: bool = True  # since the previous significant token
    components: tuple[ast.Component, ...] = ()
    name: str = ""  # of the component being read
    name_start: int = 0
    argument: ast.Number | ast.String | None = None
    parenthesised: bool = False
    in_argument: bool = False
    choices: list[tuple[ast.Component, ...]] = field(default_factory=list)  # open braces

    # --- taking tokens -------------------------------------------------------------------

    def take(self, token: Token) -> None:
        if token.kind in TRIVIA:
            self.newline |= "\n" in token.text
            return
        match self.state:
            case _State.TOP:
                self._top(token)
            case _State.HEADER:
                self._header(token)
            case _State.CONDITION:
                self._condition(token)
            case _State.SIGNATURE:
                if token.text == "{":
                    self.state, self.depth = _State.BODY, 1
            case _State.GLOBAL:
                pass
            case _State.BODY:
                self.depth += (token.text == "{") - (token.text == "}")
                if not self.depth:
                    self.state = _State.AFTER_BODY
            case _State.AFTER_BODY:
                self._after_body(token)
        self.previous, self.newline = token, False

    def _top(self, token: Token) -> None:
        match token.text:
            case "probe":
                self.state = _State.HEADER
                self._new_point()
            case "function":
                self.state = _State.SIGNATURE
            case "global":
                self.state = _State.GLOBAL
            case _:
                pass

    def _after_body(self, token: Token) -> None:
        if token.text == ",":  # an alias's epilogue follows
            self.state = _State.HEADER
            self._new_point()
        else:
            self.state = _State.TOP
            self._top(token)

    def _header(self, token: Token) -> None:
        text = token.text
        if self.in_argument:
            self._argument(token)
            return
        match text:
            case "(":
                self.in_argument = self.parenthesised = True
            case "if":
                self.state, self.depth = _State.CONDITION, 0
            case ".":
                self._end_component()
            case "," | "=" | "+=":
                self._new_point()
                self.components = self.choices[-1] if self.choices else ()
            case "{" if self.previous is not None and self.previous.text in (
                *(".", ",", "=", "+=", "probe", "{"),
            ):
                self.choices.append(self.components)
            case "{":
                self.state, self.depth = _State.BODY, 1
            case "}" if self.choices:
                self.choices.pop()
            case _:
                if not self.name:
                    self.name_start = token.start
                self.name += text

    def _argument(self, token: Token) -> None:
        match token.kind:
            case Kind.STRING:
                value = string_value(token.text)
                self.argument = ast.String(ast.NodeId(0), Span(0, 0), value)
            case Kind.NUMBER:
                number = number_value(token.text) or 0
                self.argument = ast.Number(ast.NodeId(0), Span(0, 0), number)
            case _ if token.text == ")":
                self.in_argument = False
            case _:
                pass

    def _condition(self, token: Token) -> None:
        self.depth += (token.text == "(") - (token.text == ")")
        if token.text == "{":
            self.state, self.depth = _State.BODY, 1
        elif token.text == "," and not self.depth:
            self.state = _State.HEADER
            self._new_point()

    def _component(self) -> ast.Component:
        return ast.Component(self.name, Span(0, 0), self.argument, self.parenthesised)

    def _end_component(self) -> None:
        if self.name:
            self.components = (*self.components, self._component())
        self.name, self.argument, self.parenthesised = "", None, False

    def _new_point(self) -> None:
        self.components = ()
        self.name, self.argument, self.parenthesised = "", None, False

    # --- the answer ----------------------------------------------------------------------

    def place(self, last: Token | None, start: int, end: int) -> Place:
        """``last`` is the token that ends at the cursor, which is ``end`` after ``start``."""
        partial = last if last is not None and last.kind in _PARTIAL else None
        if last is not None and partial is None:
            if last.kind in _SILENT or (last.kind is Kind.COMMENT and last.text[:2] != "/*"):
                return Nothing()
            if last.kind is Kind.UNTERMINATED_STRING:
                return self._string(last, start, end)
            self.take(last)
        text = "" if partial is None else partial.text
        at = end - len(text)
        span = Span(start + at, start + end)
        match self.state:
            case _State.TOP | _State.AFTER_BODY:
                return TopLevel(span, text)
            case _State.GLOBAL:
                return TopLevel(span, text) if self._global_ended() else Nothing()
            case _State.SIGNATURE:
                named = self.previous is not None and self.previous.text == ":"
                return TypePlace(span, text) if named else Nothing()
            case _State.HEADER:
                return self._point(partial, span, start, end)
            case _State.CONDITION if not self.depth:
                return Nothing()
            case _State.CONDITION | _State.BODY:
                return self._expression(partial, span)

    def _string(self, token: Token, start: int, end: int) -> Place:
        if self.state is not _State.HEADER or not self.in_argument or not self.name:
            return Nothing()
        span = Span(start + token.start + 1, start + end)
        return ArgumentPlace(span, token.text[1:], (*self.components, self._component()))

    def _global_ended(self) -> bool:
        """Whether a list of variables is over: the last was no comma and a line has ended."""
        before = "" if self.previous is None else self.previous.text
        return self.newline and before not in (",", "=", "global", "private")

    def _point(self, partial: Token | None, span: Span, start: int, end: int) -> Place:
        if self.in_argument or self.parenthesised:
            return Nothing()
        text = "" if partial is None else partial.text
        if not self.name:
            return PointPlace(span, text, self.components)
        touching = self.previous is not None and self.previous.end == end - len(text)
        if not touching:
            return Nothing()  # a blank ends a probe point
        begins = Span(start + self.name_start, start + end)
        return PointPlace(begins, self.name + text, self.components)

    def _expression(self, partial: Token | None, span: Span) -> Place:
        before = "" if self.previous is None else self.previous.text
        if partial is None:
            text = ""
        else:
            text = partial.text
            match partial.kind:
                case Kind.TARGET:
                    return TargetPlace(span, text)
                case Kind.AT_WORD:
                    return OperatorPlace(span, text)
                case Kind.NUMBER:
                    return Nothing()
                case _:
                    pass
        if before == "->":
            return MemberPlace(span, text)
        begins = self.newline or before in ("{", "}", ";", ")", "else")
        return NamePlace(span, text, begins)
