"""`stap-lsp doctor`: what this machine allows, what is missing, how to get it.

Everything is tried, nothing is guessed from a version.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import click

from stap_lsp import __version__
from translator.base.diagnostics import PrivilegeError
from translator.base.system import RealSystem


class State(Enum):
    OK = "ok"
    MISSING = "missing"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at; ``remedy`` says what to do where it is not ok."""

    subject: str
    state: State
    detail: str
    remedy: str = ""


@click.command()
def command() -> int:
    """Say what this machine allows, what is missing and how to get it.

    Exit status 0 if scripts can run in the kernel here, 1 if they cannot.
    """
    machine = RealSystem().machine()
    click.echo(f"stap-lsp {__version__}, Python {sys.version.split()[0]}")
    click.echo(f"kernel {machine.release}, {machine.architecture}")
    usable = True
    for line in _lines():
        click.echo(
            f"  {line.state.value:8}{line.subject}{f': {line.detail}' if line.detail else ''}"
        )
        if line.remedy:
            click.echo(f"  {'':8}→ {line.remedy}")
        usable = usable and not (line.state is State.MISSING and line.subject == _PROGRAMS)
    return 0 if usable else 1


_SYS_ADMIN, _BPF = 1 << 21, 1 << 39
_PROGRAMS = "load tracing programs"
_REMEDIES = {
    "KPROBE": "kernel.function needs CONFIG_KPROBES; probe system calls and tracepoints instead",
    "UPROBE": "process.* needs CONFIG_UPROBES",
    "UPROBE_MULTI": "Linux 6.6 has it; without, each probe attaches on its own",
    "SYSCALL_PROGRAM": "Linux 5.15 has it",
    "COMPARE_EXCHANGE": "Linux 5.12 has it; without, compound updates of globals are refused",
    "KERNEL_BTF": "kernel types need CONFIG_DEBUG_INFO_BTF",
    "WRITE_USER": "guru-mode writes need lockdown off",
}


def _lines() -> Iterator[Line]:
    yield _privilege()
    yield from _features()
    yield _lockdown()
    yield _tracefs()
    yield _paranoid()


def _privilege() -> Line:
    user = "root" if os.geteuid() == 0 else "not root"
    if _capabilities() & (_SYS_ADMIN | _BPF):
        return Line("privilege", State.OK, user)
    return Line(
        "privilege",
        State.LIMITED,
        f"{user}, without CAP_BPF",
        "run as root, or grant CAP_BPF, CAP_PERFMON and CAP_DAC_READ_SEARCH",
    )


def _capabilities() -> int:
    """The effective ones, a bit each (capabilities(7))."""
    status = _read("/proc/self/status") or ""
    return int(status.partition("CapEff:")[2].split()[0], 16) if "CapEff:" in status else 0


def _features() -> Iterator[Line]:
    from translator.runtimes.bpf.features import Feature, verdict

    for feature in Feature:
        try:
            found = verdict(feature)
        except PrivilegeError as error:
            yield Line(_PROGRAMS, State.MISSING, "not permitted", str(error))
            return
        if found.available:
            yield Line(feature.value, State.OK, "")
        else:
            remedy = _REMEDIES.get(feature.name, "")
            yield Line(feature.value, State.MISSING, found.reason, remedy)


def _lockdown() -> Line:
    text = _read("/sys/kernel/security/lockdown")
    if text is None or "[none]" in text:
        return Line("lockdown", State.OK, "none" if text else "not reported")
    mode = text.partition("[")[2].partition("]")[0]
    return Line("lockdown", State.LIMITED, mode, "boot with lockdown=none to lift it")


def _tracefs() -> Line:
    if os.path.isdir("/sys/kernel/tracing/events"):
        return Line("tracefs", State.OK, "")
    return Line(
        "tracefs",
        State.LIMITED,
        "not mounted (nothing here needs it)",
        "mount -t tracefs tracefs /sys/kernel/tracing",
    )


def _paranoid() -> Line:
    text = (_read("/proc/sys/kernel/perf_event_paranoid") or "?").strip()
    return Line("perf_event_paranoid", State.OK, text)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return None
