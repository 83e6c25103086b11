from __future__ import annotations

import gzip

import pytest

from tests.probes.machine import memory, names, problem, resolve
from translator.probes.attachment import (
    Access,
    Attachment,
    Edge,
    FileUse,
    KernelFunction,
    KernelReturn,
    Lifecycle,
    Moment,
    Nanoseconds,
    Netfilter,
    PerfEvent,
    ProcFile,
    Syscall,
    Timer,
    Tracepoint,
    Watchpoint,
)
from translator.probes.pattern import parts
from translator.probes.registry import FAMILIES, families
from translator.probes.syscall_numbers import numbers

SECOND = 1_000_000_000

KERNEL = {
    "/proc/config.gz": gzip.compress(b"CONFIG_HZ_1000=y\nCONFIG_HZ=1000\n"),
    "/proc/kallsyms": (
        b"ffffffff81000000 T _stext\n"
        b"ffffffff81000ff0 t __pfx_vfs_read\n"
        b"ffffffff81001000 T vfs_read\n"
        b"ffffffff81001100 t vfs_read.cold\n"
        b"ffffffff81001200 T vfs_readv\n"
        b"ffffffff82001000 D jiffies_seen\n"
        b"ffffffffc0001000 t ext4_map_blocks\t[ext4]\n"
    ),
    "/sys/kernel/btf/vmlinux": b"\0btf_trace_sched_switch\0btf_trace_sched_wakeup\0int\0",
    "/sys/kernel/tracing/events/sched/sched_switch/format": b"",
}


def timer(period: int, randomize: int = 0) -> Timer:
    return Timer(Nanoseconds(period), Nanoseconds(randomize))


@pytest.mark.parametrize(
    ("text", "attachment"),
    [
        ("begin", Lifecycle(Moment.BEGIN)),
        ("begin(-10)", Lifecycle(Moment.BEGIN, -10)),
        ("end", Lifecycle(Moment.END)),
        ("end(7)", Lifecycle(Moment.END, 7)),
        ("error", Lifecycle(Moment.ERROR)),
        ("error(1)", Lifecycle(Moment.ERROR, 1)),
        ("never", Lifecycle(Moment.NEVER)),
        ("timer.s(2)", timer(2 * SECOND)),
        ("timer.sec(2)", timer(2 * SECOND)),
        ("timer.ms(4000)", timer(4 * SECOND)),
        ("timer.msec(1)", timer(1_000_000)),
        ("timer.us(5)", timer(5_000)),
        ("timer.usec(5)", timer(5_000)),
        ("timer.ns(300)", timer(300)),
        ("timer.nsec(300)", timer(300)),
        ("timer.hz(100)", timer(10_000_000)),
        ("timer.jiffies(3)", timer(3_000_000)),
        ("timer.ms(100).randomize(20)", timer(100_000_000, 20_000_000)),
        ("timer.profile", PerfEvent(1, 0, frequency=1000, profile=True)),
        ("timer.profile.tick", PerfEvent(1, 0, frequency=1000, profile=True)),
        ("timer.profile.freq.hz(97)", PerfEvent(1, 0, frequency=97, profile=True)),
        ("perf.type(1).config(2)", PerfEvent(1, 2, period=1_000_000)),
        ("perf.type(1).config(2).sample(5)", PerfEvent(1, 2, period=5)),
        ("perf.sw.context_switches.hz(9)", PerfEvent(1, 3, frequency=9)),
        ("perf.hw.branch_misses", PerfEvent(0, 5, period=1_000_000)),
        ('__syscall("openat")', Syscall("openat", 257)),
        ('__syscall("read").return', Syscall("read", 0, Edge.RETURN)),
        ('kernel.function("vfs_read")', KernelFunction("vfs_read")),
        ('kernel.function("vfs_read").call', KernelFunction("vfs_read")),
        ('kernel.function("vfs_read").return', KernelReturn("vfs_read")),
        ('kprobe.function("vfs_read").return.maxactive(9)', KernelReturn("vfs_read", maxactive=9)),
        ('module("ext4").function("ext4_map_*")', KernelFunction("ext4_map_blocks", "ext4")),
        ('module("e*").function("*")', KernelFunction("ext4_map_blocks", "ext4")),
        ('kernel.trace("sched_switch")', Tracepoint(None, "sched_switch")),
        ('kernel.trace("sched:sched_switch")', Tracepoint("sched", "sched_switch")),
        ('kernel.trace("sched:*")', Tracepoint("sched", "sched_switch")),
        ("kernel.data(4096).write", Watchpoint(4096, 1, Access.WRITE)),
        ("kernel.data(4096).length(4).rw", Watchpoint(4096, 4, Access.READ_WRITE)),
        ('kernel.data("jiffies_seen").rw', Watchpoint(0xFFFFFFFF82001000, 8, Access.READ_WRITE)),
        ("procfs.read", ProcFile("command", FileUse.READ, 0o400)),
        ('procfs("x/y").umask(32).read', ProcFile("x/y", FileUse.READ, 0o404)),
        ('procfs("x").read.maxsize(99)', ProcFile("x", FileUse.READ, 0o400, 99)),
        ('procfs("x").write', ProcFile("x", FileUse.WRITE, 0o200)),
        (
            'netfilter.pf("NFPROTO_ARP").hook("NF_ARP_IN").priority("-5")',
            Netfilter("NF_ARP_IN", "NFPROTO_ARP", -5),
        ),
        (
            'netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV6").priority("NF_IP6_PRI_NAT_DST")',
            Netfilter("NF_INET_LOCAL_IN", "NFPROTO_IPV6", -100),
        ),
    ],
)
def test_attachments(text: str, attachment: Attachment) -> None:
    resolution = resolve(text, memory(KERNEL))
    assert resolution.problems == ()
    assert [each.attachment for each in resolution.probes] == [attachment]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("begin(-10)", ["begin(-10)"]),
        ("timer.ms(100).randomize(20)", ["timer.ms(100).randomize(20)"]),
        ("timer.profile", ["timer.profile"]),
        ("timer.**", ["timer.profile", "timer.profile.tick"]),
        ('__syscall("openat").return', ['__syscall("openat").return']),
        (
            'kernel.function("vfs_*")',
            ['kernel.function("vfs_read")', 'kernel.function("vfs_readv")'],
        ),
        ('kernel.function("*.cold")', ['kernel.function("vfs_read.cold")']),
        ('module("*").function("*")', ['module("ext4").function("ext4_map_blocks")']),
        (
            'kernel.trace("*")',
            ['kernel.trace("sched_switch")', 'kernel.trace("sched_wakeup")'],
        ),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert names(text, memory(KERNEL)) == expected


