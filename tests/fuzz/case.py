"""What is done with one text: everything the front end does, at one random place where it asks.

Each step must end without an exception, and all of them within a second of CPU time.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from stap_lsp.features.completion import completion
from stap_lsp.features.hover import hover
from translator.analysis import Analysis, Settings, bundled_library
from translator.base.system import RealSystem
from translator.base.text import SourceText
from translator.syntax.chunks import chunks
from translator.syntax.formatter import format_script
from translator.syntax.lexer import tokens
from translator.syntax.parser import parse_file
from translator.syntax.unparse import unparse

LIMIT = 1.0  # seconds of CPU time
_HANG = 10.0  # what ends a step that goes on
_PATH = "/fuzz.stp"


class Hang(Exception):
    """A step went on for too long."""


@dataclass(frozen=True, slots=True)
class Failure:
    """``kind`` names the mistake, so that a smaller text can be told to have the same one."""

    kind: str
    detail: str


def workspace() -> Analysis:
    return Analysis(RealSystem(), Settings((bundled_library(),)))


def run(analysis: Analysis, text: str, offset: int) -> Failure | None:
    """All steps on ``text``; the analysis sees it as an edit of the text it had."""
    began = time.process_time()
    costs: dict[str, float] = {}
    for name, step in _steps(analysis, text, min(offset, len(text))):
        start = time.process_time()
        try:
            with _limited():
                step()
        except Exception as error:
            return Failure(f"{name}: {_place(error)}", traceback.format_exc(limit=-12))
        costs[name] = time.process_time() - start
    total = time.process_time() - began
    if total <= LIMIT:
        return None
    slowest = max(costs, key=lambda name: costs[name])
    told = ", ".join(f"{name} {cost:.2f} s" for name, cost in costs.items() if cost > 0.01)
    return Failure(f"slow: {slowest}", f"{total:.2f} s of CPU time: {told}")


def _steps(
    analysis: Analysis, text: str, offset: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    tree = parse_file(SourceText(_PATH, ""))

    def lexing() -> None:
        assert "".join(token.text for token in tokens(text)) == text

    def cutting() -> None:
        assert "".join(chunk.text for chunk in chunks(text)) == text

    def parsing() -> None:
        nonlocal tree
        tree = parse_file(SourceText(_PATH, text))
        for item in tree.diagnostics:
            assert 0 <= item.span.start <= item.span.end <= len(text), item

    def writing() -> None:
        for placed in tree.declarations:
            unparse(placed.decl)

    def formatting() -> None:
        laid_out, errors = format_script(tree)
        if not errors:
            again, wrong = format_script(parse_file(SourceText(_PATH, laid_out)))
            assert not wrong, wrong
            assert again == laid_out, "laid out twice is not laid out once"

    def checking() -> None:
        analysis.set_text(_PATH, text)
        for finding in analysis.findings(_PATH):
            span = finding.diagnostic.span
            assert finding.path != _PATH or 0 <= span.start <= span.end <= len(text), finding

    yield "lexer", lexing
    yield "chunks", cutting
    yield "parser", parsing
    yield "unparse", writing
    yield "formatter", formatting
    yield "check", checking
    yield "completion", lambda: completion(analysis, _PATH, offset)
    yield "hover", lambda: hover(analysis, _PATH, offset)


@contextmanager
def _limited() -> Iterator[None]:
    def late(_signal: int, _frame: FrameType | None) -> None:
        raise Hang(f"more than {_HANG} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _place(error: Exception) -> str:
    """The exception's class and the innermost line of ours."""
    if isinstance(error, Hang):
        return "Hang"
    frames = traceback.extract_tb(error.__traceback__)
    at = next((each for each in reversed(frames) if "site-packages" not in each.filename), None)
    where = f" at {Path(at.filename).name}:{at.lineno}" if at is not None else ""
    return f"{type(error).__name__}{where}"
