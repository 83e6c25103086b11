"""Maps, programs, links and the ring buffer on the running kernel."""

from __future__ import annotations

import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from translator.runtimes.bpf.assembler import (
    R0,
    R1,
    R2,
    R3,
    R6,
    R7,
    Alu,
    Assembler,
    Atomic,
    Jump,
)
from translator.runtimes.bpf.count_code import emit_count
from translator.runtimes.bpf.counters import (
    COUNTERS,
    Counter,
    counters_spec,
    read_counters,
)
from translator.runtimes.bpf.descriptors import Descriptors, Exit
from translator.runtimes.bpf.features import Feature, verdict
from translator.runtimes.bpf.helper import Helper
from translator.runtimes.bpf.links import (
    AttachError,
    PerfSample,
    PerfType,
    SoftwareEvent,
    UprobePlace,
    UprobeTarget,
    attach_perf_event,
    attach_raw_tracepoint,
    attach_uprobes,
    attach_uprobes_singly,
)
from translator.runtimes.bpf.maps import (
    Map,
    MapFlag,
    MapSpec,
    MapType,
    Update,
    create_map,
    possible_cpus,
)
from translator.runtimes.bpf.programs import Program, ProgramSpec, load_program
from translator.runtimes.bpf.ring import NO_WAKEUP, Ring
from translator.runtimes.bpf.syscall import AttachType, BpfError, ProgramType

pytestmark = pytest.mark.kernel

SHARED = MapSpec("shared", MapType.ARRAY, 4, 64, 1, MapFlag.MMAPABLE)
GETPPID = 110


def key(number: int) -> bytes:
    return struct.pack("<I", number)


def words(memory: memoryview) -> memoryview:
    return memory.cast("Q")


def finish(code: Assembler) -> Assembler:
    code.set(R0, 0)
    code.leave()
    return code


def count_in(code: Assembler, offset: int) -> None:
    code.load_map_value(R1, "shared", offset)
    code.set(R2, 1)
    code.atomic(Atomic.ADD, 8, R1, 0, R2)


def only_here(code: Assembler) -> None:
    """Leave at once if another process is running."""
    here = code.label()
    code.call(Helper.GET_CURRENT_PID_TGID)
    code.alu_value(Alu.RSH, R0, 32)
    code.jump_if_value(Jump.EQ, R0, os.getpid(), here)
    finish(code)
    code.place(here)


def load(
    held: Descriptors,
    code: Assembler,
    kind: ProgramType,
    maps: dict[str, Map],
    attach_type: AttachType = AttachType.NONE,
) -> Program:
    return load_program(held, ProgramSpec("test", kind, code.finish(), attach_type), maps)


def test_hash_and_array_round_trips(held: Descriptors) -> None:
    table = create_map(held, MapSpec("t", MapType.HASH, 4, 8, 3000, MapFlag.NO_PREALLOC))
    assert table.lookup(key(1)) is None
    for number in range(3000):
        assert table.update(key(number), struct.pack("<Q", number * 7), Update.NEW)
    assert not table.update(key(5), bytes(8), Update.NEW)
    with pytest.raises(BpfError, match="writing map t"):
        table.update(key(3000), bytes(8))
    expected = {key(number): struct.pack("<Q", number * 7) for number in range(3000)}
    assert dict(table.items()) == expected
    assert set(table) == set(expected)
    assert table.delete(key(5))
    assert not table.delete(key(5))
    assert table.clear() == 2999
    assert table.items() == []

    array = create_map(held, MapSpec("a", MapType.ARRAY, 4, 8, 4, MapFlag.MMAPABLE))
    memory = words(array.memory(held))
    memory[2] = 99
    assert array.lookup(key(2)) == struct.pack("<Q", 99)
    array.update(key(3), struct.pack("<Q", 5))
    assert memory[3] == 5


def test_every_cpu_has_a_value_of_its_own(held: Descriptors) -> None:
    flags = MapFlag.NO_PREALLOC
    table = create_map(held, MapSpec("p", MapType.PERCPU_HASH, 4, 12, 100, flags))
    row = b"".join(struct.pack("<QQ", cpu, cpu * 2) for cpu in range(possible_cpus()))
    table.update(key(7), row)
    each = [struct.pack("<QI", cpu, cpu * 2) for cpu in range(possible_cpus())]
    assert table.lookup_each(key(7)) == each
    assert table.items_each() == [(key(7), each)]


