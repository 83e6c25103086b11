"""The signature of the call that is being typed, and which of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stap_lsp.features import documentation
from stap_lsp.features.answers import Signature, Signatures
from stap_lsp.features.language import WORDS
from translator.elaborate.lookup import Declared
from translator.syntax import ast
from translator.syntax.lexer import TRIVIA, Kind, Token, tokens

if TYPE_CHECKING:
    from translator.analysis import Analysis

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SILENT = frozenset({Kind.UNTERMINATED_COMMENT, Kind.UNTERMINATED_EMBEDDED})


def signature(analysis: Analysis, path: str, offset: int) -> Signatures | None:
    """None outside a call of something known."""
    tree = analysis.tree(path)
    placed = tree.declaration_at(offset)
    if placed is None:
        return None
    before = list(tokens(tree.source.text[placed.offset : offset]))
    if before and (before[-1].kind in _SILENT or _in_line_comment(before[-1])):
        return None
    call = _open_call([token for token in before if token.kind not in TRIVIA])
    if call is None:
        return None
    name, argument = call
    found = _signatures(analysis, path, name)
    if not found:
        return None
    fitting = [at for at, each in enumerate(found) if len(each.parameters) > argument]
    return Signatures(found, fitting[0] if fitting else 0, argument)


def _in_line_comment(token: Token) -> bool:
    return token.kind is Kind.COMMENT and not token.text.startswith("/*")


def _open_call(words: list[Token]) -> tuple[str, int] | None:
    """The innermost call whose parenthesis is open, and how many commas it has had."""
    depth = commas = 0
    for at in range(len(words) - 1, 0, -1):
        text = words[at].text
        if text in _CLOSING:
            depth += 1
        elif text in _OPENING and depth:
            depth -= 1
        elif text == "(":
            named = words[at - 1].kind in (Kind.NAME, Kind.AT_WORD)
            declares = at > 1 and words[at - 2].text == "function"
            if named and not declares:
                return words[at - 1].text, commas
            commas = 0  # plain parentheses: the call may be around them
        elif text == "[":
            commas = 0
        elif text in ("{", ";"):
            return None
        elif text == "," and not depth:
            commas += 1
    return None


def _signatures(analysis: Analysis, path: str, name: str) -> tuple[Signature, ...]:
    word = WORDS.get(name)
    if word is not None:
        return (_labelled(word.form, name, word.summary),)
    return tuple(_of_function(each) for each in analysis.lookup(path).functions(name))


def _of_function(declared: Declared) -> Signature:
    function = declared.decl
    assert isinstance(function, ast.Function)
    shown = documentation.parameters(function)
    label = f"{function.name.text}{shown}"
    at = len(function.name.text) + 1
    places: list[tuple[int, int]] = []
    for each in function.parameters:
        end = at + len(documentation.parameter(each))
        places.append((at, end))
        at = end + len(", ")
    if function.type is not None:
        label += f": {function.type.value}"
    return Signature(label, tuple(places), documentation.doc_markdown(declared.doc))


def _labelled(form: str, name: str, about: str) -> Signature:
    """A word of the language: the parts of its form between commas."""
    start = len(name) + 1
    end = form.rindex(")")
    places: list[tuple[int, int]] = []
    at = start
    for part in form[start:end].split(", "):
        places.append((at, at + len(part)))
        at += len(part) + 2
    return Signature(form, tuple(places), about)
