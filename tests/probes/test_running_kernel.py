"""Probe points of the kernel that the tests run on, as far as it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.machine import problem, real, resolve
from translator.debuginfo.btf import KERNEL_BTF
from translator.probes.attachment import Edge, Tracepoint
from translator.probes.target_names import target_names
from translator.probes.targets import KernelTargets

needs_btf = pytest.mark.skipif(
    not Path(KERNEL_BTF).exists(), reason=f"the kernel has no {KERNEL_BTF}"
)


@needs_btf
def test_tracepoints() -> None:
    machine = real()
    (probe,) = resolve('kernel.trace("sched_switch")', machine).probes
    assert probe.attachment == Tracepoint(None, "sched_switch")
    types = {each.name: each.type for each in target_names(probe.targets, machine)}
    assert types["$prev"] == types["$next"] == "struct task_struct*"
    assert len(resolve('kernel.trace("sched_*")', machine).probes) > 10
    assert "sched_switch" in problem('kernel.trace("sched_swich")', machine)[2]


@needs_btf
def test_parameters_of_kernel_functions() -> None:
    machine = real()
    entry = target_names(KernelTargets("vfs_read", None, Edge.ENTRY), machine)
    assert ("$file", "struct file*") in {(each.name, each.type) for each in entry}
    leave = target_names(KernelTargets("vfs_read", None, Edge.RETURN), machine)
    assert (leave[0].name, leave[0].type) == ("$return", "ssize_t")
