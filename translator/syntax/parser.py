"""Text to syntax tree: any text, always a tree.

A file is cut into chunks (`chunks.py`), and each chunk is parsed by its content and
remembered, so that after a keystroke one declaration is parsed and the others are the very
objects they were.  The parser never raises for a script; what is wrong stands in the
diagnostics beside the tree, and in the tree as holes.  Refuses to know names and types.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from translator.base.diagnostics import Diagnostic, Edit, Fix, Severity
from translator.base.text import SourceText, Span
from translator.syntax import lexer, recovery
from translator.syntax.ast import BadDecl, Decl, Node, NodeId, children
from translator.syntax.builder import Builder
from translator.syntax.chunks import chunks
from translator.syntax.lexer import TRIVIA, Kind, Token
from translator.syntax.preprocessor import NO_ENVIRONMENT, Environment, preprocess
from translator.syntax.tables import tables
from translator.syntax.terminals import terminals

# About ten times what the installed library and a large script hold together.
_REMEMBERED = 16384


@dataclass(frozen=True, slots=True)
class Parsed:
    """One declaration; spans and diagnostics count from the start of its chunk."""

    decl: Decl
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A declaration where it stands in its file.

    ``offset`` is the place of its chunk, to which every span in ``decl`` and
    ``diagnostics`` is relative; ``text`` is the chunk, which also holds the comments above.
    """

    offset: int
    text: str
    decl: Decl
    diagnostics: tuple[Diagnostic, ...]

    @property
    def span(self) -> Span:
        """The declaration itself, in the file."""
        return self.decl.span.shifted(self.offset)

    @property
    def extent(self) -> Span:
        """The whole chunk, in the file."""
        return Span(self.offset, self.offset + len(self.text))


@dataclass(frozen=True)
class SyntaxTree:
    """A file's declarations, in order."""

    source: SourceText
    declarations: tuple[Placed, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All syntax diagnostics, in offsets of the file, in order."""
        found = [
            diagnostic.shifted(placed.offset)
            for placed in self.declarations
            for diagnostic in placed.diagnostics
        ]
        return tuple(sorted(found, key=lambda diagnostic: diagnostic.span))

    def declaration_at(self, offset: int) -> Placed | None:
        """The declaration whose chunk holds ``offset``; where two touch, the later."""
        index = bisect_right(self.declarations, offset, key=lambda placed: placed.offset) - 1
        if index < 0:
            return None
        first = self.declarations[index].offset
        found = self.declarations[index]
        # Declarations of one `%( … %)` share a chunk.
        while index >= 0 and self.declarations[index].offset == first:
            found = self.declarations[index]
            if found.span.start <= offset:
                break
            index -= 1
        return found

    def path_at(self, offset: int) -> tuple[Node, ...]:
        """The nodes that touch ``offset``, from the declaration to the innermost.

        A cursor touches a node at both of its ends.  Empty outside declarations.
        """
        placed = self.declaration_at(offset)
        if placed is None:
            return ()
        return path_in(placed.decl, offset - placed.offset)


def path_in(decl: Decl, offset: int) -> tuple[Node, ...]:
    """As `SyntaxTree.path_at`, within one declaration, ``offset`` relative to its chunk."""
    if not decl.span.covers(offset):
        return ()
    path: list[Node] = [decl]
    while True:
        touching = [child for child in children(path[-1]) if child.span.covers(offset)]
        if not touching:
            return tuple(path)
        # Where two nodes meet at the cursor the later one is under it, but the hole or the
        # name just typed, which ends there, says more than what begins there by chance.
        inside = [child for child in touching if child.span.start < offset]
        path.append((inside or touching)[-1])


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
    placed = [
        Placed(chunk.offset, chunk.text, parsed.decl, parsed.diagnostics)
        for chunk in chunks(source.text)
        for parsed in parse_chunk(chunk.text, environment.relevant_to(chunk.text))
    ]
    return SyntaxTree(source, tuple(placed))


def parse_declaration(text: str) -> Parsed:
    """The first declaration of ``text``; a `BadDecl` where there is none."""
    parsed = parse_chunk(text, NO_ENVIRONMENT)
    return parsed[0] if parsed else Parsed(_bad(0, len(text)), ())


@lru_cache(maxsize=_REMEMBERED)
def parse_chunk(text: str, environment: Environment) -> tuple[Parsed, ...]:
    """The declarations of one chunk: mostly one, none where all is blank or comment."""
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
    words, found = preprocess(words, environment)
    problems += found
    parsed = [
        _parse(group, _doc(above.get(group[0].start, [])), text) for group in _declarations(words)
    ]
    if problems and not parsed:
        parsed = [Parsed(_bad(problems[0].span.start, problems[-1].span.end), ())]
    if problems:
        first = parsed[0]
        parsed[0] = Parsed(first.decl, (*problems, *first.diagnostics))
    return tuple(parsed)


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
