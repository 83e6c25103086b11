"""Scripts a little broken: what a hand, an editor or a bad copy does to a text.

A mutation takes a text and a random source and gives another text; all are told by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.syntax.scripts import INSTALLED
from translator.syntax.lexer import tokens

ROOT = Path(__file__).parents[2]
_MOST = 40_000  # characters: longer scripts are cut before they are mutated
_INSERTED = (
    *"{}()[]<>%,;:.?!*@$#\"'\\/",
    *("%(", "%)", "%?", "%:", "%{", "%}", "/*", "*/", "->", "<<<", "=>", "&&", "++", "@define"),
    *("probe", "function", "global", "private", "foreach", "if", "else", "in", "try", "catch"),
    *("@entry", "@cast", "@defined", "@hist_log", "@var", "@const", "@enumname", "@kderef"),
    *("0x", "99999999999999999999", "-1", '"%s"', "$$vars$", "$return", "process", "kernel"),
)


_Mutation: TypeAlias = Callable[[str, random.Random], str]


def seeds() -> list[str]:
    """Texts of our fixtures, our tapsets and, where installed, SystemTap's own."""
    folders = [ROOT / "tests" / "fixtures" / "scripts", ROOT / "tapsets"]
    folders += [INSTALLED / "tapset", INSTALLED / "examples"]
    paths = sorted(path for folder in folders for path in folder.rglob("*.stp*"))
    return [path.read_bytes().decode("utf-8", "surrogateescape") for path in paths]


def mutated(texts: Sequence[str], chance: random.Random) -> str:
    """One of ``texts``, changed in one to six places."""
    text = chance.choice(texts)
    if len(text) > _MOST:
        start = chance.randrange(len(text) - _MOST)
        text = text[start : start + _MOST]
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        text = chance.choice(_MUTATIONS)(text, chance)
    return text


def _on_tokens(change: Callable[[list[str], random.Random], None]) -> _Mutation:
    def mutation(text: str, chance: random.Random) -> str:
        words = [token.text for token in tokens(text)]
        if len(words) > 1:
            change(words, chance)
        return "".join(words)

    return mutation


def _delete(words: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(words))
    del words[at : at + chance.choice((1, 1, 2, 5))]


def _double(words: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(words))
    words[at:at] = words[at : at + chance.choice((1, 2, 8))] * chance.choice((1, 1, 1, 30))


def _insert(words: list[str], chance: random.Random) -> None:
    words.insert(chance.randrange(len(words)), chance.choice(_INSERTED))


def _nest(words: list[str], chance: random.Random) -> None:
    words.insert(chance.randrange(len(words)), chance.choice("({[!-") * chance.choice((3, 60, 600)))


def _swap(words: list[str], chance: random.Random) -> None:
    one, other = chance.randrange(len(words)), chance.randrange(len(words))
    words[one], words[other] = words[other], words[one]


def _cut_lines(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = chance.randrange(len(lines))
    del lines[at : at + chance.choice((1, 1, 3, 20))]
    return "".join(lines)


def _cut_line_short(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    end = text.find("\n", at)
    return text[:at] + (text[end:] if end >= 0 else "")


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _random_bytes(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    data = chance.randbytes(chance.choice((1, 2, 8, 64)))
    return text[:at] + data.decode("utf-8", "surrogateescape") + text[at:]


_MUTATIONS: tuple[_Mutation, ...] = (
    *(_on_tokens(change) for change in (_delete, _double, _insert, _swap, _delete, _insert, _nest)),
    *(_cut_lines, _cut_line_short, _cut_off, _random_bytes),
)
