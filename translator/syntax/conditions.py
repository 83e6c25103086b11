"""What preprocessor conditions compare with: the kernel, the machine, the way of running.

`%( kernel_v >= "5.10" && arch == "x86_64" %? … %)`.  A condition here is a list of tokens
and the answer True, False or a message; what to do with the branches is `preprocessor.py`'s.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import zip_longest
from typing import Any, Final

from translator.base.value import dataclass
from translator.syntax.lexer import Kind, Token, number_value, string_value


class KernelConfig:
    """The kernel's options with their values, read when a condition first asks for one.

    Values are "y", "m", a number, or text with its quotes.  Two are equal if their
    ``source`` (the release, the file's stamp …) is.
    """

    def __init__(self, source: str, read: Callable[[], Mapping[str, str]]) -> None:
        self.source = source
        self._read = read

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return self._read()

    def value(self, name: str) -> str:
        """The value of `CONFIG_…`; "undefined", as in stap, for one that is not set."""
        return self._values.get(name, "undefined")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KernelConfig) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"KernelConfig({self.source!r})"


def config_values(text: str) -> dict[str, str]:
    """The values in a kernel's `.config`."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.startswith("CONFIG_"):
            values[name] = value.strip()
    return values


NO_CONFIG: Final = KernelConfig("", dict)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The facts that conditions may ask for.

    ``kernel_vr`` is the full release ("6.1.0-13-amd64"); ``arch`` is SystemTap's name.
    """

    kernel_vr: str
    arch: str
    systemtap_v: str = "5.6"
    runtime: str = "bpf"
    guru_mode: bool = False
    privilege: str = "stapdev"
    config: KernelConfig = NO_CONFIG

    @property
    def kernel_v(self) -> str:
        """The release up to its first dash."""
        return self.kernel_vr.partition("-")[0]


class BadCondition(Exception):
    """The script's condition cannot be read; the message says why.  Never leaves this room."""

    def __init__(self, message: str, token: Token | None = None) -> None:
        super().__init__(message)
        self.token = token


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_VERSIONS = {"kernel_v", "kernel_vr", "systemtap_v"}
_TEXTS = {"arch", "runtime", "systemtap_privilege"}


def holds(condition: list[Token], conditions: Conditions | None) -> bool:
    """Whether a condition is true; ``||`` binds less tightly than ``&&``.

    What is not known counts as true: everything but literals without ``conditions``, and
    command-line arguments that were not given.
    Raises BadCondition.
    """
    alternatives = [
        [_comparison(part, conditions) for part in _split(alternative, "&&")]
        for alternative in _split(condition, "||")
    ]
    return any(all(parts) for parts in alternatives)


def _split(tokens: list[Token], separator: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _comparison(tokens: list[Token], conditions: Conditions | None) -> bool:
    if len(tokens) != 3 or tokens[1].text not in _COMPARE:
        raise BadCondition(
            'expected a comparison, such as `kernel_v >= "5.10"`', tokens[0] if tokens else None
        )
    left, op, right = tokens
    if left.kind is not Kind.NAME:
        return _literals(left, op.text, right)
    name = left.text
    if name == "guru_mode":
        wanted = _number(right)
        if wanted not in (0, 1):
            raise BadCondition("`guru_mode` is 0 or 1", right)
        return _equality(op, conditions is None or conditions.guru_mode == wanted)
    if not (name in _VERSIONS or name in _TEXTS or name.startswith("CONFIG_")):
        raise BadCondition(
            f"`{name}` is no condition: expected `kernel_v`, `kernel_vr`, `arch`, `runtime`, "
            "`systemtap_v`, `systemtap_privilege`, `guru_mode` or `CONFIG_…`",
            left,
        )
    if name.startswith("CONFIG_") and right.kind is not Kind.STRING:
        return _options(name, op.text, right, conditions)
    if right.kind is not Kind.STRING:
        raise BadCondition(f"`{name}` is compared with a string", right)
    value = string_value(right.text)
    if name in _VERSIONS and op.text not in ("==", "!=") and _WILDCARD.search(value):
        raise BadCondition("a wildcard has no order: compare with `==` or `!=`", op)
    if name not in _VERSIONS:
        _equality(op, True)
    if conditions is None:
        return True
    if name in _VERSIONS and not _WILDCARD.search(value):
        order = _compare_versions(getattr(conditions, name), value)
        return _COMPARE[op.text](order, 0)
    return _equality(op, fnmatchcase(_text(name, conditions), value))


_WILDCARD = re.compile(r"[*?\[]")


def _options(name: str, op: str, right: Token, conditions: Conditions | None) -> bool:
    """An option compared with a number or another option: as numbers if both are."""
    if right.kind is not Kind.NUMBER and not right.text.startswith("CONFIG_"):
        raise BadCondition(f"`{name}` is compared with a string, a number or an option", right)
    if conditions is None:
        return True
    left_text = conditions.config.value(name)
    number = right.kind is Kind.NUMBER
    right_text = right.text if number else conditions.config.value(right.text)
    left_value, right_value = number_value(left_text), number_value(right_text)
    if left_value is not None and right_value is not None:
        return _COMPARE[op](left_value, right_value)
    if number:
        return op == "!="
    return _COMPARE[op](left_text, right_text)


def _text(name: str, conditions: Conditions) -> str:
    match name:
        case "systemtap_privilege":
            return conditions.privilege
        case _ if name.startswith("CONFIG_"):
            return conditions.config.value(name)
        case _:
            return str(getattr(conditions, name))


def _equality(op: Token, equal: bool) -> bool:
    if op.text not in ("==", "!="):
        raise BadCondition("this condition knows only `==` and `!=`", op)
    return equal == (op.text == "==")


def _literals(left: Token, op: str, right: Token) -> bool:
    if Kind.ARGUMENT in (left.kind, right.kind):
        return True  # an argument that nobody gave yet
    if left.kind is Kind.STRING and right.kind is Kind.STRING:
        return _COMPARE[op](string_value(left.text), string_value(right.text))
    if left.kind is Kind.STRING:
        raise BadCondition("a string is compared with a string", right)
    return _COMPARE[op](_number(left), _number(right))


def _number(token: Token) -> int:
    value = number_value(token.text) if token.kind is Kind.NUMBER else None
    if value is None:
        raise BadCondition("expected a number", token)
    return value


def _compare_versions(left: str, right: str) -> int:
    """Below, at or above 0 as ``left`` is older than, equal to or newer than ``right``.

    Runs of digits compare as numbers and the rest as text, as strverscmp(3) does.
    """
    for one, other in zip_longest(_runs(left), _runs(right), fillvalue=""):
        if one == other:
            continue
        if one.isdigit() and other.isdigit() and int(one) != int(other):
            return -1 if int(one) < int(other) else 1
        return -1 if one < other else 1
    return 0


def _runs(version: str) -> list[str]:
    return re.findall(r"[0-9]+|[^0-9]+", version)
