"""Hands what pass 2 found out about a script to the rules that look at whole scripts."""

from __future__ import annotations

from translator.elaborate.derive import Derived
from translator.elaborate.meaning import Meaning
from translator.semantics.lint import lint
from translator.semantics.problems import Finding
from translator.semantics.rules.rule import Handler, Piece


def lint_script(meaning: Meaning) -> None:
    """Add the rules' findings to the others; nothing for a library's file."""
    scope = meaning.scope
    if scope.script.path in scope.library.files:
        return  # what it declares is for others
    handlers = [
        Handler(declaration, _pieces(derived, meaning)) for declaration, derived in meaning.derived
    ]
    functions = {
        name: Piece(place.source.path, place.offset, meaning.function_facts[name])
        for name, place in scope.functions.items()
    }
    found = lint(
        scope.script,
        meaning.declarations,
        scope,
        handlers=handlers,
        functions=functions,
        uses=meaning.uses,
    )
    meaning.findings.extend(Finding(scope.script.path, item) for item in found)


def _pieces(derived: Derived, meaning: Meaning) -> tuple[Piece, ...]:
    return tuple(
        Piece(part.path, part.offset, meaning.handler_facts(part)) for part in derived.parts
    )
