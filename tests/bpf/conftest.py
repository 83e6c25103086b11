"""What the kernel tests share: descriptors that close themselves, and one compiled program."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from translator.runtimes.bpf.descriptors import Descriptors

WORK = """
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) long work(long n) { __asm__ volatile("" ::: "memory"); return n * 2; }
int main(int argc, char **argv) {
    long sum = 0;
    for (long i = 0; i < atol(argv[1]); i++) sum += work(i);
    if (argc > 2) for (;;) { sum += work(1); usleep(1000); }
    return sum == -1;
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("kernel"):
                item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.fixture
def held() -> Iterator[Descriptors]:
    with Descriptors() as owner:
        yield owner


@pytest.fixture(scope="session")
def work_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that calls its function `work` as often as its argument says."""
    place = tmp_path_factory.mktemp("work")
    source = place / "work.c"
    source.write_text(WORK)
    binary = place / "work"
    command = ["gcc", "-g", "-O1", "-no-pie", "-o", str(binary), str(source)]
    subprocess.run(command, check=True, timeout=60)
    return binary


@pytest.fixture(scope="session")
def work_offset(work_binary: Path) -> int:
    """File offset of `work`; the binary's text is mapped at 0x400000, as -no-pie puts it."""
    command = ["nm", str(work_binary)]
    names = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout
    address = next(line.split()[0] for line in names.splitlines() if line.endswith(" work"))
    return int(address, 16) - 0x400000
