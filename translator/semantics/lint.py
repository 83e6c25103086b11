"""Runs the rules that have a check over one script's own declarations.

What a rule finds in a declaration alone is remembered with the declaration, which parsing
keeps while its text stays the same: a keystroke checks one declaration anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from translator.base.diagnostics import Diagnostic
from translator.base.text import SourceText
from translator.semantics.facts import GlobalUse
from translator.semantics.outline import outline
from translator.semantics.rules import registry
from translator.semantics.rules.rule import Handler, Outline, Piece, Script
from translator.semantics.scope import Placed, Scope
from translator.semantics.solver import Site
from translator.syntax import ast

# More declarations than a large script and its neighbours have.
_REMEMBERED = 4096
_HOLES = (ast.BadExpr, ast.BadStmt, ast.BadDecl)


def lint(
    source: SourceText,
    declarations: Sequence[Placed],
    scope: Scope,
    *,
    handlers: Sequence[Handler],
    functions: dict[str, Piece],
    uses: dict[str, list[tuple[Site, GlobalUse]]],
) -> Iterator[Diagnostic]:
    """What the rules find, with spans of the file."""
    outlines: list[Outline] = []
    broken = False
    for item in declarations:
        made, sound, found = _outlined(source.text, item)
        outlines.append(made)
        broken = broken or not sound
        for diagnostic in found:
            yield diagnostic.shifted(item.offset)
    script = Script(source, declarations, outlines, scope, handlers, functions, uses, broken)
    for rule in registry.script_rules():
        assert rule.script is not None, rule.id
        for report in rule.script(script):
            yield rule.diagnostic(report)


_Known = tuple[Outline, bool, tuple[Diagnostic, ...]]
_known: OrderedDict[int, _Known] = OrderedDict()


def _outlined(text: str, item: Placed) -> _Known:
    """The declaration's outline, whether it has no holes, and what is wrong with it alone."""
    decl = item.decl
    written = text[item.offset : item.offset + decl.span.end]
    known = _known.get(id(decl))
    # The outline holds the declaration, so that its id stays its own.
    if known is None or known[0].decl is not decl or known[0].text != written:
        made = outline(written, decl)
        sound = not any(isinstance(node, _HOLES) for node in made.nodes)
        found: tuple[Diagnostic, ...] = ()
        if sound:
            found = tuple(
                rule.diagnostic(report)
                for rule in registry.outline_rules()
                if rule.outline is not None
                for report in rule.outline(made)
            )
        known = _known[id(decl)] = (made, sound, found)
        if len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return known
