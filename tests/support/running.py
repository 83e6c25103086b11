"""Running scripts in tests: elaborated here and checked, run in a process of its own."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache

from translator.analysis import Analysis, Settings, bundled_library
from translator.base.diagnostics import Severity
from translator.base.system import RealSystem
from translator.core.check import violations
from translator.core.ir import Limits, Program
from translator.elaborate.options import Options
from translator.runtimes.registry import runtime

SECONDS = 60  # far more than any test script takes: a bound, not a claim


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run wrote and how it ended."""

    output: str
    errors: str
    status: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a command line says besides the script: limits, arguments, ``-G`` values."""

    limits: Limits = field(default_factory=Limits)
    arguments: tuple[str, ...] = ()
    globals: tuple[tuple[str, str], ...] = ()


NO_WISHES = Wishes()


@cache
def _analysis(limits: Limits, arguments: tuple[str, ...]) -> Analysis:
    options = Options(arguments=arguments, limits=limits)
    return Analysis(RealSystem(), Settings((bundled_library(),), options))


def elaborated(text: str, wishes: Wishes = NO_WISHES) -> tuple[Program | None, tuple[str, ...]]:
    """The program of a script, and its findings as ``rule: message``, errors first."""
    analysis = _analysis(wishes.limits, wishes.arguments)
    analysis.set_text("<script>", text)
    found = analysis.findings("<script>")
    ordered = sorted(found, key=lambda item: item.diagnostic.severity is not Severity.ERROR)
    messages = tuple(f"{item.diagnostic.rule}: {item.diagnostic.message}" for item in ordered)
    program = analysis.elaborated("<script>").program
    if any(item.diagnostic.severity is Severity.ERROR for item in found):
        program = None
    if program is not None:
        assert not (wrong := violations(program)), wrong
    return program, messages


def run_script(text: str, runtime_name: str, wishes: Wishes = NO_WISHES) -> Outcome:
    """Run a script that has no errors on one runtime."""
    program, messages = elaborated(text, wishes)
    assert program is not None, messages
    chosen = runtime(runtime_name)
    assert chosen.refusals(program) == (), chosen.refusals(program)
    image = chosen.compile(chosen.translate(program))
    values = [f"{name}={value}" for name, value in wishes.globals]
    with tempfile.NamedTemporaryFile(suffix=".image") as file:
        marshal.dump(image, file)  # type: ignore[arg-type]
        file.flush()
        code = (
            "import marshal, sys; from translator.runtimes.registry import runtime; "
            "from translator.runtimes.session import Session; "
            "image = marshal.load(open(sys.argv[1], 'rb')); "
            "given = tuple(item.split('=', 1) for item in sys.argv[3:]); "
            "sys.exit(runtime(sys.argv[2]).run(image, Session(globals=given)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, file.name, runtime_name, *values],
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    return Outcome(
        done.stdout.decode("utf-8", "surrogateescape"),
        done.stderr.decode("utf-8", "surrogateescape"),
        done.returncode,
    )


def stap_lsp(*arguments: str, text: str | None = None, **environment: str) -> Outcome:
    """Run the command as a user does; ``text`` is its standard input."""
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "stap-lsp"), *arguments],
        input=None if text is None else text.encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **environment},
    )
    return Outcome(done.stdout.decode(), done.stderr.decode(), done.returncode)
