"""Core programs for tests, in few words, and real runs of them in a process of their own."""

from __future__ import annotations

import marshal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from translator.core import ir
from translator.core.check import violations
from translator.core.format import parse_format
from translator.core.types import Type
from translator.probes.attachment import Attachment, Lifecycle, Moment, Nanoseconds, Timer
from translator.runtimes.host.runtime import HostRuntime

ROOT = Path(__file__).resolve().parents[2]

RUNNER = """
import marshal, sys
from types import SimpleNamespace
from translator.runtimes.host.session import run_image
image, session = marshal.loads(sys.stdin.buffer.read())
sys.exit(run_image(image, SimpleNamespace(**session)))
"""

SESSION: dict[str, object] = {
    "command": None,
    "target": None,
    "output": None,
    "timeout_ms": None,
    "quiet": False,
    "verbosity": 0,
    "globals": (),
    "module": "stap",
}


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    output: str
    errors: str


def number(name: str) -> ir.Local:
    return ir.Local(name, Type.LONG)


def string(name: str) -> ir.Local:
    return ir.Local(name, Type.STRING)


def expression(value: ir.Expr | ir.Local | int | str) -> ir.Expr:
    match value:
        case int():
            return ir.Integer(value)
        case str():
            return ir.Text(value)
        case ir.Local():
            return ir.GetLocal(value)
        case _:
            return value


def show(format: str, *values: ir.Expr | ir.Local | int | str) -> ir.Print:
    parsed, problem = parse_format(format)
    assert problem is None, problem
    return ir.Print(parsed, tuple(map(expression, values)))


def add(left: ir.Expr | ir.Local | int, right: ir.Expr | ir.Local | int) -> ir.Binary:
    return ir.Binary(ir.Arithmetic.ADD, expression(left), expression(right))


def less(left: ir.Expr | ir.Local | int, right: ir.Expr | ir.Local | int) -> ir.Compare:
    return ir.Compare(ir.Comparison.LESS, expression(left), expression(right))


def count_to(local: ir.Local, end: int, *body: ir.Stmt) -> tuple[ir.Stmt, ...]:
    """``for (local = 0; local < end; local++) body``."""
    step = (ir.SetLocal(local, add(local, 1)),)
    return (ir.SetLocal(local, ir.Integer(0)), ir.Loop((), less(local, end), body, step))


def divided(left: ir.Expr, right: ir.Expr) -> ir.Binary:
    near = ir.Place("<input>", 1, 30, "operator '/'")
    return ir.Binary(ir.Arithmetic.DIVIDE, left, right, near)


def perform(primitive: str, *arguments: ir.Expr | ir.Local | int | str) -> ir.Perform:
    return ir.Perform(primitive, tuple(map(expression, arguments)))


def ask(primitive: str, type: Type, *arguments: ir.Expr | ir.Local | int | str) -> ir.Ask:
    return ir.Ask(primitive, tuple(map(expression, arguments)), type, ir.Purity.PURE)


EXIT = perform("exit")
BEGIN = Lifecycle(Moment.BEGIN)
END = Lifecycle(Moment.END)
ERROR = Lifecycle(Moment.ERROR)


def every_ms(period: int) -> Timer:
    return Timer(Nanoseconds(period * 1_000_000))


def locals_of(block: ir.Block) -> tuple[ir.Local, ...]:
    """Every local that appears in a block, by first appearance."""
    found: dict[str, ir.Local] = {}

    def visit(value: object) -> None:
        if isinstance(value, ir.Local):
            found.setdefault(value.name, value)
        elif isinstance(value, tuple):
            for item in value:
                visit(item)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                visit(getattr(value, name))

    visit(block)
    return tuple(found.values())


def program(
    *probes: tuple[Attachment, ir.Block],
    globals: tuple[ir.Global, ...] = (),
    functions: tuple[ir.Function, ...] = (),
    limits: ir.Limits | None = None,
) -> ir.Program:
    """A checked program of the probes given."""
    made = ir.Program(
        globals,
        functions,
        tuple(
            ir.Probe(index, f"probe.{index}", f"probe.{index}", attachment, locals_of(body), body)
            for index, (attachment, body) in enumerate(probes)
        ),
        limits or ir.Limits(),
    )
    assert violations(made) == ()
    return made


def packed(made: ir.Program, **session: object) -> bytes:
    """What `RUNNER` reads."""
    runtime = HostRuntime()
    assert runtime.refusals(made) == ()
    image = runtime.compile(runtime.translate(made))
    assert SESSION.keys() >= session.keys()
    return marshal.dumps((image, SESSION | session))  # type: ignore[arg-type]


def run(made: ir.Program, **session: object) -> Ran:
    """Run to the end in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=packed(made, **session),
        capture_output=True,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def output_of(*body: ir.Stmt, **parts: object) -> str:
    """Output of one begin probe that must end without error."""
    ran = run(program((BEGIN, (*body, EXIT)), **parts))  # type: ignore[arg-type]
    assert (ran.status, ran.errors) == (0, ""), ran
    return ran.output
