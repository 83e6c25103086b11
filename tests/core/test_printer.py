"""Core as people read it, and what `violations` says of core that is wrong."""

from __future__ import annotations

import dataclasses

import pytest

from translator.core import ir
from translator.core.check import violations
from translator.core.format import parse_format
from translator.core.printer import print_expression, print_program
from translator.core.types import Type
from translator.probes.attachment import Lifecycle, Moment, Nanoseconds, Syscall, Timer

LONG, STRING = Type.LONG, Type.STRING
AT, NAME, PATH, T = (
    ir.Local("i", LONG),
    ir.Local("name", STRING),
    ir.Local("path", STRING),
    ir.Local("%1", LONG),
)
LOG = ir.LogHistogram()
SIZES = ir.StatPlace("sizes", (ir.GetLocal(NAME),))
FORMAT = parse_format("%-5s %#*x 100%%\n")[0]

PROGRAM = ir.Program(
    (
        ir.Global("n", LONG, initial=3),
        ir.Global("opens", LONG, (STRING, LONG), size=10, wraps=True),
        ir.Global("sizes", Type.AGGREGATE, (STRING,), histograms=(LOG,)),
    ),
    (
        ir.Function(
            "half",
            (AT,),
            (),
            LONG,
            (
                ir.If(ir.Unary(ir.UnaryOp.NOT, ir.GetLocal(AT)), (ir.Next(),)),
                ir.Return(ir.Binary(ir.Arithmetic.DIVIDE, ir.GetLocal(AT), ir.Integer(2))),
            ),
            ("half.2",),
        ),
        ir.Function("half.2", (AT,), (), LONG, (ir.Fail(ir.Text('no "half"')),)),
    ),
    (
        ir.Probe(0, "begin", "begin", Lifecycle(Moment.BEGIN), (), (ir.Perform("exit", ()),)),
        ir.Probe(
            1,
            'kernel.trace("sys_enter")',
            "syscall.openat",
            Syscall("openat", 257),
            (AT, NAME, PATH, T),
            (
                ir.Remark("filename"),
                ir.SetLocal(
                    PATH,
                    ir.Ask(
                        "user_string",
                        (ir.Event(ir.EventValue.SYSCALL_ARGUMENT, 1),),
                        STRING,
                        ir.Purity.CONTEXT,
                    ),
                ),
                ir.Accumulate(SIZES, ir.Load(ir.GetLocal(AT), 4, True, ir.Space.KERNEL)),
                ir.AddElement("opens", (ir.GetLocal(PATH), ir.Integer(0)), ir.Integer(1)),
                ir.Invoke(T, "half", (ir.GetGlobal("n", LONG),)),
                ir.Print(FORMAT, (ir.GetLocal(PATH), ir.Integer(8), ir.GetLocal(T))),
            ),
        ),
        ir.Probe(
            2,
            "timer.s(1)",
            "timer.s(1)",
            Timer(Nanoseconds(10**9)),
            (AT, NAME),
            (
                ir.Loop(
                    (),
                    ir.Compare(ir.Comparison.LESS, ir.GetLocal(AT), ir.Integer(3)),
                    (ir.Continue(),),
                    (
                        ir.SetLocal(
                            AT, ir.Binary(ir.Arithmetic.ADD, ir.GetLocal(AT), ir.Integer(1))
                        ),
                    ),
                ),
                ir.Foreach(
                    "sizes",
                    (NAME,),
                    None,
                    (None,),
                    ir.Sorting(ir.Statistic.SUM, descending=True),
                    ir.Integer(5),
                    (ir.PrintHistogram(SIZES, LOG), ir.Break()),
                ),
                ir.Try(
                    (ir.DeleteElement("opens", (None, ir.Integer(1))),), NAME, (ir.Clear("opens"),)
                ),
            ),
        ),
    ),
)

