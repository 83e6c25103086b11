"""Comments that silence rules: ``# stap-lsp: ignore[RULE, …]``.

At the end of a line it is about that line, alone on a line about the next one;
``ignore-file`` is about the file.  Errors are never silenced: without them fixed there is
no program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from translator.base.diagnostics import Diagnostic, Edit, Fix, Severity
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.semantics.rules import registry
from translator.syntax.lexer import Kind, tokens

_MARK = "stap-lsp:"
_COMMENT = re.compile(r"stap-lsp:\s*ignore(?P<file>-file)?\b\s*(?:\[(?P<rules>[^\]\n]*)\])?")
_RULE = "unused-suppression"


@dataclass(frozen=True, slots=True)
class Suppression:
    """``line`` None: the whole file.  ``rules`` empty: every rule."""

    span: Span
    line: int | None
    rules: frozenset[str]


def suppressions(source: SourceText) -> tuple[Suppression, ...]:
    """The comments of a script that silence rules, in order."""
    if _MARK not in source.text:
        return ()
    return tuple(_suppressions(source))


def applied(source: SourceText, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """``found`` without what the script silences, and a warning for what silences nothing."""
    silencing = suppressions(source)
    if not silencing:
        yield from found
        return
    used: set[Suppression] = set()
    for item in found:
        by = [each for each in silencing if _silences(each, item, source)]
        used.update(by)
        if not by:
            yield item
    for each in silencing:
        if each not in used:
            yield _unused(each, source)


def _silences(each: Suppression, item: Diagnostic, source: SourceText) -> bool:
    if item.severity is Severity.ERROR or (each.rules and item.rule not in each.rules):
        return False
    return each.line is None or each.line == source.line_of(item.span.start)


def _unused(each: Suppression, source: SourceText) -> Diagnostic:
    unknown = sorted(name for name in each.rules if registry.rule(name) is None)
    if unknown:
        message = f"there is no rule '{unknown[0]}' to silence"
    else:
        named = ", ".join(f"'{name}'" for name in sorted(each.rules)) or "no rule"
        message = f"this silences nothing: {named} is not reported here"
        if not each.rules:
            message = "this silences nothing: no rule is reported here"
    start = each.span.start
    while start > 0 and source.text[start - 1] in " \t":
        start -= 1
    fix = Fix("Remove the comment", (Edit(Span(start, each.span.end), ""),))
    return Diagnostic(_RULE, Severity.WARNING, each.span, message, fixes=(fix,))


def _suppressions(source: SourceText) -> Iterator[Suppression]:
    for token in tokens(source.text):
        if token.kind is not Kind.COMMENT or _MARK not in token.text:
            continue
        match = _COMMENT.search(token.text)
        if match is None:
            continue
        rules = frozenset(
            name.strip() for name in (match["rules"] or "").split(",") if name.strip()
        )
        line: int | None = None
        if not match["file"]:
            line = source.line_of(token.start)
            if not source.text[source.line_starts[line] : token.start].strip():
                line = source.line_of(token.end) + 1
        yield Suppression(token.span, line, rules)
