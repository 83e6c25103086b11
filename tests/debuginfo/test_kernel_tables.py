"""The kernel's types (BTF) and symbols (kallsyms)."""

from __future__ import annotations

from pathlib import Path

import pytest

from translator.base.cache import DiskCache
from translator.base.system import RealSystem
from translator.debuginfo.btf import KERNEL_BTF, Btf, open_kernel_btf
from translator.debuginfo.ctype import (
    MemberPath,
    MemberStep,
    Record,
    TypeKind,
    c_name,
    members,
    resolve_path,
    size_of,
)
from translator.debuginfo.kallsyms import KernelPlace, KernelSymbols
from translator.debuginfo.model import DebugInfoError

needs_btf = pytest.mark.skipif(
    not Path(KERNEL_BTF).exists(), reason="the running kernel has no BTF"
)


@pytest.fixture(scope="module")
def kernel() -> Btf:
    return open_kernel_btf(RealSystem(), None)


@needs_btf
def test_a_functions_prototype(kernel: Btf) -> None:
    found = kernel.function("vfs_read")
    assert found is not None
    assert [(each.name, c_name(kernel, each.type)) for each in found.parameters] == [
        ("file", "struct file*"),
        ("buf", "char*"),
        ("count", "size_t"),
        ("pos", "loff_t*"),
    ]
    assert c_name(kernel, found.result) == "ssize_t"
    assert kernel.function("no_such_function") is None
    assert "vfs_read" in kernel.functions("vfs_r*")


@needs_btf
def test_members_and_paths(kernel: Btf) -> None:
    file = kernel.find_type(TypeKind.STRUCT, "file")
    assert file is not None
    record = kernel.type(file)
    assert isinstance(record, Record)
    for each in members(kernel, file):
        size = size_of(kernel, each.type)
        assert size is None or each.bits is not None or each.offset + size <= record.size
    steps = tuple(MemberStep(name) for name in ("f_path", "dentry", "d_name", "name"))
    found = resolve_path(kernel, file, steps)
    assert isinstance(found, MemberPath)
    assert len(found.hops) == 2
    assert c_name(kernel, found.type) == "unsigned char const*"


@needs_btf
def test_tracepoints(kernel: Btf) -> None:
    found = kernel.tracepoint("sched_process_fork")
    assert found is not None
    assert [c_name(kernel, each.type) for each in found.parameters] == ["struct task_struct*"] * 2
    assert "sched_process_fork" in kernel.tracepoints()
    assert kernel.tracepoint("no_such_tracepoint") is None


@needs_btf
def test_every_type_can_be_read_and_named(kernel: Btf) -> None:
    for type_id in range(1, kernel.end_id, 37):
        kernel.type(type_id)  # type: ignore[arg-type]
        assert c_name(kernel, type_id) is not None  # type: ignore[arg-type]


@needs_btf
def test_a_kept_table_answers_the_same(tmp_path: Path) -> None:
    cache = DiskCache(str(tmp_path))
    first = open_kernel_btf(RealSystem(), cache)
    again = open_kernel_btf(RealSystem(), cache)
    assert first.function("vfs_write") == again.function("vfs_write")
    for entry in (tmp_path / "btf").iterdir():
        entry.write_bytes(entry.read_bytes()[:-8])
    assert open_kernel_btf(RealSystem(), cache).function("vfs_write") == first.function("vfs_write")


@pytest.mark.parametrize("data", [b"", b"\0" * 64, b"\x9f\xeb\x01\0\x18\0\0\0" + b"\xff" * 16])
def test_what_is_not_btf_is_refused(data: bytes) -> None:
    with pytest.raises(DebugInfoError, match="some/path"):
        Btf("some/path", data)


SYMBOLS = b"""\
ffffffff81000000 T _text
ffffffff81000000 T startup
ffffffff81000100 t helper
ffffffff81000180 D table
ffffffffc0000000 t probe_me\t[driver]
ffffffff81000040 W weak
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (0xFFFFFFFF81000000, KernelPlace("_text", 0, 0x40)),
        (0xFFFFFFFF8100003F, KernelPlace("_text", 0x3F, 0x40)),
        (0xFFFFFFFF81000040, KernelPlace("weak", 0, 0xC0)),
        (0xFFFFFFFF81000105, KernelPlace("helper", 5, 0x80)),
        (0xFFFFFFFFC0000010, KernelPlace("probe_me", 0x10, 0, "driver")),
        (0xFFFFFFFFC9000010, None),
        (0x1000, None),
    ],
)
def test_kernel_addresses_have_names(address: int, expected: KernelPlace | None) -> None:
    assert KernelSymbols(SYMBOLS).at(address) == expected


def test_kernel_names_have_addresses() -> None:
    symbols = KernelSymbols(SYMBOLS)
    assert symbols.address_of("probe_me") == 0xFFFFFFFFC0000000
    assert symbols.address_of("nothing") is None


def test_hidden_addresses_are_said_to_be() -> None:
    with pytest.raises(DebugInfoError, match="run as root"):
        KernelSymbols(b"0000000000000000 T _text\n0000000000000000 t helper\n")


def test_what_is_no_list_of_symbols_is_refused() -> None:
    with pytest.raises(DebugInfoError, match="not a list of symbols"):
        KernelSymbols(b"<html>\n")
