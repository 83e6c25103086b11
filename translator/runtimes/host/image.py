"""Pass 4 of the host runtime: the plain data that `session.run_image` takes.

The rows are made here so that the bpf runtime makes its own the same way.
"""

from __future__ import annotations

from collections.abc import Iterable

from translator.core import ir
from translator.probes.attachment import Lifecycle, Moment, Timer
from translator.runtimes.host.expressions import histogram_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from translator.runtimes.host.memory import GlobalRow
    from translator.runtimes.host.session import ProbeRow


def global_rows(program: ir.Program) -> list[GlobalRow]:
    """The program's globals as `MemoryStorage` takes them, by internal name."""
    default = program.limits.map_entries
    return [
        (
            item.name,
            item.type.value,
            len(item.keys),
            default if item.size is None else item.size,
            item.size is not None,
            item.wraps,
            item.initial,
            tuple(histogram_shape(shape) for shape in item.histograms),
        )
        for item in program.globals
    ]


def probe_rows(probes: Iterable[ir.Probe]) -> list[ProbeRow]:
    """The probes that run in user space; ``never`` and other attachments are left out."""
    rows: list[ProbeRow] = []
    for probe in probes:
        names = (probe.name, probe.point, probe.function)
        match probe.attachment:
            case Lifecycle(Moment.NEVER):
                continue
            case Lifecycle(moment, order):
                rows.append((probe.index, moment.value, order, 0, 0, *names))
            case Timer(period, randomize):
                rows.append((probe.index, "timer", 0, period, randomize, *names))
            case _:
                continue
    return rows
