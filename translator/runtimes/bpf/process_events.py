"""Processes that begin and end, in terms of tracepoints and uprobes.

A process begins when exec succeeds, and ends with its thread group's leader.  That a process
runs a given binary is learnt at the binary's entry point and remembered by pid, because
tracepoints do not say it; so one that runs already when the session starts is not known.
Without path or pid it is the target that is meant, and without a target every process.
"""

from __future__ import annotations

import os
from dataclasses import replace

from translator.core import ir
from translator.core.types import Type
from translator.probes.attachment import (
    FileOffset,
    LinkAddress,
    ProcessEvent,
    ProcessMoment,
    Tracepoint,
    UserAddress,
    UserPlace,
)
from translator.runtimes.bpf.completion import CannotRun

_EXEC = Tracepoint("sched", "sched_process_exec")
_EXIT = Tracepoint("sched", "sched_process_exit")
_ENTRY = 24  # e_entry in an ELF64 header


def desugared(program: ir.Program) -> ir.Program:
    """The program with no `ProcessEvent` in it but those that this runtime refuses."""
    known: dict[str, str] = {}  # path → the global that remembers its processes
    probes: list[ir.Probe] = []
    for probe in program.probes:
        match probe.attachment:
            case ProcessEvent(ProcessMoment.BEGIN, None, pid):
                probes.append(_at(probe, _EXEC, _whose(pid)))
            case ProcessEvent(ProcessMoment.BEGIN, str() as path):
                probes.append(replace(probe, attachment=_entry(path)))
            case ProcessEvent(ProcessMoment.THREAD_END, None, pid):
                probes.append(_at(probe, _EXIT, _whose(pid)))
            case ProcessEvent(ProcessMoment.END, None, pid):
                probes.append(_at(probe, _EXIT, ir.AndThen(_LEADER, _whose(pid))))
            case ProcessEvent(
                ProcessMoment.END | ProcessMoment.THREAD_END as moment, str() as path
            ):
                name = known.setdefault(path, f"%processes{len(known)}")
                ours: ir.Expr = ir.Contains(name, (_PID,))
                if moment is ProcessMoment.END:
                    ours = ir.AndThen(_LEADER, ours)
                probes.append(_at(probe, _EXIT, ours))
            case _:
                probes.append(probe)
    if not probes or probes == list(program.probes):
        return program
    last = max(probe.index for probe in probes)
    for order, (path, name) in enumerate(known.items(), 1):
        note = ir.SetElement(name, (_PID,), ir.Integer(1))
        point = f'process("{path}").begin'
        probes.append(ir.Probe(last + order, point, point, _entry(path), (), (note,)))
    remembered = tuple(
        ir.Global(name, Type.LONG, (Type.LONG,), size=_PROCESSES, wraps=True)
        for name in known.values()
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


def _entry(path: str) -> UserAddress:
    """The first instruction that a process of the binary runs there."""
    from translator.base.errors import StapError
    from translator.base.system import RealSystem
    from translator.debuginfo.finders import open_debuginfo

    try:
        with open(path, "rb") as file:
            header = os.pread(file.fileno(), 64, 0)
        address = LinkAddress(int.from_bytes(header[_ENTRY : _ENTRY + 8], "little"))
        offset = open_debuginfo(path, RealSystem()).file_offset(address)
    except (OSError, StapError) as error:
        raise CannotRun(f"{path}: {error}") from error
    if offset is None:
        raise CannotRun(f"{path} has no entry point: it is no program")
    return UserAddress(UserPlace(path, FileOffset(offset), address, "_start"))
