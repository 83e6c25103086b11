"""Every rule, by id.

To add a rule: one file of its name here (dashes are underscores) and one line below.  A rule
is imported when somebody asks for it; those with checks are imported with the first check.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from translator.base.diagnostics import Severity
from translator.semantics.rules.rule import Rule

# Reported where the mistake is met; the files document them.
REPORTED = (
    # text and syntax
    "syntax-error",
    "unexpected-character",
    "unterminated-string",
    "unterminated-comment",
    "unterminated-embedded-c",
    "bad-number",
    "unknown-type",
    "several-sort-orders",
    "missing-argument",
    "bad-condition",
    "unknown-macro",
    "bad-macro",
    "needs-guru-mode",
    # probe points
    "unknown-probe-point",
    "bad-argument",
    "no-such-function",
    "no-such-line",
    "no-such-file",
    "no-such-process",
    "no-such-syscall",
    "no-such-tracepoint",
    "no-such-symbol",
    "no-debuginfo",
    "unsupported-probe-point",
    # names and types
    "unresolved-function",
    "unresolved-array",
    "unresolved-target",
    "type-mismatch",
    "inconsistent-arity",
    "wrong-argument-count",
    # what may stand where
    "outside-loop",
    "return-outside-function",
    "not-assignable",
    "not-an-aggregate",
    "not-constant",
    "bad-delete",
    "bad-format",
    "bad-histogram",
    "bad-sort",
    "bad-regex",
    "bad-wildcard",
    "bad-array-size",
    "local-in-condition",
    "no-value",
    "histogram-value",
    "entry-outside-return",
    "target-write",
    "embedded-c",
)

# With a check that looks at one declaration.
OUTLINE = (
    "assignment-in-condition",
    "constant-condition",
    "identical-operands",
    "self-assignment",
    "no-effect",
    "unreachable-code",
    "empty-handler",
    "print-with-format",
    "modified-while-walking",
    "duplicate-parameter",
)

# With a check that looks at the whole script.
SCRIPT = (
    "aggregate-value",
    "duplicate-global",
    "never-assigned",
    "unused-variable",
    "unused-parameter",
    "unused-global",
    "unused-function",
    "shadowed-global",
)

# About comments that silence rules: `semantics.suppression` reports it.
SUPPRESSION = ("unused-suppression",)

IDS = (*REPORTED, *OUTLINE, *SCRIPT, *SUPPRESSION)


@cache
def rule(name: str) -> Rule | None:
    """The rule with that id, or None."""
    if name not in IDS:
        return None
    module = import_module(f"translator.semantics.rules.{name.replace('-', '_')}")
    found = module.RULE
    assert isinstance(found, Rule), name
    assert found.id == name, found.id
    return found


@cache
def outline_rules() -> tuple[Rule, ...]:
    return _rules(OUTLINE)


@cache
def script_rules() -> tuple[Rule, ...]:
    return _rules(SCRIPT)


def severity(name: str) -> Severity:
    """A rule's severity; an id without a file is an error's."""
    found = rule(name)
    return Severity.ERROR if found is None else found.severity


def _rules(names: tuple[str, ...]) -> tuple[Rule, ...]:
    found = tuple(rule(name) for name in names)
    return tuple(item for item in found if item is not None)
