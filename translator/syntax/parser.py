"""Text to syntax tree: any text, always a tree.

A file is cut into chunks (`chunks.py`), and each chunk is parsed by its content and
remembered, so that after a keystroke one declaration is parsed and the others are the very
objects they were.  The parser never raises for a script; what is wrong stands in the
diagnostics beside the tree, and in the tree as holes.  Refuses to know names and types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from translator.base.diagnostics import Diagnostic, Edit, Fix, Related, Severity
from translator.base.text import SourceText, Span
from translator.base.value import dataclass
from translator.syntax import lexer, recovery
from translator.syntax.ast import BadDecl, NodeId
from translator.syntax.builder import Builder
from translator.syntax.chunks import Chunk, chunks
from translator.syntax.environment import NO_CONTEXT, NO_ENVIRONMENT, Context, Environment
from translator.syntax.lexer import TRIVIA, Kind, Token
from translator.syntax.macros import OPERATOR_NAMES, Defined, Definition, Macro, Use
from translator.syntax.nesting import LEVELS, too_deep
from translator.syntax.preprocessor import preprocess
from translator.syntax.tables import tables
from translator.syntax.terminals import terminals
from translator.syntax.tree import Expansion, Parsed, Placed, SyntaxTree, explained, path_in

__all__ = [
    "Parsed",
    "Piece",
    "Placed",
    "SyntaxTree",
    "parse_chunk",
    "parse_declaration",
    "parse_file",
    "path_in",
]

# About ten times what the installed library and a large script hold together.
_REMEMBERED = 16384


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk holds; places count from its start.

    ``expanded`` are the macros' uses with the text that stands for each; ``inactive`` are
    the branches of conditionals that are not taken.  ``unknown``: a macro is not known.
    """

    parsed: tuple[Parsed, ...]
    defined: tuple[tuple[Defined, str | None], ...] = ()
    expanded: tuple[tuple[Use, str], ...] = ()
    inactive: tuple[Span, ...] = ()
    unknown: bool = False


def parse_file(
    source: SourceText,
    arguments: tuple[str, ...] | None = None,
    environment: Environment = NO_ENVIRONMENT,
) -> SyntaxTree:
    """The tree of a whole file.

    ``arguments`` are the script's command-line arguments, for `$1` and `@1`.  None, as in
    an editor, means that they are not known: a placeholder stands for each.
    """
    if arguments is not None:
        environment = environment.with_arguments(arguments)
    reader = _FileReader(source, environment)
    placed = [
        Placed(chunk.offset, chunk.text, parsed.decl, parsed.diagnostics)
        for chunk in chunks(source.text)
        for parsed in reader.read(chunk)
    ]
    return SyntaxTree(
        source,
        tuple(placed),
        tuple(reader.local.values()),
        tuple(reader.expansions),
        tuple(reader.inactive),
    )


