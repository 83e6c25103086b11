"""What the host runtime cannot take, with what would help."""

from __future__ import annotations

from translator.core import ir
from translator.core.visit import expressions, statements
from translator.probes.attachment import Lifecycle, Timer
from translator.runtimes.host import primitives
from translator.runtimes.protocol import Refusal

_ELSEWHERE = "use --runtime=bpf, or --runtime=kmod where a kernel module can be built"


def refusals(program: ir.Program) -> tuple[Refusal, ...]:
    """One refusal for each probe that needs an event source, a primitive or embedded C."""
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
            continue
        found += _of_block(probe.body, probe.index)
    for function in program.functions:
        found += _of_block(function.body, None)
    return tuple(found)


def _of_block(block: ir.Block, probe: int | None) -> list[Refusal]:
    found: list[Refusal] = []
    names = {item.primitive for item in expressions(block) if isinstance(item, ir.Ask)}
    for statement in statements(block):
        if isinstance(statement, ir.Perform):
            names.add(statement.primitive)
        if isinstance(statement, ir.EmbeddedC):
            reason = "embedded C is run by kernel modules only"
            found.append(Refusal(probe, reason, "use --runtime=kmod"))
    found += [
        Refusal(probe, f"the host runtime has no primitive '{name}'", _ELSEWHERE)
        for name in sorted(names - primitives.NAMES)
    ]
    return found
