"""Completion in handlers and functions: variables, functions, words, `$` names, members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stap_lsp.features import documentation, language
from stap_lsp.features.answers import Item, ItemKind, Subject, SubjectKind
from stap_lsp.features.completion.ranking import nearness
from stap_lsp.features.targets import contexts
from translator.base.diagnostics import StapError
from translator.elaborate.lookup import Kind, Variable
from translator.syntax import ast
from translator.syntax.lexer import Kind as TokenKind
from translator.syntax.lexer import significant

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.elaborate.lookup import Lookup
    from translator.semantics.library import Entry

# Ranks: what is nearest to the place comes first.
_VARIABLE, _GLOBAL, _FUNCTION, _STATEMENT, _PRINT, _LIBRARY = range(6)
_KINDS = {
    Kind.GLOBAL: ItemKind.GLOBAL,
    Kind.PARAMETER: ItemKind.VARIABLE,
    Kind.LOCAL: ItemKind.VARIABLE,
    Kind.CONTEXT: ItemKind.CONTEXT,
}


def declarations() -> list[Item]:
    return [_word(each, ItemKind.KEYWORD, 0) for each in language.DECLARATIONS]


def types() -> list[Item]:
    return [_word(each, ItemKind.TYPE, 0) for each in language.TYPES]


def operators() -> list[Item]:
    return [_word(each, ItemKind.OPERATOR, 0) for each in language.OPERATORS]


def statements() -> list[Item]:
    return [_word(each, ItemKind.KEYWORD, _STATEMENT) for each in language.STATEMENTS]


def expressions(analysis: Analysis, path: str, offset: int, partial: str) -> list[Item]:
    """Variables and functions that an expression at the place may use, like ``partial``."""
    lookup = analysis.lookup(path)
    found = [_variable(each, _GLOBAL) for each in lookup.globals()]
    placed = lookup.tree.declaration_at(offset)
    if placed is not None:
        known = {item.label for item in found}
        for each in lookup.locals(placed):
            # The name being typed is not a variable yet, unless it stands elsewhere too.
            typed_here = each.source.path == path and each.place.end == offset
            if each.name not in known and not typed_here:
                found.append(_variable(each, _VARIABLE))
    found += _functions(lookup, path, partial)
    found += [_word(each, ItemKind.FUNCTION, _PRINT) for each in language.PRINTS]
    return found


def targets(analysis: Analysis, path: str, offset: int) -> list[Item]:
    """`$` names of the handler at the place, with their C types."""
    from translator.probes.target_names import target_names

    lookup = analysis.lookup(path)
    placed = lookup.tree.declaration_at(offset)
    found: list[Item] = []
    for context in contexts(lookup, placed) if placed is not None else ():
        try:
            names = target_names(context, analysis.environment)
        except StapError:  # reported where the probe point stands
            continue
        for each in names:
            rank = each.name.startswith("$$")
            found.append(
                Item(
                    each.name,
                    ItemKind.TARGET,
                    int(rank),
                    detail=each.type,
                    documentation=each.documentation,
                )
            )
    return found


def members(analysis: Analysis, path: str, offset: int) -> list[Item]:
    """Members of what stands before ``->``."""
    from translator.probes.target_types import expression_type, member_names

    lookup = analysis.lookup(path)
    placed = lookup.tree.declaration_at(offset)
    base = _arrow_base(lookup, offset)
    if placed is None or base is None:
        return []
    for context in contexts(lookup, placed):
        try:
            typed = expression_type(base, context, analysis.environment)
        except StapError:  # reported where the probe point stands
            continue
        if typed is not None:
            return [
                Item(each.name, ItemKind.MEMBER, at, detail=each.type)
                for at, each in enumerate(member_names(typed))
            ]
    return []


def _arrow_base(lookup: Lookup, offset: int) -> ast.Expr | None:
    placed = lookup.tree.declaration_at(offset)
    if placed is None:
        return None
    here = offset - placed.offset
    best: ast.Arrow | None = None
    for node in ast.walk(placed.decl):
        if isinstance(node, ast.Arrow) and node.base.span.end < here <= node.member.span.end + 1:
            if node.member.span.start > here and "\n" not in _between(placed.text, here, node):
                continue
            if best is None or node.base.span.end > best.base.span.end:
                best = node
    return None if best is None else best.base


def _between(text: str, here: int, node: ast.Arrow) -> str:
    return text[here : node.member.span.start]


def _functions(lookup: Lookup, path: str, partial: str) -> Iterator[Item]:
    own = set()
    for item in lookup.tree.declarations:
        if isinstance(item.decl, ast.Function) and item.decl.name.text:
            name = item.decl.name.text
            own.add(name)
            result = item.decl.type.value if item.decl.type is not None else ""
            parameters = tuple(documentation.parameter(each) for each in item.decl.parameters)
            yield _function(name, parameters, result, _FUNCTION, path)
    for name in lookup.library.function_names():
        if name in own or nearness(name, partial) is None:
            continue
        for entry in lookup.library.functions(name):
            if not entry.head.private:
                parameters, result = _signature(lookup, entry)
                yield _function(name, parameters, result, _LIBRARY, path)
                break


def _function(name: str, parameters: tuple[str, ...], result: str, rank: int, path: str) -> Item:
    return Item(
        name,
        ItemKind.FUNCTION,
        rank,
        signature=f"({', '.join(parameters)})",
        detail=result,
        snippet=f"{name}($1)" if parameters else f"{name}()",
        subject=Subject(SubjectKind.FUNCTION, path, name),
    )


def _signature(lookup: Lookup, entry: Entry) -> tuple[tuple[str, ...], str]:
    """Parameters and result from the head's text: there are hundreds, and trees cost more."""
    text = lookup.library.source(entry.path).text
    start = text.index("function", _code_start(text, entry.head.start))
    words = significant(text[start : text.index(")", start) + 1])
    result = ""
    parameters: list[str] = []
    depth = 0
    for at, word in enumerate(words):
        if word.text == "(":
            depth = at
        elif word.kind in (TokenKind.NAME, TokenKind.KEYWORD) and depth:
            if words[at - 1].text == ":":
                parameters[-1] += f":{word.text}"
            else:
                parameters.append(word.text)
        elif word.kind is TokenKind.KEYWORD and words[at - 1].text == ":":
            result = word.text
    return tuple(parameters), result


def _code_start(text: str, start: int) -> int:
    """Past the comment above a declaration."""
    end = text.find("*/", start)
    return end if text.startswith("/*", start) and end >= 0 else start


def _variable(variable: Variable, rank: int) -> Item:
    detail = documentation.variable_head(variable).partition(": ")[2]
    if variable.keys:
        detail = f"[{', '.join(each.value for each in variable.keys)}] {detail}"
    origin = f"Set by `{variable.alias}`." if variable.alias else ""
    about = "\n\n".join(part for part in (variable.doc, origin) if part)
    return Item(variable.name, _KINDS[variable.kind], rank, detail=detail, documentation=about)


def _word(word: language.Word, kind: ItemKind, rank: int) -> Item:
    return Item(
        word.text,
        kind,
        rank,
        detail=word.form,
        documentation=word.summary,
        snippet=word.snippet,
    )
