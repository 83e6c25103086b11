"""The parse tables that lark makes of `grammar.lark`, kept between runs.

Making them takes lark a fifth of a second, and importing lark alone costs more than most
scripts take to parse; so the tables are written to the user's cache as JSON and lark is
imported only when the grammar, or lark, is new.  A cache that is missing, damaged or not
writable costs time and nothing else.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType, TypeAlias

from translator.base.value import dataclass

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule as LarkRule

State = NewType("State", int)
# The state to go to, or -(rule + 1) to reduce.
Action: TypeAlias = int

END = "$END"
_FORMAT = 1
_GRAMMAR = Path(__file__).with_name("grammar.lark")


@dataclass(frozen=True, slots=True)
class Rule:
    """One alternative of the grammar, as the parser needs it."""

    origin: str
    size: int
    # Positions of the symbols that carry a value: not punctuation.
    kept: tuple[int, ...]
    # The builder's method, None for a rule that only collects ("_") or passes on ("?").
    method: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    actions: tuple[dict[str, Action], ...]  # by state, by symbol
    rules: tuple[Rule, ...]
    start: State
    end: State
    terminals: dict[str, str]  # name of the terminal of a keyword or punctuation


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of the grammar, from the cache or made anew."""
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    path = _cache_file(grammar)
    if path is not None:
        # OSError: no such file, no permission.  The others: a damaged file, made anew.
        with suppress(OSError, ValueError, TypeError, KeyError, IndexError):
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["grammar"] == grammar:  # the file's name is only a checksum
                return _from_json(data)
    made = _to_json(grammar)
    if path is not None:
        _write(path, json.dumps(made, separators=(",", ":")))
    return _from_json(made)


def _cache_file(grammar: str) -> Path | None:
    """Where tables of this grammar are kept; None where there is no home directory.

    Which lark made them does not matter: the tables are plain data and ours alone reads them.
    """
    key = zlib.crc32(f"{_FORMAT}\n{grammar}".encode())
    root = os.environ.get("XDG_CACHE_HOME", "")
    try:
        # The XDG specification ignores a relative path.
        folder = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "stap-lsp" / f"grammar-{key:08x}.json"


def _write(path: Path, text: str) -> None:
    """Write in one step, so that another process reads all of it or nothing."""
    import tempfile

    with suppress(OSError):  # an unwritable cache is no reason to fail
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, path)
        except OSError:
            with suppress(OSError):
                os.unlink(name)


def _from_json(data: Any) -> Tables:
    """Raises ValueError, TypeError, KeyError or IndexError for anything but our own JSON."""
    rules = tuple(
        Rule(str(origin), int(size), tuple(kept), method)
        for origin, size, kept, method in data["rules"]
    )
    actions: tuple[dict[str, Action], ...] = tuple(data["actions"])
    for row in actions:
        for action in row.values():
            if not -len(rules) <= action < len(actions):
                raise ValueError(f"no such action: {action}")
    start, end = State(data["start"]), State(data["end"])
    _ = actions[start], actions[end]
    return Tables(actions, rules, start, end, dict(data["terminals"]))


def _to_json(grammar: str) -> dict[str, Any]:
    lark = _lark(grammar)
    conf = lark.parse_interactive("").parser_state.parse_conf
    table = conf.parse_table
    found: dict[LarkRule, int] = {}
    actions: list[dict[str, int]] = [{} for _ in table.states]
    for state, row in table.states.items():
        for symbol, (action, argument) in row.items():
            if action.name == "Shift":
                actions[state][symbol] = argument
            else:
                actions[state][symbol] = -1 - found.setdefault(argument, len(found))
    return {
        "grammar": grammar,
        "rules": [_rule(rule) for rule in found],
        "actions": actions,
        "start": conf.start_state,
        "end": conf.end_state,
        "terminals": {
            terminal.pattern.value: terminal.name
            for terminal in lark.terminals
            if terminal.pattern is not None
        },
    }


def _rule(rule: LarkRule) -> list[Any]:
    kept = [
        position
        for position, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and getattr(symbol, "filter_out", False))
    ]
    origin = str(rule.origin.name)
    collects = origin.startswith("_")
    passes = rule.options.expand1 and rule.alias is None and len(kept) == 1
    method = None if collects or passes else (rule.alias or origin)
    return [origin, len(rule.expansion), kept, method]


def _lark(grammar: str) -> Lark:
    from lark import Lark
    from lark.lexer import Lexer

    class _NoLexer(Lexer):
        """Lark needs one to allow `%declare`; the tokens come from `lexer.py`."""

        __future_interface__ = 2

        def __init__(self, _conf: object) -> None:
            pass

        def lex(self, _state: object, _parser_state: object) -> Iterator[Any]:
            return iter(())

    return Lark(grammar, parser="lalr", lexer=_NoLexer, maybe_placeholders=False)
