"""Memory that the traced program has mapped but not touched: probes bring its pages in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.running import stap_lsp

pytestmark = pytest.mark.kernel

_SOURCE = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct pair { char pad[4]; long number; } __attribute__((packed));

__attribute__((noinline)) int look(const char *text, struct pair *pair) { return !!text + !!pair; }

int main(int argc, char **argv)
{
    int calls = 0, rounds = argc > 2 ? 400 : 1;
    while (rounds--) {
        long page = sysconf(_SC_PAGESIZE);
        int file = open(argv[1], O_RDONLY);
        // Three pages of the file, then none; the file's cache is filled, this mapping is not.
        char *at = mmap(0, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mmap(at, 3 * page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
        madvise(at, 3 * page, MADV_RANDOM);
        close(file);
        calls += look(at + page - 5, (struct pair *)(at + 2 * page - 8));
        calls += look(at + 3 * page - 4, (struct pair *)at);
        calls += look(at + 3 * page, (struct pair *)at);
        munmap(at, 4 * page);
    }
    return calls == 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A program and the file that it maps, as one command."""
    directory = tmp_path_factory.mktemp("memory")
    source, binary, data = directory / "look.c", directory / "look", directory / "data"
    source.write_text(_SOURCE)
    subprocess.run(["gcc", "-g", "-O0", "-o", binary, source], check=True, timeout=60)
    octets = bytearray(b"." * 3 * 4096)
    octets[4096 - 5 : 4096 + 7] = b"across pages"[:12]
    octets[4096 + 7] = 0
    octets[2 * 4096 - 4 : 2 * 4096 + 4] = (12345).to_bytes(8, "little")
    octets[3 * 4096 - 4 :] = b"end\0"
    data.write_bytes(octets)
    return f"{binary} {data}"


def _run(program: str, body: str, *more: str, point: str = "") -> str:
    binary = program.split(maxsplit=1)[0]
    script = f'probe process("{binary}").function("look"){point} {{ {body} }} {" ".join(more)}'
    outcome = stap_lsp("run", "--runtime=bpf", "-e", script, "-c", program)
    assert (outcome.status, outcome.errors) == (0, ""), outcome
    return outcome.output


def test_strings_and_numbers_of_pages_not_touched(program: str) -> None:
    body = (
        r'if (n++ == 0) printf("%d ", $pair->number);'
        r' printf("%s\n", user_string2($text, "none"))'
    )
    assert _run(program, body, "global n") == "12345 across pages\nend\nnone\n"


def test_pretty_printed(program: str) -> None:
    expected = '"across pages" "end" "" '
    assert _run(program, r'printf("%s ", $text$)') == expected


def test_at_returns(program: str) -> None:
    body = r'printf("%s,", user_string2(@entry($text), "none"))'
    assert _run(program, body, point=".return") == "across pages,end,none,"


def test_nothing_is_lost_by_waiting(program: str, tmp_path: Path) -> None:
    """Four at once, moved about: every handler that waits gives its scratch memory back."""
    binary = program.split(maxsplit=1)[0]
    script = f"""
        global seen, n
        probe process("{binary}").function("look") {{
          text = user_string2($text, "none")
          seen[text . ":" . sprintf("%d", tid() % 1)] <<< 1
          n++
        }}
        probe end {{ foreach (t+ in seen) printf("%s %d\\n", t, @count(seen[t])); println(n) }}
    """
    both = " & ".join([f"{program} many"] * 4) + " & wait"
    outcome = stap_lsp("run", "--runtime=bpf", "-e", script, "-c", both)
    assert (outcome.status, outcome.errors) == (0, ""), outcome
    assert outcome.output == "across pages:0 1600\nend:0 1600\nnone:0 1600\n4800\n"