TEXT = """\
global n:long = 3
global opens[string, long]:long size 10 wraps
global sizes[string]:stats  # hist_log

function half:long(i:long) {
  # next: half.2
  if (!i) {
    next
  }
  return (i / 2)
}

function half.2:long(i:long) {
  error("no \\"half\\"")
}

probe begin {
  # 0: Lifecycle(moment=begin)
  exit()
}

probe kernel.trace("sys_enter") {
  # 1: Syscall(name='openat', number=257, edge=entry)
  # from syscall.openat
  local i:long, name:string, path:string, %1:long
  # filename
  path = user_string(<syscall argument 1>)
  sizes[name] <<< kernel_s32[i]
  opens[path, 0] += 1
  %1 = half(n)
  printf("%-5s %#*x 100%%\\n", path, 8, %1)
}

probe timer.s(1) {
  # 2: Timer(period=1000000000)
  local i:long, name:string
  loop {
    while ((i < 3))
    continue
    step {
      i = (i + 1)
    }
  }
  foreach (name in sizes @sum- limit 5) {
    print(@hist_log(sizes[name]))
    break
  }
  try {
    delete opens[*, 1]
  }
  catch (name) {
    delete opens
  }
}
"""


def test_program_as_text() -> None:
    assert violations(PROGRAM) == ()
    assert print_program(PROGRAM) == TEXT


def checked(*body: ir.Stmt) -> tuple[str, ...]:
    """Violations of one handler, with the globals and locals of `PROGRAM`."""
    probe = dataclasses.replace(PROGRAM.probes[1], index=0, body=body)
    prefix = f"probe 0 ({probe.name}): "
    made = dataclasses.replace(PROGRAM, probes=(probe,))
    return tuple(line.removeprefix(prefix) for line in violations(made))


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (ir.SetLocal(AT, ir.Text("x")), '"x" is string, not long'),
        (ir.SetLocal(ir.Local("q", LONG), ir.Integer(1)), "local 'q' is not declared as long"),
        (ir.SetGlobal("opens", ir.Integer(1)), "no scalar global 'opens'"),
        (ir.AddElement("opens", (ir.Text("x"),), ir.Integer(1)), "'opens' has 2 keys, not 1"),
        (
            ir.SetElement("opens", (ir.Integer(1), ir.Integer(1)), ir.Integer(1)),
            "1 is long, not string",
        ),
        (ir.Accumulate(ir.StatPlace("n"), ir.Integer(1)), "no aggregate 'n'"),
        (ir.Break(), "break outside a loop"),
        (ir.Try((ir.Continue(),), None, ()), "continue outside a loop"),
        (ir.Return(), "return in a probe's handler"),
        (ir.Invoke(None, "half", ()), "'half' is called with 0 arguments"),
        (ir.Invoke(NAME, "half", (ir.Integer(1),)), "result of 'half' as long but is string"),
        (ir.Print(FORMAT, (ir.Text("x"),)), "a format of 3 arguments gets 1"),
        (ir.SetLocal(AT, ir.Integer(1 << 63)), "9223372036854775808 has more than 64 bits"),
        (
            ir.PrintHistogram(SIZES, ir.LinearHistogram(0, 9, 1)),
            "'sizes' does not keep that histogram",
        ),
        (
            ir.SetLocal(AT, ir.Load(ir.Integer(0), 3, False, ir.Space.USER)),
            "a memory access of 3 bytes",
        ),
        (
            ir.SetLocal(AT, ir.Compare(ir.Comparison.EQUAL, ir.Integer(1), ir.Text("1"))),
            '"1" is string, not long',
        ),
    ],
)
def test_violations(statement: ir.Stmt, wanted: str) -> None:
    (found,) = checked(statement)
    assert found == wanted


def test_expressions_as_text() -> None:
    matched = ir.Matches(ir.Concat((ir.Text("a\n"), ir.GetLocal(NAME))), "^a")
    chosen = ir.Choose(matched, ir.Bucket(SIZES, LOG, ir.Integer(64)), ir.Integer(-1))
    assert print_expression(chosen) == (
        '((("a\\n" . name) =~ "^a") ? @hist_log(sizes[name])[64] : -1)'
    )
    variance = ir.Extract(ir.Statistic.VARIANCE, ir.StatPlace("s"), 3)
    assert print_expression(variance) == "@variance(s, 3)"
