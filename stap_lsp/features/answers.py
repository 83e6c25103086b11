"""What features answer: values that the server converts and nothing else interprets.

Light to import, so that the server can convert before the analysis is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from translator.base.text import SourceText, Span


@dataclass(frozen=True, slots=True)
class Hover:
    markdown: str
    span: Span


@dataclass(frozen=True, slots=True)
class Definition:
    """``name`` is the name's own place in ``source``, ``whole`` the declaration's."""

    source: SourceText
    name: Span
    whole: Span


@dataclass(frozen=True, slots=True)
class Definitions:
    """``origin`` is what under the cursor was looked up."""

    origin: Span
    found: tuple[Definition, ...]


# --- completion ------------------------------------------------------------------------


class ItemKind(Enum):
    FUNCTION = "function"
    VARIABLE = "variable"
    CONTEXT = "context variable"
    GLOBAL = "global"
    KEYWORD = "keyword"
    COMPONENT = "component"
    ALIAS = "alias"
    FILE = "file"
    DIRECTORY = "directory"
    MEMBER = "member"
    TARGET = "target variable"
    OPERATOR = "operator"
    TYPE = "type"
    VALUE = "value"


class SubjectKind(Enum):
    FUNCTION = "function"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item's documentation is about, to be asked for when the item is looked at."""

    kind: SubjectKind
    path: str  # of the script
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """``snippet`` is what to insert in LSP's snippet syntax, "" for the label as it is.

    ``signature`` follows the label, ``detail`` stands apart.  Lower ``rank`` comes first.
    """

    label: str
    kind: ItemKind
    rank: int
    signature: str = ""
    detail: str = ""
    documentation: str = ""
    snippet: str = ""
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class Completions:
    """``span`` is what an item replaces; ``incomplete``: ask again after the next keystroke."""

    span: Span
    items: tuple[Item, ...]
    incomplete: bool


# --- the outline, occurrences, folding, signatures ---------------------------------------


class SymbolKind(Enum):
    PROBE = "probe"
    ALIAS = "probe alias"
    FUNCTION = "function"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A declaration; ``name_span`` lies within ``span``."""

    name: str
    kind: SymbolKind
    detail: str
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place of ``source`` that names the thing in question."""

    source: SourceText
    span: Span
    writes: bool
    declares: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines from the one ``span`` starts on to the one it ends on."""

    span: Span
    is_comment: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """``parameters`` are ranges of characters in ``label``."""

    label: str
    parameters: tuple[tuple[int, int], ...]
    documentation: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """``active`` is the signature that fits, ``parameter`` the argument that is being typed."""

    found: tuple[Signature, ...]
    active: int
    parameter: int
