"""A process's addresses get their names, even after the process has gone."""

from __future__ import annotations

import subprocess

import pytest

from tests.debuginfo.conftest import Build
from translator.base.system import RealSystem
from translator.debuginfo.process_maps import Mapping, UserSymbols, parse_maps, read_maps

MAPS = """\
00400000-00401000 r--p 00000000 08:01 99 /bin/plain program
00401000-00402000 r-xp 00001000 08:01 99 /bin/plain program
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000002000-7f0000003000 r-xp 00002000 08:01 7 /lib/gone.so (deleted)
7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0 [vdso]
"""


def test_maps_are_parsed() -> None:
    maps = parse_maps(MAPS)
    assert maps.at(0x401010) == Mapping(0x401000, 0x402000, 0x1000, "/bin/plain program", True)
    assert maps.at(0x402000) is None
    assert maps.at(0x10) is None
    anonymous = maps.at(0x7F0000000010)
    assert anonymous is not None
    assert (anonymous.path, anonymous.executable) == ("", False)
    deleted = maps.at(0x7F0000002010)
    assert deleted is not None
    assert deleted.path == "/lib/gone.so"


def test_what_has_no_file_has_no_symbol() -> None:
    symbols = UserSymbols(RealSystem())
    maps = parse_maps(MAPS)
    assert symbols.at(maps, 0x7FFC00000010).path == "[vdso]"
    assert symbols.at(maps, 0x7F0000002010).symbol is None
    assert symbols.at(maps, 0x10).path == ""


@pytest.mark.parametrize("variant", ["gcc -O0", "gcc -O2", "gcc -O0 -gdwarf-4 -no-pie"])
def test_addresses_of_a_process_that_has_gone(build: Build, variant: str) -> None:
    program = build("addresses", variant)
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = dict(process.stdout.readline().split() for _ in range(4))
        maps = read_maps(RealSystem(), process.pid)
        process.communicate("\n", timeout=20)
    assert maps is not None
    symbols = UserSymbols(RealSystem())
    for name, address in printed.items():
        place = symbols.at(maps, int(address, 16) + 2)
        assert place.symbol is not None
        assert (place.symbol.removeprefix("__libc_"), place.offset) == (name, 2)
        assert place.path == program or "libc" in place.path
    info = symbols.binary(program)
    assert info is not None
    (own,) = info.functions("own")
    bias = maps.bias(program, info)
    assert bias is not None
    assert own.address + bias == int(printed["own"], 16)
