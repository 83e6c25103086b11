"""Processes that begin and end, in terms of tracepoints and uprobes.

A process begins when exec succeeds, and ends with its thread group's leader.  That a process
runs a given binary is learnt at the binary's entry point and remembered by pid, because
tracepoints do not say it; so one that runs already when the session starts is not known.
Without path or pid it is the target that is meant, and without a target every process.
"""

from __future__ import annotations

from dataclasses import replace

from translator.core import ir
from translator.core.types import Type
from translator.probes.attachment import (
    ProcessEvent,
    ProcessMoment,
    Tracepoint,
    UserAddress,
    UserPlace,
)
from translator.runtimes.bpf.completion import CannotRun

_EXEC = Tracepoint("sched", "sched_process_exec")
_EXIT = Tracepoint("sched", "sched_process_exit")


def desugared(program: ir.Program) -> ir.Program:
    """The program with no `ProcessEvent` in it but those that this runtime refuses."""
    # path → the global that remembers its processes, and where they begin
    known: dict[str, tuple[str, UserAddress]] = {}
    probes: list[ir.Probe] = []
    for probe in program.probes:
        match probe.attachment:
            case ProcessEvent(ProcessMoment.BEGIN, None, pid):
                probes.append(_at(probe, _EXEC, _whose(pid)))
            case ProcessEvent(ProcessMoment.BEGIN, str() as path, _, entry):
                probes.append(replace(probe, attachment=_first_instruction(path, entry)))
            case ProcessEvent(ProcessMoment.THREAD_END, None, pid):
                probes.append(_at(probe, _EXIT, _whose(pid)))
            case ProcessEvent(ProcessMoment.END, None, pid):
                probes.append(_at(probe, _EXIT, ir.AndThen(_LEADER, _whose(pid))))
            case ProcessEvent(
                ProcessMoment.END | ProcessMoment.THREAD_END as moment, str() as path, _, entry
            ):
                name, _ = known.setdefault(
                    path, (f"%processes{len(known)}", _first_instruction(path, entry))
                )
                ours: ir.Expr = ir.Contains(name, (_PID,))
                if moment is ProcessMoment.END:
                    ours = ir.AndThen(_LEADER, ours)
                probes.append(_at(probe, _EXIT, ours))
            case _:
                probes.append(probe)
    if not probes or probes == list(program.probes):
        return program
    last = max(probe.index for probe in probes)
    for order, (path, (name, place)) in enumerate(known.items(), 1):
        note = ir.SetElement(name, (_PID,), ir.Integer(1))
        point = f'process("{path}").begin'
        probes.append(ir.Probe(last + order, point, point, place, (), (note,)))
    remembered = tuple(
        ir.Global(name, Type.LONG, (Type.LONG,), size=_PROCESSES, wraps=True)
        for name, _ in known.values()
    )
    return replace(program, probes=tuple(probes), globals=(*program.globals, *remembered))


_PROCESSES = 10240
_PID = ir.Ask("pid", (), Type.LONG, ir.Purity.CONTEXT)
_TID = ir.Ask("tid", (), Type.LONG, ir.Purity.CONTEXT)
_TARGET = ir.Ask("target", (), Type.LONG, ir.Purity.CONTEXT)
_LEADER = ir.Compare(ir.Comparison.EQUAL, _PID, _TID)


def _whose(pid: int | None) -> ir.Expr:
    if pid is not None:
        return ir.Compare(ir.Comparison.EQUAL, _PID, ir.Integer(pid))
    return ir.OrElse(
        ir.Compare(ir.Comparison.EQUAL, _TARGET, ir.Integer(0)),
        ir.Compare(ir.Comparison.EQUAL, _PID, _TARGET),
    )


def _at(probe: ir.Probe, place: Tracepoint, condition: ir.Expr) -> ir.Probe:
    return replace(probe, attachment=place, body=(ir.If(condition, probe.body),))


def _first_instruction(path: str, entry: UserPlace | None) -> UserAddress:
    """Where a process of the binary begins."""
    if entry is None:
        raise CannotRun(f"{path} has no entry point: it is no program")
    return UserAddress(entry)