class _FileReader:
    """Goes through a file's chunks in order: a macro is known from its definition on."""

    def __init__(self, source: SourceText, environment: Environment) -> None:
        self._source = source
        self._environment = environment
        self._for_macros = is_macro_library(source.path)
        self.local: dict[str, Definition] = {}
        self.expansions: list[Expansion] = []
        self.inactive: list[Span] = []

    def read(self, chunk: Chunk) -> tuple[Parsed, ...]:
        known = self.local
        piece = parse_chunk(chunk.text, self._environment.relevant_to(chunk.text, known))
        if piece.inactive:
            self.inactive += [span.shifted(chunk.offset) for span in piece.inactive]
        parsed = piece.parsed
        if parsed and self._for_macros:
            parsed = tuple(map(_misplaced, parsed))
        if piece.unknown:
            parsed = tuple(
                Parsed(each.decl, tuple(self._guessed(item) for item in each.diagnostics))
                for each in parsed
            )
        if not (piece.defined or piece.expanded):
            return parsed
        problems = self._define(chunk.offset, piece)
        own = self._expansions(piece, known)
        self.expansions += [replace(item, span=item.span.shifted(chunk.offset)) for item in own]
        parsed = tuple(
            Parsed(each.decl, tuple(explained(item, own) for item in each.diagnostics))
            for each in parsed
        )
        return _reported(parsed, problems)

    def _guessed(self, problem: Diagnostic) -> Diagnostic:
        """An unknown macro's report, with the name that was probably meant."""
        from difflib import get_close_matches

        if problem.rule != "unknown-macro":
            return problem
        start, end = problem.span.start, problem.span.end
        word = problem.message.split("`")[1] if "`" in problem.message else ""
        names = [*self.local, *self._environment.macros, *OPERATOR_NAMES]
        close = get_close_matches(word[1:], names, n=1, cutoff=0.75) if len(word) > 1 else []
        if not close:
            return problem
        fixes = problem.fixes
        if end - start == len(word):  # written there, not in a macro's body
            fixes = (Fix(f"Replace by `@{close[0]}`", (Edit(problem.span, f"@{close[0]}"),)),)
        message = f"{problem.message}: did you mean `@{close[0]}`?"
        return replace(problem, message=message, fixes=fixes)

    def _define(self, offset: int, piece: Piece) -> list[Diagnostic]:
        """Adds what ``piece`` defines; gives what it defines again."""
        problems: list[Diagnostic] = []
        for defined, doc in piece.defined:
            macro = replace(defined.macro, library=self._for_macros)
            span = defined.name.shifted(offset)
            known = self.local.get(macro.name)
            if known is not None:
                problems.append(_redefined(macro.name, defined.name, known))
            found = Definition(macro, self._source.path, span, doc)
            self.local = {**self.local, macro.name: found}
        return problems

    def _expansions(self, piece: Piece, before: dict[str, Definition]) -> tuple[Expansion, ...]:
        found: list[Expansion] = []
        for use, text in piece.expanded:
            for known in (self.local, before, self._environment.macros):
                definition = known.get(use.macro.name)
                if definition is not None and _same(definition.macro, use.macro):
                    found.append(Expansion(use.span, definition, text))
                    break
        return tuple(found)


def _misplaced(parsed: Parsed) -> Parsed:
    if parsed.diagnostics:
        return parsed
    message = "a `.stpm` file holds macros only"
    problem = Diagnostic("syntax-error", Severity.ERROR, parsed.decl.span, message)
    return Parsed(parsed.decl, (problem,))


def _same(one: Macro, other: Macro) -> bool:
    return one.parameters == other.parameters and one.body == other.body


def _reported(parsed: Sequence[Parsed], problems: list[Diagnostic]) -> tuple[Parsed, ...]:
    """``parsed``, with ``problems`` in the first declaration, which is made if need be."""
    if not problems:
        return tuple(parsed)
    if parsed:
        first = parsed[0]
    else:
        spans = [item.span for item in problems]
        end = max(span.end for span in spans)
        first = Parsed(_bad(min(spans).start, end), ())
    return (Parsed(first.decl, (*problems, *first.diagnostics)), *parsed[1:])


def is_macro_library(path: str) -> bool:
    """Whether a file holds macros for others, and nothing else."""
    return path.endswith(".stpm")


def _redefined(name: str, at: Span, known: Definition) -> Diagnostic:
    shown = f"`@{name}`"
    return Diagnostic(
        "bad-macro",
        Severity.ERROR,
        at,
        f"macro {shown} is defined already",
        (Related(known.span, f"{shown} is first defined here", known.path),),
    )


def parse_declaration(text: str, context: Context = NO_CONTEXT) -> Parsed:
    """The first declaration of ``text``; a `BadDecl` where there is none."""
    parsed = parse_chunk(text, context).parsed
    return parsed[0] if parsed else Parsed(_bad(0, len(text)), ())


@lru_cache(maxsize=_REMEMBERED)
def parse_chunk(text: str, context: Context) -> Piece:
    """What one chunk holds: mostly one declaration, none where all is blank or comment."""
    above: dict[int, list[Token]] = {}  # the trivia before each word that has some
    trivia: list[Token] = []
    words: list[Token] = []
    problems: list[Diagnostic] = []
    for token in lexer.tokens(text):
        if token.kind is Kind.UNTERMINATED_COMMENT:
            problem = lexer.broken(token)
            assert problem is not None
            problems.append(problem)
        if token.kind in TRIVIA:
            trivia.append(token)
            continue
        if trivia:
            above[token.start] = trivia
        words.append(token)
        trivia = []
    made = preprocess(text, words, context)
    problems += made.problems
    parsed = [
        _parse(group, _doc(above.get(group[0].start, [])), text)
        for group in _declarations(made.tokens)
    ]
    return Piece(
        _reported(parsed, problems),
        tuple((item, _doc(above.get(item.word.start, []))) for item in made.defined),
        tuple((use, _shown(use.span, made.tokens)) for use in made.uses),
        made.inactive,
        any(item.rule == "unknown-macro" for each in parsed for item in each.diagnostics),
    )


