"""Macros: `@define NAME(parameter, …) %( … %)` and `@NAME(argument, …)`.

A macro is tokens for tokens: its body replaces its use, `@parameter` in the body is the
argument as it was written, and what an argument uses is looked up where the argument stands.
A library's macro sees only the library's.  Tokens of a body take the place of the use, those
of arguments keep theirs, so that a mistake in an argument is shown in the argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache

from translator.base.diagnostics import Diagnostic, Severity
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.arguments import substitute
from translator.syntax.ast import AtOp, Extractor
from translator.syntax.lexer import Kind, Token, significant


@dataclass(frozen=True, slots=True)
class Macro:
    """What a macro means; ``library`` if it was defined in one."""

    name: str  # without "@"
    parameters: tuple[str, ...] | None  # None: used without parentheses
    body: str
    library: bool = False

    @property
    def signature(self) -> str:
        """`@name(first, second)`."""
        shown = "" if self.parameters is None else f"({', '.join(self.parameters)})"
        return f"@{self.name}{shown}"


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro where it stands: ``span`` is its name's, in the file ``path``."""

    macro: Macro
    path: str
    span: Span
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A written use of a macro, arguments included."""

    span: Span
    macro: Macro


@dataclass(frozen=True, slots=True)
class Defined:
    """A macro that a text defines; ``word`` is its `@define`, ``name`` its name."""

    macro: Macro
    word: Span
    name: Span


_MOST_TOKENS = 50_000  # nested uses double what they hold; a bomb ends here
OPERATOR_NAMES = frozenset(item.value[1:] for kind in (AtOp, Extractor) for item in kind)


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    """What `@name` means in some tokens: those of a body, with its macro's arguments."""

    macro: Macro | None = None
    arguments: dict[str, list[Token]] = field(default_factory=dict)
    outer: _Scope | None = None  # of the use, where the arguments were written

    def within(self, macro: Macro) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if scope.macro == macro:
                return True
            scope = scope.outer
        return False


@dataclass(slots=True)
class _Frame:
    tokens: list[Token]
    scope: _Scope
    at: int = 0

    def take(self) -> Token | None:
        if self.at >= len(self.tokens):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None


