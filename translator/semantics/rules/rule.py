"""What a rule is: an id, a severity, its documentation and, for most warnings, a check.

A rule without a check is reported where its mistake is met (lexer, parser, solver, lowering);
its file then holds what `stap-lsp explain` prints.  Checks only report: they never raise and
never decide what a script means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from translator.base.diagnostics import Diagnostic, Fix, Related, Severity
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.semantics.facts import Facts, GlobalUse
from translator.semantics.scope import Placed, Scope
from translator.semantics.solver import Site
from translator.syntax import ast


@dataclass(frozen=True, slots=True)
class Outline:
    """A declaration with all of its nodes, parents first: one walk serves every rule.

    Spans count from the start of ``text``, which ends with the declaration.
    """

    text: str
    decl: ast.Decl
    nodes: tuple[ast.Node, ...]
    mentions: Mentions

    def written(self, span: Span) -> str:
        """What stands at a span of the declaration."""
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names that a declaration's text mentions, resolved or not.

    A probe whose point does not resolve is never elaborated, but what it names is used.
    ``calls`` are of other functions, by name and number of arguments; ``code`` is embedded C,
    which may use any name.  ``required`` says where variables stand that the grammar wants:
    parameters, keys of a foreach, what catch fills.  ``values`` are pairs of an array and the
    variable that a foreach over it fills with its elements.
    """

    variables: frozenset[str]
    assigned: frozenset[str]
    calls: frozenset[tuple[str, int]]
    code: str
    required: frozenset[int]
    values: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A body that was elaborated: a handler's part or a function's, and what it uses."""

    path: str
    offset: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Handler:
    """A derived probe: the script's declaration it is of (-1: the library's), and its parts."""

    declaration: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """One script as elaboration left it; what checks over the whole script look at.

    ``functions`` are by their name in the program.  ``uses`` are of globals, by theirs.
    """

    source: SourceText
    declarations: Sequence[Placed]
    outlines: Sequence[Outline]
    scope: Scope
    handlers: Sequence[Handler]
    functions: dict[str, Piece]
    uses: dict[str, list[tuple[Site, GlobalUse]]]
    broken: bool  # a declaration has holes: what nobody uses cannot be told

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def placed_outlines(self) -> Iterator[tuple[Placed, Outline]]:
        return zip(self.declarations, self.outlines, strict=True)

    @property
    def has_probes(self) -> bool:
        """False for a library: what it declares is for others."""
        return any(isinstance(item.decl, ast.Probe) for item in self.declarations)

    @property
    def code(self) -> str:
        """All embedded C."""
        return "\n".join(each.mentions.code for each in self.outlines if each.mentions.code)

    @property
    def variables(self) -> frozenset[str]:
        """Variables mentioned anywhere."""
        return frozenset().union(*(each.mentions.variables for each in self.outlines))

    @property
    def assigned(self) -> frozenset[str]:
        """Variables that anything assigns."""
        return frozenset().union(*(each.mentions.assigned for each in self.outlines))

    @property
    def calls(self) -> frozenset[tuple[str, int]]:
        """Functions called from outside of themselves."""
        return frozenset().union(*(each.mentions.calls for each in self.outlines))


OutlineCheck: TypeAlias = Callable[[Outline], Iterator["Report"]]
ScriptCheck: TypeAlias = Callable[[Script], Iterator["Report"]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found; the rule adds its id and severity.

    Spans are relative to the declaration in an `OutlineCheck`, to the file in a `ScriptCheck`.
    """

    span: Span
    message: str
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """``documentation`` is Markdown.

    Its first ```` ```stp ```` block gives the rule's diagnostic and its second does not:
    both are run as tests.  Text after the fence's ``stp`` says what a block needs.
    """

    id: str
    severity: Severity
    summary: str
    documentation: str
    outline: OutlineCheck | None = None
    script: ScriptCheck | None = None

    def diagnostic(self, report: Report) -> Diagnostic:
        return Diagnostic(
            self.id, self.severity, report.span, report.message, report.related, report.fixes
        )