def _shown(span: Span, words: list[Token]) -> str:
    """The words that stand in ``span``, as one line of text."""
    shown = ""
    before: Token | None = None
    for word in words:
        if span.start <= word.start and word.end <= span.end:
            shown += word.text if before is None or word.touches(before) else f" {word.text}"
            before = word
    return shown


def _parse(words: list[Token], doc: str | None, text: str) -> Parsed:
    span = Span(words[0].start, max(token.end for token in words))
    problems: list[Diagnostic] = []
    if not _begins(words[0]):
        problem, meant = _no_declaration(words[0])
        if meant is None:
            return Parsed(_bad(span.start, span.end), (problem,))
        problems.append(problem)
        words = [meant, *words[1:]]
    grammar = tables()
    found, unreadable = terminals(words, grammar.terminals)
    builder = Builder(doc)
    line_end = text.find("\n", span.end)
    decl = recovery.run(grammar, found, builder, line_end if line_end >= 0 else len(text))
    problems += [*unreadable, *builder.diagnostics]
    if decl is None:
        decl = _bad(span.start, span.end)
    deep = too_deep(decl, len(words))
    if deep is not None:
        message = f"nested too deeply: more than {LEVELS} levels"
        problems.append(Diagnostic("syntax-error", Severity.ERROR, deep, message))
        decl = _bad(span.start, span.end)
    return Parsed(decl, tuple(problems))


def _begins(token: Token) -> bool:
    return token.text in _FIRST or token.kind in (Kind.EMBEDDED, Kind.UNTERMINATED_EMBEDDED)


_FIRST = frozenset(lexer.DECLARATION_WORDS)


def _no_declaration(token: Token) -> tuple[Diagnostic, Token | None]:
    """What to say of a chunk that starts with ``token``, and what was probably meant."""
    shown = token.text.split("\n", 1)[0][:30]
    message = f"expected `probe`, `function`, `global`, `private` or `%{{`, found `{shown}`"
    meant: Token | None = None
    fixes: tuple[Fix, ...] = ()
    if token.kind is Kind.NAME:
        from difflib import get_close_matches

        for word in get_close_matches(token.text, lexer.DECLARATION_WORDS, n=1, cutoff=0.75):
            message += f": did you mean `{word}`?"
            fixes = (Fix(f"Replace by `{word}`", (Edit(token.span, word),)),)
            meant = Token(Kind.KEYWORD, word, token.start, token.span)
    return Diagnostic("syntax-error", Severity.ERROR, token.span, message, fixes=fixes), meant


def _declarations(words: list[Token]) -> list[list[Token]]:
    """The declarations among the tokens of a chunk: several where a `%( … %)` held them."""
    groups: list[list[Token]] = []
    depth = 0
    for index, token in enumerate(words):
        before = words[index - 1].text if index else ""
        first = token.text in _FIRST and before not in (".", "private") and depth == 0
        if not groups or first:
            groups.append([])
        groups[-1].append(token)
        depth = max(0, depth + (token.text == "{") - (token.text == "}"))
    return groups


def _bad(start: int, end: int) -> BadDecl:
    return BadDecl(NodeId(1), Span(start, end))


def _doc(trivia: list[Token]) -> str | None:
    """The comment directly above a declaration: the last run without a blank line in it."""
    run: list[Token] = []
    for token in trivia:
        if token.kind is not Kind.COMMENT:
            if token.kind is not Kind.WHITESPACE or token.text.count("\n") > 1:
                run.clear()
        else:
            run.append(token)
    if not run:
        return None
    if run[-1].text.startswith("/*"):
        return run[-1].text
    # A run of line comments, back to the last block comment.
    lines: list[str] = []
    for token in reversed(run):
        if token.text.startswith(("/*", "#!")):
            break
        lines.insert(0, token.text)
    return "\n".join(lines) or None
