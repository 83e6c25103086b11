"""What the bpf runtime cannot take, with what would help."""

from __future__ import annotations

from translator.core import ir
from translator.core.visit import expressions, statements
from translator.runtimes.bpf.event import Kind, kind_of
from translator.runtimes.bpf.features import Feature, verdict
from translator.runtimes.bpf.primitives import NAMES
from translator.runtimes.bpf.translate import cannot
from translator.runtimes.protocol import Refusal

_MODULE = "use --runtime=kmod, where a kernel module can be built"
_NEEDS = {
    Kind.KERNEL: Feature.KPROBE,
    Kind.KERNEL_RETURN: Feature.KPROBE,
    Kind.USER: Feature.UPROBE,
    Kind.USER_RETURN: Feature.UPROBE,
}


def refusals(program: ir.Program) -> tuple[Refusal, ...]:
    """One refusal for each probe that cannot be attached or run, by index."""
    found = [Refusal(index, reason, _MODULE) for index, reason in cannot(program)]
    for probe in program.probes:
        kind = kind_of(probe.attachment)
        needed = None if kind is None else _NEEDS.get(kind)
        if needed is not None and not verdict(needed).available:
            reason = f"'{probe.point}': this kernel has no {needed.value}"
            found.append(Refusal(probe.index, reason, "use a kernel that has them"))
        found += _of_block(probe.body, probe.index)
    for function in program.functions:
        found += _of_block(function.body, None)
    return tuple(found)


def _of_block(block: ir.Block, probe: int | None) -> list[Refusal]:
    names = {item.primitive for item in expressions(block) if isinstance(item, ir.Ask)}
    found: list[Refusal] = []
    for stmt in statements(block):
        match stmt:
            case ir.Perform(primitive):
                names.add(primitive)
            case ir.EmbeddedC():
                found.append(Refusal(probe, "embedded C is run by kernel modules only", _MODULE))
            case ir.Store():
                found.append(Refusal(probe, "memory is written by kernel modules only", _MODULE))
            case _:
                pass
    return found + [
        Refusal(probe, f"the bpf runtime has no primitive '{name}'", _MODULE)
        for name in sorted(names - NAMES)
    ]
