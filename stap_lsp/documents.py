"""The texts a client has open: versions, incremental edits, and what a URI's path is.

Places come in as the client counts them and leave as code points.  Refuses to fail: an edit
of a text that was never opened is dropped, a place beyond the text is its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from translator.base.text import Encoding, Position, SourceText, Span

_REMEMBERED = 256  # edits since the last whole diagnosis; more than that and it is forgotten


@dataclass(frozen=True, slots=True)
class Change:
    """New text for a range, or for the whole document where ``start`` and ``end`` are None."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """``span`` of the text before became ``length`` code points."""

    span: Span
    length: int

    def moved(self, span: Span) -> Span | None:
        """Where ``span`` is afterwards; None if the edit touched it."""
        if span.end < self.span.start:
            return span
        if span.start > self.span.end:
            return span.shifted(self.length - (self.span.end - self.span.start))
        return None


@dataclass(slots=True)
class Document:
    """One open text.  ``edits`` are those since they were last taken."""

    uri: str
    source: SourceText
    version: int | None
    edits: list[Replacement] = field(default_factory=list)

    def apply(self, change: Change, encoding: Encoding) -> None:
        source = self.source
        if change.start is None or change.end is None:
            span = Span(0, len(source.text))
        else:
            start = source.offset(change.start, encoding)
            span = Span(start, max(start, source.offset(change.end, encoding)))
        self.source = source.replaced(span, change.text)
        self.edits.append(Replacement(span, len(change.text)))
        if len(self.edits) > _REMEMBERED:
            self.edits = [Replacement(Span(0, len(source.text)), len(self.source.text))]


class Documents:
    """All open texts, by the URI the client wrote."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._open: dict[str, Document] = {}

    def open(self, uri: str, text: str, version: int | None) -> Document:
        document = Document(uri, SourceText(path_of(uri), text), version)
        self._open[uri] = document
        return document

    def change(self, uri: str, changes: Iterable[Change], version: int | None) -> Document | None:
        document = self._open.get(uri)
        if document is None:
            return None
        for change in changes:
            document.apply(change, self.encoding)
        document.version = version
        return document

    def close(self, uri: str) -> Document | None:
        return self._open.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def at_path(self, path: str) -> Document | None:
        return next((each for each in self._open.values() if each.source.path == path), None)

    def all(self) -> tuple[Document, ...]:
        return tuple(self._open.values())

    def uri_of(self, path: str) -> str:
        """The URI under which the client knows ``path``."""
        document = self.at_path(path)
        return uri_of(path) if document is None else document.uri


def path_of(uri: str) -> str:
    """The file's path; another scheme's URI stands for itself."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that are no address
        return uri
    if parts.scheme != "file" or not parts.path:
        return uri
    return unquote(parts.path, errors="surrogateescape")


def uri_of(path: str) -> str:
    return "file://" + quote(path, errors="surrogateescape") if path.startswith("/") else path
