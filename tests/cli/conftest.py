"""The command as users meet it: a process in a directory of its own, with a cache of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAM = os.path.join(os.path.dirname(sys.executable), "stap-lsp")
HELLO = 'probe begin { println("hello") exit() }\n'
SECONDS = 60  # a bound, not a claim


@dataclass(frozen=True, slots=True)
class Told:
    """What a command wrote and how it ended."""

    output: str
    errors: str
    status: int


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs the command in ``place``; never sees the user's own cache."""

    place: Path
    before: tuple[str, ...] = ()  # words before the command: what runs it
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, given: bytes = b"", **environment: str | None) -> Told:
        """One command line, ``given`` on its standard input; a variable of None is unset."""
        wanted = {
            **os.environ,
            "STAP_LSP_CACHE": str(self.place / "cache"),
            **self.environment,
            **environment,
        }
        done = subprocess.run(
            [*self.before, PROGRAM, *arguments],
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=self.place,
            env={name: value for name, value in wanted.items() if value is not None},
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Told(
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
            done.returncode,
        )

    def refused(self, status: int, message: str, *arguments: str, given: bytes = b"") -> None:
        """The command line fails with ``status`` and says ``message``, shortly."""
        told = self.run(*arguments, given=given)
        assert message in told.errors, told
        assert told.status == status, told
        assert len(told.errors) < 2000, told

    def write(self, name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (self.place / name).write_bytes(data)
        return name

    def powerless(self) -> Shell:
        """The same as root without a single capability, or as the user that we are."""
        if os.geteuid() != 0:
            return self
        words = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        return Shell(self.place, words, self.environment)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.write("hello.stp", HELLO)
    return made
