"""The language, defined by example: every block of every `*.md` here is run.

A block ```` ```stp ```` is followed by ```` ```output ````, or has lines ``# error: [rule] text``
for each error that it must give.  Blocks with output run on the host runtime and, where the
machine allows, through bpf, and must write the same.  A first line ``# options: …`` has what the
command line would: ``-D NAME=VALUE``, ``-G NAME=VALUE`` and the script's arguments.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.running import Wishes, elaborated, run_script
from translator.core.ir import Limits

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ERROR = re.compile(r"# error: \[([\w-]+)\] ?(.*)")
_OPTIONS = re.compile(r"# options: (.*)")
_LIMITS = {
    "MAXSTRINGLEN": "string",
    "MAXACTION": "action",
    "MAXNESTING": "nesting",
    "MAXERRORS": "errors",
    "MAXMAPENTRIES": "map_entries",
}
RUNTIMES = ("host", "bpf") if os.geteuid() == 0 else ("host",)


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    script: str
    output: str | None

    @property
    def wishes(self) -> Wishes:
        given = _OPTIONS.match(self.script)
        words = iter(shlex.split(given[1]) if given else ())
        limits: dict[str, int] = {}
        globals: list[tuple[str, str]] = []
        arguments: list[str] = []
        for word in words:
            match word:
                case "-D":
                    name, value = next(words).split("=")
                    limits[_LIMITS[name]] = int(value)
                case "-G":
                    name, value = next(words).split("=")
                    globals.append((name, value))
                case _:
                    arguments.append(word)
        return Wishes(Limits(**limits), tuple(arguments), tuple(globals))


def _examples() -> list[Example]:
    found: list[Example] = []
    for path in sorted(Path(__file__).parent.glob("*.md")):
        text = path.read_text()
        for match in _BLOCK.finditer(text):
            kind, body = match.groups()
            if kind == "stp":
                line = text.count("\n", 0, match.start()) + 1
                found.append(Example(f"{path.stem}:{line}", body, None))
            elif kind == "output":
                last = found.pop()
                assert last.output is None, f"{last.name}: two outputs"
                found.append(Example(last.name, last.script, body))
    return found


EXAMPLES = _examples()
RUN = [item for item in EXAMPLES if item.output is not None]
WRONG = [item for item in EXAMPLES if item.output is None]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("example", RUN, ids=lambda item: item.name)
def test_output(example: Example, runtime: str) -> None:
    outcome = run_script(example.script, runtime, example.wishes)
    assert outcome.output + outcome.errors == example.output


@pytest.mark.parametrize("example", WRONG, ids=lambda item: item.name)
def test_errors(example: Example) -> None:
    expected = _ERROR.findall(example.script)
    assert expected, f"{example.name} has neither output nor errors"
    program, messages = elaborated(example.script, example.wishes)
    assert program is None
    for rule, text in expected:
        assert any(item.startswith(f"{rule}: ") and text in item for item in messages), messages
