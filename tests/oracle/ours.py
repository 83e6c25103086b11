"""Our own verdict of pass 1, on the same cases as stap's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.oracle.stap import LIBRARY, Case, Verdict, Way
from translator.base.diagnostics import Diagnostic, Severity
from translator.base.system import RealSystem
from translator.base.text import SourceText
from translator.semantics.library import open_macros
from translator.syntax.conditions import Conditions
from translator.syntax.environment import Environment
from translator.syntax.guru import needs_guru_mode
from translator.syntax.macros import Definition
from translator.syntax.parser import SyntaxTree, parse_file


def tree(path: Path, case: Case) -> SyntaxTree:
    """Upstream's library around it, Debian's release of stap, and a kernel as stap was told."""
    conditions = Conditions(
        kernel_vr=case.release,
        arch="x86_64",
        systemtap_v="4.8",
        runtime="kernel",
        guru_mode=case.guru,
    )
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    environment = Environment(conditions=conditions, macros=_macros(conditions))
    return parse_file(SourceText(str(path), text), case.arguments, environment)


def verdict(case: Case) -> Verdict:
    found = tree(case.path, case)
    problems = errors(found)
    if not case.guru and case.way is not Way.MACROS:
        problems += needs_guru_mode(found)
    if problems:
        return found.source.line_of(problems[0].span.start) + 1
    if not found.declarations and case.way is not Way.MACROS:
        return 0  # nothing to run
    return None


def errors(found: SyntaxTree) -> list[Diagnostic]:
    return [item for item in found.diagnostics if item.severity is Severity.ERROR]


@cache
def _macros(conditions: Conditions) -> Mapping[str, Definition]:
    return open_macros(RealSystem(), (str(LIBRARY),), conditions)
