"""The language, defined by example: every block of every `*.md` here is run.

A block ```` ```stp ```` is followed by ```` ```output ````, or has lines ``# error: [rule] text``
for each error that it must give.  Blocks with output run on the host runtime and, where the
machine allows, through bpf, and must write the same.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.running import elaborated, run_script

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ERROR = re.compile(r"# error: \[([\w-]+)\] ?(.*)")
RUNTIMES = ("host", "bpf") if os.geteuid() == 0 else ("host",)


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    script: str
    output: str | None


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
    outcome = run_script(example.script, runtime)
    assert outcome.output + outcome.errors == example.output


@pytest.mark.parametrize("example", WRONG, ids=lambda item: item.name)
def test_errors(example: Example) -> None:
    expected = _ERROR.findall(example.script)
    assert expected, f"{example.name} has neither output nor errors"
    program, messages = elaborated(example.script)
    assert program is None
    for rule, text in expected:
        assert any(item.startswith(f"{rule}: ") and text in item for item in messages), messages
