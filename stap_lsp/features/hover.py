"""What stands under the cursor, in a few lines of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stap_lsp.features import documentation
from stap_lsp.features.answers import Hover
from stap_lsp.features.language import WORDS, Word
from stap_lsp.features.targets import target_markdown
from translator.semantics.mentions import (
    FunctionMention,
    PointMention,
    TargetMention,
    VariableMention,
    WordMention,
    mention_at,
)
from translator.syntax import ast, lexer

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.elaborate.lookup import Lookup
    from translator.syntax.parser import Placed

_SHOWN = 5


def hover(analysis: Analysis, path: str, offset: int) -> Hover | None:
    """None where nothing is known of the place."""
    found = mention_at(analysis.tree(path), offset)
    if found is None:
        return _word_at(analysis, path, offset)
    placed, mention = found
    markdown = ""
    match mention:
        case FunctionMention(name=name, arity=arity):
            declared = analysis.lookup(path).called(name, arity)
            markdown = documentation.function_markdown(declared) if declared else ""
        case VariableMention(name=name):
            variable = analysis.lookup(path).variable(name, placed)
            markdown = "" if variable is None else documentation.variable_markdown(variable)
        case PointMention():
            markdown = _point(analysis, analysis.lookup(path), placed, mention)
        case TargetMention(expr=expr):
            markdown = target_markdown(analysis, analysis.lookup(path), placed, expr)
        case WordMention(text=text):
            markdown = _word(WORDS.get(text))
    return Hover(markdown, mention.span) if markdown else None


def _point(analysis: Analysis, lookup: Lookup, placed: Placed, mention: PointMention) -> str:
    from translator.probes import registry

    parts: list[str] = []
    aliases = lookup.aliases(mention.components)
    if aliases:
        parts.append(documentation.alias_markdown(aliases))
    else:
        *before, last = mention.components
        for each in registry.complete_component(tuple(before), last.name, analysis.environment):
            if each.text == last.name and each.documentation:
                head = documentation.fenced(each.detail or each.text)
                parts.append(f"{head}\n\n{each.documentation}")
                break
        else:
            under = lookup.aliases((*mention.components, ast.Component("*", mention.span)))
            parts.append(documentation.alias_markdown(under) if under else "")
    whole = mention.point.span.end <= mention.components[-1].span.end
    if whole and not mention.declares:
        parts.append(_attached(lookup, placed, mention))
    return "\n\n".join(part for part in parts if part)


def _attached(lookup: Lookup, placed: Placed, mention: PointMention) -> str:
    """What the whole probe point attaches to."""
    span = mention.point.span.shifted(placed.offset)
    written = lookup.tree.source.text[span.start : span.end].strip()
    names: dict[str, str] = {}
    for _, derived in lookup.derived(placed):
        if derived.point == written and derived.resolved.name != written:
            names.setdefault(derived.resolved.name, derived.resolved.note)
    shown = [f"- `{name}`{f' ({note})' if note else ''}" for name, note in names.items()]
    if not shown:
        return ""
    return "\n".join(
        ["Attaches to", "", *shown[:_SHOWN], *(["- …"] if len(shown) > _SHOWN else [])]
    )


def _word_at(analysis: Analysis, path: str, offset: int) -> Hover | None:
    """A keyword: the tree has none."""
    placed = analysis.tree(path).declaration_at(offset)
    if placed is None:
        return None
    for token in lexer.tokens(placed.text):
        span = token.span.shifted(placed.offset)
        if span.start > offset:
            break
        known = WORDS.get(token.text)
        if known is not None and span.covers(offset):
            return Hover(_word(known), span)
    return None


def _word(word: Word | None) -> str:
    return "" if word is None else f"{documentation.fenced(word.form)}\n\n{word.summary}"