def test_raw_tracepoint_counts_exactly(held: Descriptors) -> None:
    shared = create_map(held, SHARED)
    code = Assembler()
    code.copy(R6, R1)
    only_here(code)
    other = code.label()
    code.load(8, R7, R6, 8)
    code.jump_if_value(Jump.NE, R7, GETPPID, other)
    count_in(code, 0)
    code.place(other)
    program = load(held, finish(code), ProgramType.RAW_TRACEPOINT, {"shared": shared})
    attach_raw_tracepoint(held, program, "sys_enter")
    for _ in range(5000):
        os.getppid()
    assert words(shared.memory(held))[0] == 5000


@pytest.mark.parametrize("attach", [attach_uprobes, attach_uprobes_singly])
@pytest.mark.parametrize("returns", [False, True])
def test_uprobes_count_calls_and_carry_cookies(
    held: Descriptors,
    work_binary: Path,
    work_offset: int,
    returns: bool,
    attach: Callable[[Descriptors, Program, UprobeTarget], None],
) -> None:
    shared = create_map(held, SHARED)
    code = Assembler()
    code.call(Helper.GET_ATTACH_COOKIE)
    code.copy(R7, R0)
    count_in(code, 0)
    code.store(8, R1, 8, R7)
    many = AttachType.TRACE_UPROBE_MULTI if attach is attach_uprobes else AttachType.NONE
    program = load(held, finish(code), ProgramType.KPROBE, {"shared": shared}, many)
    place = UprobePlace(work_offset, cookie=42)
    attach(held, program, UprobeTarget(str(work_binary), (place,), returns))
    subprocess.run([work_binary, "3000"], check=True, timeout=60)
    seen = words(shared.memory(held))
    assert (seen[0], seen[1]) == (3000, 42)


def test_a_binary_that_is_not_there(held: Descriptors) -> None:
    many = AttachType.TRACE_UPROBE_MULTI
    program = load(held, finish(Assembler()), ProgramType.KPROBE, {}, many)
    with pytest.raises(AttachError, match="/no/such/file"):
        attach_uprobes(held, program, UprobeTarget("/no/such/file", (UprobePlace(0),)))


def test_perf_clock_with_a_stack(held: Descriptors) -> None:
    shared = create_map(held, SHARED)
    stacks = create_map(held, MapSpec("stacks", MapType.STACK_TRACE, 4, 127 * 8, 256))
    code = Assembler()
    code.copy(R6, R1)
    only_here(code)
    code.copy(R1, R6)
    code.load_map(R2, "stacks")
    code.set(R3, 1 << 8)  # BPF_F_USER_STACK
    code.call(Helper.GET_STACKID)
    no_stack = code.label()
    code.copy(R7, R0)
    code.jump_if_value(Jump.SLT, R7, 0, no_stack)
    count_in(code, 0)
    code.store(8, R1, 8, R7)
    code.place(no_stack)
    maps = {"shared": shared, "stacks": stacks}
    program = load(held, finish(code), ProgramType.PERF_EVENT, maps)
    sample = PerfSample(PerfType.SOFTWARE, SoftwareEvent.CPU_CLOCK, 1000)
    attach_perf_event(held, program, sample)
    seen = words(shared.memory(held))
    give_up = time.monotonic() + 30
    while seen[0] < 20 and time.monotonic() < give_up:
        sum(range(1000))
    assert seen[0] >= 20
    stack = stacks.lookup(key(seen[1]))
    assert stack is not None
    assert struct.unpack_from("<Q", stack)[0] != 0


