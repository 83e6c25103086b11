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
        outline, sound, found = _outlined(source.text, item)
        outlines.append(outline)
        broken = broken or not sound
        for diagnostic in found:
            yield diagnostic.shifted(item.offset)
    script = Script(source, declarations, outlines, scope, handlers, functions, uses, broken)
    for rule in registry.script_rules():
        assert rule.script is not None, rule.id
        for report in rule.script(script):
            yield rule.diagnostic(report)


_Known = tuple[ast.Decl, str, tuple[ast.Node, ...], bool, tuple[Diagnostic, ...]]
_known: OrderedDict[int, _Known] = OrderedDict()


def _outlined(text: str, item: Placed) -> tuple[Outline, bool, tuple[Diagnostic, ...]]:
    """The declaration's outline, whether it has no holes, and what is wrong with it alone."""
    decl = item.decl
    written = text[item.offset : item.offset + decl.span.end]
    known = _known.get(id(decl))
    if known is None or known[0] is not decl or known[1] != written:
        nodes = tuple(ast.walk(decl))
        sound = not any(isinstance(node, _HOLES) for node in nodes)
        found: tuple[Diagnostic, ...] = ()
        if sound:
            outline = Outline(written, 0, decl, nodes)
            found = tuple(
                rule.diagnostic(report)
                for rule in registry.outline_rules()
                if rule.outline is not None
                for report in rule.outline(outline)
            )
        known = _known[id(decl)] = (decl, written, nodes, sound, found)
        if len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return Outline(text, item.offset, decl, known[2]), known[3], known[4]
