"""Doc comments: what a comment above a declaration says, in parts.

The format is upstream's: ``sfunction NAME - summary`` or ``probe NAME - summary``, then
``@argument: text`` lines, then headed paragraphs (``Description: text``).  Any other
comment is read too: its first paragraph is the summary.  Refuses to render.
"""

from __future__ import annotations

import re
from enum import Enum

from translator.base.value import dataclass


class Subject(Enum):
    """What a doc comment says it documents."""

    FUNCTION = "sfunction"
    PROBE = "probe"
    MACRO = "macro"
    CHAPTER = "chapter"


@dataclass(frozen=True, slots=True)
class ArgumentDoc:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A headed paragraph: ``Description``, ``Context``, ``Values``, ``Return value``…"""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Doc:
    """A comment taken apart; ``subject`` None and ``name`` "" for a plain one.

    Texts keep their paragraphs (separated by an empty line) and lose the comment's frame.
    """

    subject: Subject | None = None
    name: str = ""
    summary: str = ""
    arguments: tuple[ArgumentDoc, ...] = ()
    sections: tuple[Section, ...] = ()

    def section(self, title: str) -> str:
        """The text under ``title``; empty where there is none."""
        return next((item.text for item in self.sections if item.title == title), "")

    @property
    def description(self) -> str:
        return self.section("Description")


_HEAD = re.compile(r"(sfunction|probe|macro|chapter)\s+(\S+?)(?:\s*(?:-|–|—)\s*(.*)|\s*)$")
_ARGUMENT = re.compile(r"@(\w+|\.\.\.)\s*:\s*(.*)$")
_SECTION = re.compile(r"([A-Z][A-Za-z]*(?: [A-Za-z]+){0,2})\s*:(?:\s+(.*)|\s*)$")


def parse_doc(comment: str) -> Doc:
    """The parts of a raw comment, delimiters included; never fails."""
    lines = _lines(comment)
    head = _HEAD.match(lines[0]) if lines else None
    if head is None or not comment.startswith("/**"):
        return _plain(lines)
    summary = [head[3] or ""]
    target = summary
    arguments: list[tuple[str, list[str]]] = []
    sections: list[tuple[str, list[str]]] = []
    for line in lines[1:]:
        if argument := _ARGUMENT.match(line):
            target = [argument[2]]
            arguments.append((argument[1], target))
        elif section := _SECTION.match(line):
            target = [section[2] or ""]
            sections.append((section[1], target))
        elif not line and target is summary:
            target = []  # text without a heading describes
            sections.append(("Description", target))
        else:
            target.append(line)
    return Doc(
        Subject(head[1]),
        head[2].removesuffix("()"),
        " ".join(_text(summary).split()),
        tuple(ArgumentDoc(name, _text(text)) for name, text in arguments),
        tuple(Section(title, _text(text)) for title, text in _merged(sections) if _text(text)),
    )


def _plain(lines: list[str]) -> Doc:
    first, _, rest = _text(lines).partition("\n\n")
    sections = (Section("Description", rest),) if rest else ()
    return Doc(summary=" ".join(first.split()), sections=sections)


def _merged(sections: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Sections of one title joined, where text without a heading came before its heading."""
    found: dict[str, list[str]] = {}
    for title, text in sections:
        found.setdefault(title, []).extend(text)
    return list(found.items())


def _lines(comment: str) -> list[str]:
    """The lines within the comment's frame, stripped; blank ones at both ends dropped."""
    if comment.startswith("/*"):
        body = comment[2:].removesuffix("*/")
        lines = [
            re.sub(r"^\s*\*+(?!\w)", "", line).strip() for line in body.lstrip("*").split("\n")
        ]
    else:
        lines = [re.sub(r"^\s*(?:#+!?|//+)", "", line).strip() for line in comment.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _text(lines: list[str]) -> str:
    return "\n".join(lines).strip()
