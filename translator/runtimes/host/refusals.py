"""What the host runtime cannot take, with what would help."""

from __future__ import annotations

from translator.core import ir
from translator.probes.attachment import Lifecycle, Timer
from translator.runtimes.host.cost import statements
from translator.runtimes.protocol import Refusal

_ELSEWHERE = "use --runtime=bpf, or --runtime=kmod where a kernel module can be built"


def refusals(program: ir.Program) -> tuple[Refusal, ...]:
    """One refusal for each probe that needs an event source or embedded C."""
    found: list[Refusal] = []
    for probe in program.probes:
        if not isinstance(probe.attachment, Lifecycle | Timer):
            kind = type(probe.attachment).__name__
            found.append(
                Refusal(
                    probe.index,
                    f"the host runtime has no event source for '{probe.point}' ({kind})",
                    _ELSEWHERE,
                )
            )
        elif any(isinstance(item, ir.EmbeddedC) for item in statements(probe.body)):
            found.append(_embedded(probe.index))
    embedding = [
        function
        for function in program.functions
        if any(isinstance(item, ir.EmbeddedC) for item in statements(function.body))
    ]
    found += [_embedded(None)] * bool(embedding)
    return tuple(found)


def _embedded(probe: int | None) -> Refusal:
    return Refusal(probe, "embedded C is run by kernel modules only", "use --runtime=kmod")