def test_wildcards_over_timers() -> None:
    resolution = resolve("timer.*(5)")
    assert [each.name for each in resolution.probes][:3] == [
        "timer.s(5)",
        "timer.sec(5)",
        "timer.ms(5)",
    ]
    assert resolution.problems == ()


def test_jiffies_without_a_kernel_configuration() -> None:
    (probe,) = resolve("timer.jiffies(1)").probes
    assert probe.attachment == timer(SECOND // 250)


@pytest.mark.parametrize(
    ("text", "rule", "index", "suggestions"),
    [
        ("bgin", "unknown-probe-point", 0, ("begin",)),
        ("timer.mss(5)", "unknown-probe-point", 1, ("ms",)),
        ("timer.ms", "unknown-probe-point", 1, ("ms(N)",)),
        ("begin.end", "unknown-probe-point", 1, ()),
        ("timer.s(0)", "bad-argument", 1, ()),
        ("timer.s(99999999999)", "bad-argument", 1, ()),
        ("timer.hz(2000000000)", "bad-argument", 1, ()),
        ("timer.ms(5).randomize(6)", "bad-argument", 2, ()),
        ("timer.profile.freq.hz(0)", "bad-argument", 3, ()),
        ('__syscall("opnat")', "no-such-syscall", 0, ("openat", "openat2", "open")),
        ('__syscall("zzz*")', "no-such-syscall", 0, ()),
        ("perf.type(1).config(2).sample(0)", "bad-argument", 3, ()),
        ('perf.type(1).config(2).counter("x")', "unsupported-probe-point", 3, ()),
        ('kernel.function("vfs_reed")', "no-such-function", 1, ("vfs_read", "vfs_readv")),
        ('kernel.function("vfs_read@fs/*.c")', "no-debuginfo", 1, ()),
        ('kernel.function("vfs_read").inline', "no-debuginfo", 2, ()),
        ('kernel.statement("*@fs/*.c:3")', "no-debuginfo", 1, ()),
        ('module("nosuch").function("x")', "no-such-function", 1, ()),
        ('kernel.trace("shed_switch")', "no-such-tracepoint", 1, ("sched_switch",)),
        ('kernel.trace("irq:sched_switch")', "no-such-tracepoint", 1, ("sched_switch",)),
        ("kernel.data(4097).length(4).write", "bad-argument", 1, ()),
        ("kernel.data(4096).length(3).write", "bad-argument", 2, ()),
        ('kernel.data("nosuch").write', "no-such-symbol", 1, ()),
        ('procfs("../x").read', "bad-argument", 0, ()),
        ('process("x").mark("m")', "unsupported-probe-point", 1, ()),
        (
            'netfilter.hook("NF_INET_LOCAL").pf("NFPROTO_IPV4")',
            "bad-argument",
            1,
            ("NF_INET_LOCAL_IN", "NF_INET_LOCAL_OUT"),
        ),
    ],
)
def test_problems(text: str, rule: str, index: int, suggestions: tuple[str, ...]) -> None:
    found = problem(text, memory(KERNEL))
    assert found[:2] == (rule, index)
    assert found[2][: len(suggestions)] == suggestions
    assert bool(found[2]) == bool(suggestions)


def test_a_kernel_that_hides_itself() -> None:
    assert problem('kernel.function("x")')[0] == "no-debuginfo"
    assert problem('kernel.trace("x")')[0] == "no-debuginfo"


def test_system_calls_of_each_architecture() -> None:
    assert numbers("x86_64")["file_setattr"] == 469
    assert numbers("arm64")["openat"] == 56
    for architecture in ("x86_64", "arm64"):
        values = list(numbers(architecture).values())
        assert len(set(values)) == len(values) > 300
    assert problem('__syscall("open")', memory(architecture="arm64"))[0] == "no-such-syscall"
    assert problem('__syscall("open")', memory(architecture="s390"))[0] == "unsupported-probe-point"


def test_system_calls_by_glob() -> None:
    found = resolve('__syscall("*stat*")').probes
    assert {each.function for each in found} >= {"__x64_sys_newfstatat", "__x64_sys_statx"}
    assert len(resolve('__syscall("*")').probes) == len(numbers("x86_64"))


def test_families_are_found_by_their_first_component() -> None:
    for family, (module, heads) in zip(families(), FAMILIES, strict=True):
        for pattern in family.patterns:
            assert parts(pattern.text)[0].name in heads, (module, pattern)
            assert pattern.summary.endswith("."), pattern