@pytest.mark.parametrize("size", [mmap.PAGESIZE, 1 << 20])
def test_delivered_and_dropped_are_all(held: Descriptors, size: int) -> None:
    maps = {
        "shared": create_map(held, SHARED),
        "ring": create_map(held, MapSpec("ring", MapType.RINGBUF, 0, 0, size)),
        COUNTERS: create_map(held, counters_spec()),
    }
    code = Assembler()
    only_here(code)
    full, done = code.label(), code.label()
    code.load_map(R1, "ring")
    code.set(R2, 12)
    code.set(R3, 0)
    code.call(Helper.RINGBUF_RESERVE)
    code.copy(R6, R0)
    code.jump_if_value(Jump.EQ, R0, 0, full)
    code.load_map_value(R1, "shared", 0)
    code.set(R2, 1)
    code.atomic(Atomic.FETCH_ADD, 8, R1, 0, R2)
    code.store(8, R6, 0, R2)
    code.store_value(4, R6, 8, 7)
    code.copy(R1, R6)
    code.set(R2, NO_WAKEUP)
    code.call(Helper.RINGBUF_SUBMIT)
    code.jump(done)
    code.place(full)
    emit_count(code, Counter.DROPPED, -4)
    code.place(done)
    program = load(held, finish(code), ProgramType.RAW_TRACEPOINT, maps)
    ring = Ring(held, maps["ring"])
    numbers: list[int] = []
    for turn in range(4000):
        program.run()
        if turn % 50 == 49 and size > mmap.PAGESIZE:
            for record in ring.take(1000):
                number, seven = struct.unpack_from("<QI", ring.memory, record)
                assert seven == 7
                numbers.append(number)
            ring.release()
    numbers.extend(struct.unpack_from("<Q", ring.memory, at)[0] for at in ring.take(10_000))
    dropped = read_counters(maps[COUNTERS])[Counter.DROPPED]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) + dropped == 4000
    assert (dropped == 0) == (size > mmap.PAGESIZE)
    assert ring.waiting == 0


def test_the_verifier_s_words_reach_the_message(held: Descriptors) -> None:
    code = Assembler()
    code.comment("read the context past its end")
    code.load(8, R0, R1, 4096)
    code.leave()
    with pytest.raises(BpfError, match="loading test") as caught:
        load(held, code, ProgramType.PERF_EVENT, {})
    assert "invalid bpf_context access" in str(caught.value)
    assert "; read the context past its end" in str(caught.value)
    assert "0: (79)" in caught.value.log


def test_features_that_every_supported_kernel_has() -> None:
    for feature in (Feature.PROGRAMS, Feature.RAW_TRACEPOINT, Feature.RING_BUFFER):
        assert verdict(feature).available, verdict(feature)
    for feature in Feature:
        answer = verdict(feature)
        assert answer.available == (answer.reason == "")


LOADER = """
import sys, time
from translator.probes.attachment import FileOffset
from translator.runtimes.bpf.assembler import R0, Assembler
from translator.runtimes.bpf.descriptors import Descriptors, Exit
from translator.runtimes.bpf.links import *
from translator.runtimes.bpf.programs import ProgramSpec, load_program
from translator.runtimes.bpf.syscall import AttachType, ProgramType
path, offset, ending = sys.argv[1:]
held = Descriptors(Exit[ending])
code = Assembler(); code.set(R0, 0); code.leave()
many = AttachType.TRACE_UPROBE_MULTI
program = load_program(held, ProgramSpec("leftover_test", ProgramType.KPROBE, code.finish(), many))
attach_uprobes(held, program, UprobeTarget(path, (UprobePlace(int(offset)),)))
print("attached", program.info().id, flush=True)
sys.stdin.readline()
held.close()
"""


def program_exists(identifier: int) -> bool:
    from translator.runtimes.bpf.syscall import Command, bpf

    descriptor = bpf(Command.PROG_GET_FD_BY_ID, struct.pack("<III", identifier, 0, 0))
    if descriptor >= 0:
        os.close(descriptor)
    return descriptor >= 0


@pytest.mark.parametrize("ending", ["killed", Exit.HERE.name, Exit.IN_CHILD.name])
def test_nothing_is_left_behind(work_binary: Path, work_offset: int, ending: str) -> None:
    how = Exit.HERE.name if ending == "killed" else ending
    child = subprocess.Popen(
        [sys.executable, "-c", LOADER, str(work_binary), str(work_offset), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    said = child.stdout.readline().split()
    assert said[0] == "attached"
    program = int(said[1])
    assert program_exists(program)
    if ending == "killed":
        child.send_signal(signal.SIGKILL)
    child.communicate("\n", timeout=60)
    give_up = time.monotonic() + 30
    while program_exists(program) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not program_exists(program)
