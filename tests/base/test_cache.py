"""The disk cache: damage, foreign places and several writers cost time and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.probes.machine import MemorySystem
from translator.base.cache import DiskCache, digest
from translator.base.system import Machine
from translator.semantics.library import open_library


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = DiskCache(str(tmp_path / "deep" / "cache"))
    assert cache.read("trees", "k") is None
    cache.write("trees", "k", b"one")
    cache.write("trees", "k", b"two")
    assert cache.read("trees", "k") == b"two"
    assert cache.read("other", "k") is None
    assert os.listdir(tmp_path / "deep" / "cache" / "trees") == ["k"]  # no temporary file stays


def test_an_unwritable_place_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for place in (str(tmp_path / "file"), "/dev/null/cache", "/proc/cache"):
        cache = DiskCache(place)
        cache.write("trees", "k", b"lost")
        assert cache.read("trees", "k") is None
    (tmp_path / "kind" / "k").mkdir(parents=True)  # an entry that is a directory
    cache = DiskCache(str(tmp_path))
    cache.write("kind", "k", b"lost")
    assert cache.read("kind", "k") is None
    assert os.listdir(tmp_path / "kind") == ["k"]


def test_keys_tell_parts_apart() -> None:
    keys = [digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("c", "ab"), digest()]
    assert len(set(keys)) == len(keys)
    assert digest("é") == digest("é".encode())
    assert digest("\udc80")  # an undecodable byte in a path


def test_old_entries_go(tmp_path: Path) -> None:
    cache = DiskCache(str(tmp_path))
    for number in range(520):
        cache.write("kind", str(number), b"")
        os.utime(tmp_path / "kind" / str(number), (number, number))
    kept = {int(name) for name in os.listdir(tmp_path / "kind")}
    assert len(kept) < 520
    assert 519 in kept
    assert 0 not in kept


def test_several_writers_leave_one_whole_entry(tmp_path: Path) -> None:
    code = (
        "import sys; from translator.base.cache import DiskCache\n"
        "for _ in range(50): DiskCache(sys.argv[1]).write('k', 'x', sys.argv[2].encode() * 9999)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), letter]) for letter in "abc"
    ]
    cache = DiskCache(str(tmp_path))
    try:
        while any(process.poll() is None for process in running):
            data = cache.read("k", "x")
            assert data is None or data in {letter * 9999 for letter in (b"a", b"b", b"c")}
    finally:
        for process in running:
            assert process.wait(timeout=60) == 0
    assert os.listdir(tmp_path / "k") == ["x"]


def test_damaged_entries_are_made_again(tmp_path: Path) -> None:
    text = b"function one() { return 1 }\nglobal two\nprobe three = begin { }\n"
    system = MemorySystem({"/lib/a.stp": text}, {}, Machine("6.1.0-test", "x86_64"))
    cache = DiskCache(str(tmp_path))

    def read() -> object:
        library = open_library(system, cache, ("/lib",))
        entries = (*library.functions("one"), *(entry for _, entry in library.aliases()))
        trees = [library.declaration(entry) for entry in entries]
        library.save()
        return trees

    right = read()
    assert right
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == {"library", "trees"}
    for damage in (b"", b"\x80", b"not it", b"\x80\x04N.", b"N", b"()", b"(\x01\x00\x00\x00N"):
        for path in files:
            path.write_bytes(damage)
        assert read() == right, damage
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    assert read() == right