class Expander:
    """The tokens of a text, arguments pasted and macros expanded, one at a time.

    While ``inactive``, as in the branch of a conditional that is not taken, nothing is
    defined and nothing is reported.
    """

    def __init__(
        self,
        text: str,
        tokens: list[Token],
        macros: tuple[Macro, ...],
        arguments: tuple[str, ...] | None,
        problems: list[Diagnostic],
    ) -> None:
        self.inactive = False
        self.defined: list[Defined] = []
        self.uses: list[Use] = []
        self._text = text
        self._arguments = arguments
        self._problems = problems
        self._local = {macro.name: macro for macro in macros if not macro.library}
        self._library = {macro.name: macro for macro in macros if macro.library}
        self._frames = [_Frame(tokens, _Scope())]
        self._made = 0  # tokens pushed; also where the next body's places begin

    def __iter__(self) -> Iterator[Token]:
        frames = self._frames
        while frames:
            token = frames[-1].take()
            if token is None:
                frames.pop()
            elif token.kind is Kind.ARGUMENT and self._arguments is not None:
                pasted = list(substitute([token], self._arguments, self._quietly()))
                frames.append(_Frame(pasted, frames[-1].scope))
            elif token.kind is not Kind.AT_WORD:
                yield token
            elif token.text == "@define":
                self._define(frames[-1], token)
            else:
                yield from self._word(frames[-1], token)

    def _word(self, frame: _Frame, token: Token) -> Iterator[Token]:
        name = token.text[1:]
        scope = frame.scope
        argument = scope.arguments.get(name)
        if argument is not None:
            assert scope.outer is not None
            self._push(argument, scope.outer, token)
            return
        in_library = scope.macro is not None and scope.macro.library
        macro = None if in_library else self._local.get(name)
        macro = macro or self._library.get(name)
        if macro is None:
            yield token
            return
        arguments: list[list[Token]] = []
        end = token.end
        if macro.parameters is not None:
            found = self._read_arguments(frame, token, macro)
            if isinstance(found, str):
                yield from self._hole(Span(token.start, end), found, token)
                return
            arguments, end = found
        use = token.span if token.origin is not None else Span(token.start, end)
        problem = _misused(macro, arguments, scope)
        if problem:
            yield from self._hole(use, problem, token)
            return
        if token.origin is None and not self.inactive:
            self.uses.append(Use(use, macro))
        given = dict(zip(macro.parameters or (), arguments, strict=True))
        base = self._made + 1
        body = [
            Token(each.kind, each.text, use.start, use, base + each.start)
            for each in _tokens(macro.body)
        ]
        self._made += len(macro.body) + 1
        self._push(body, _Scope(macro, given, scope), token)

    def _quietly(self) -> list[Diagnostic]:
        return [] if self.inactive else self._problems

    def _push(self, tokens: list[Token], scope: _Scope, use: Token) -> None:
        self._made += len(tokens)
        if self._made > _MOST_TOKENS:
            if self._frames:
                self._error(use.span, "macros expand to too much text here")
            self._frames.clear()
        elif tokens:
            self._frames.append(_Frame(tokens, scope))

    def _read_arguments(
        self, frame: _Frame, use: Token, macro: Macro
    ) -> tuple[list[list[Token]], int] | str:
        """The arguments and where they end; else what is wrong, with nothing read."""
        start = frame.at
        token = frame.take()
        if token is None or token.text != "(":
            frame.at = start
            return f"expected `(`: macro `{macro.signature}` takes arguments"
        found: list[list[Token]] = [[]]
        depth = 1
        while (token := frame.take()) is not None:
            depth += (token.text == "(") - (token.text == ")")
            if not depth:
                return found, token.end
            if token.text == "," and depth == 1:
                found.append([])
            else:
                found[-1].append(token)
        # Half typed: give back what is not on the line.
        frame.at = start
        line_end = self._text.find("\n", use.start)
        while (token := frame.peek()) is not None and use.origin is None:
            if token.text in ("{", "}", ";") or 0 <= line_end < token.start:
                break
            frame.at += 1
        return f"the arguments of `@{macro.name}` have no closing `)`"

    def _hole(self, span: Span, message: str, use: Token) -> Iterator[Token]:
        self._error(span, message)
        yield Token(Kind.HOLE, "", span.start, use.origin or span)

    # --- definitions ---

    def _define(self, frame: _Frame, word: Token) -> None:
        if frame.scope.macro is not None:
            self._error(word.span, "a macro cannot define another")
        name = frame.peek()
        if name is None or name.kind is not Kind.NAME:
            self._error((name or word).span, "expected a macro's name after `@define`")
            if name is not None and name.text in ("%(", "("):
                self._skip_body(frame)
            return
        frame.at += 1
        parameters = self._parameters(frame, name)
        opening = frame.peek()
        if opening is None or opening.text != "%(":
            self._error((opening or name).span, f"expected `%(` and the body of `@{name.text}`")
            return
        closing = self._skip_body(frame)
        if closing is None:
            self._error(name.span, f"the body of `@{name.text}` has no closing `%)`")
            return
        if frame.scope.macro is None and word.origin is None and not self.inactive:
            body = self._text[opening.end : closing.start]
            self._add(Macro(name.text, parameters, body), word, name)

    def _parameters(self, frame: _Frame, name: Token) -> tuple[str, ...] | None:
        token = frame.peek()
        if token is None or token.text != "(":
            return None
        frame.at += 1
        found: list[str] = []
        while True:
            token = frame.peek()
            if token is None or token.kind is not Kind.NAME:
                self._error((token or name).span, f"expected a parameter's name of `@{name.text}`")
            else:
                found.append(token.text)
                frame.at += 1
            token = frame.peek()
            if token is not None and token.text in (",", ")"):
                frame.at += 1
                if token.text == ",":
                    continue
            else:
                self._error((token or name).span, "expected `,` or `)`")
            return tuple(found)

    def _skip_body(self, frame: _Frame) -> Token | None:
        """Past the `%)` that closes the next `%(`; the rest of the text where there is none."""
        depth = 0
        while (token := frame.take()) is not None:
            depth += (token.text == "%(") - (token.text == "%)")
            if token.text == "%)" and depth <= 0:
                return token
        return None

    def _add(self, macro: Macro, word: Token, name: Token) -> None:
        if macro.name in OPERATOR_NAMES:
            message = f"this hides the operator `@{macro.name}`"
            self._problems.append(Diagnostic("bad-macro", Severity.WARNING, name.span, message))
        self._local[macro.name] = macro
        self.defined.append(Defined(macro, word.span, name.span))

    def _error(self, span: Span, message: str) -> None:
        if not self.inactive:
            self._problems.append(Diagnostic("bad-macro", Severity.ERROR, span, message))


@lru_cache(maxsize=4096)
def _tokens(body: str) -> tuple[Token, ...]:
    return tuple(significant(body))


def _misused(macro: Macro, arguments: list[list[Token]], scope: _Scope) -> str:
    """What is wrong with a use; "" for a sound one."""
    wanted = len(macro.parameters or ())
    if len(arguments) != wanted:
        plural = "" if wanted == 1 else "s"
        return f"`{macro.signature}` takes {wanted} argument{plural}, not {len(arguments)}"
    if scope.within(macro):
        return f"macro `@{macro.name}` uses itself"
    return ""
