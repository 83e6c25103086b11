"""System calls: all of them, with upstream's context variables, and each one elaborates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tapsets
from tests.tapsets.library import alias_name, aliases, assigned, upstream_files
from translator.analysis import Analysis, Settings
from translator.base.system import RealSystem
from translator.elaborate.program import Elaborated
from translator.syntax import ast

_NUMBERS = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")

# Of calls that are two in the kernel and one here, or of names that only old versions had.
_DIFFERENT = {
    "semop": {"tsops_uaddr"},  # before 2.3
    "seccomp": {"uargs", "uargs_unquoted"},  # before 2.9
    "setdomainname": {"hostname_uaddr"},  # before 2.8
    "fsetxattr": {"name2", "name2_unquoted"},  # before 1.4
    "fgetxattr": {"name2", "name2_unquoted"},
    "getxattr": {"name2", "name2_unquoted"},
    "lgetxattr": {"name2", "name2_unquoted"},
    "lremovexattr": {"name2", "name2_unquoted"},
    "mkdirat": {"pahtname_unquoted"},  # misspelt there
}


def points(suffix: str) -> dict[str, ast.Alias]:
    """The aliases `syscall.NAME`, with ``suffix`` ("" or ".return"), by NAME."""
    found = {}
    for _, alias in aliases():
        matched = re.fullmatch(rf"syscall\.(\w+){re.escape(suffix)}", alias_name(alias))
        if matched:
            found[matched[1]] = alias
    return found


def kernel_names(suffix: str) -> set[str]:
    """Every NAME in a point `__syscall("NAME")` of the library."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in tapsets.scripts())
    return set(re.findall(rf'__syscall\("(\w+)"\){re.escape(suffix)}(?![\w.])', text))


@pytest.mark.parametrize("suffix", ["", ".return"])
@pytest.mark.skipif(not _NUMBERS.exists(), reason="needs the kernel's user-space headers")
def test_every_system_call_has_an_alias(suffix: str) -> None:
    known = set(re.findall(r"#define __NR_(\w+) ", _NUMBERS.read_text()))
    assert not known - kernel_names(suffix)


def test_entry_return_and_dwarfless_names_are_the_same() -> None:
    assert points("").keys() == points(".return").keys()
    names = {alias_name(alias) for _, alias in aliases()}
    for name in points(""):
        assert {f"nd_syscall.{name}", f"nd_syscall.{name}.return"} <= names


def test_context_variables_every_entry_has() -> None:
    for name, alias in points("").items():
        if len(alias.points) == 1:
            assert {"name", "argstr"} <= assigned(alias), name
    for name, alias in points(".return").items():
        assert {"retval", "retstr"} <= assigned(alias), name


@pytest.mark.skipif(not upstream_files(), reason="needs SystemTap's own tapset")
def test_context_variables_are_upstreams() -> None:
    lacking = {}
    for name, theirs in _upstream_variables().items():
        alias = points("").get(name)
        if alias is None:
            continue
        mine = assigned(alias).union(*(assigned(inner) for inner in _inner(name)))
        missing = theirs - mine - _DIFFERENT.get(name, set())
        if missing:
            lacking[name] = missing
    assert not lacking


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analysis]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield Analysis(RealSystem(), Settings((str(tapsets.directory()),)))


def elaborated(analysis: Analysis, script: str) -> Elaborated:
    analysis.set_text("/script.stp", script)
    return analysis.elaborated("/script.stp")


@pytest.mark.parametrize("family", ["syscall", "nd_syscall"])
def test_all_entries_elaborate(analysis: Analysis, family: str) -> None:
    found = elaborated(analysis, f'probe {family}.* {{ printf("%s %s\\n", name, argstr) }}')
    assert not found.findings
    assert found.program is not None
    assert len(found.program.probes) >= len(points("")) - len(_without_number())


@pytest.mark.parametrize("family", ["syscall", "nd_syscall"])
def test_all_returns_elaborate(analysis: Analysis, family: str) -> None:
    found = elaborated(analysis, f'probe {family}.*.return {{ printf("%s %s\\n", name, retstr) }}')
    assert not found.findings
    assert found.program is not None


def test_every_variable_elaborates(analysis: Analysis) -> None:
    """Each documented variable of each call has a type and can be read."""
    lines = []
    for name, alias in points("").items():
        variables = sorted(assigned(alias).union(*map(assigned, _inner(name))))
        lines.append(f"probe syscall.{name} ? {{ println({', '.join(variables)}) }}")
    found = elaborated(analysis, "\n".join(lines))
    assert not found.findings


def _without_number() -> set[str]:
    return {"nice"}


def _inner(name: str) -> list[ast.Alias]:
    """The private aliases behind one that stands for two calls of the kernel."""
    return [alias for _, alias in aliases() if alias_name(alias).startswith(f"_{name}.")]


@cache
def _upstream_variables() -> dict[str, set[str]]:
    """What the entry of each call sets, from the lists of its arguments in registers."""
    found = {}
    for path in upstream_files():
        if not path.name.startswith("sysc_"):
            continue
        text = path.read_text(errors="replace")
        for name in re.findall(r"^\s*probe\s+syscall\.(\w+)\s*=", text, re.MULTILINE):
            macro = re.search(
                rf"@define _SYSCALL_{name.upper()}_REGARGS\s*%\((.*?)\n%\)", text, re.DOTALL
            )
            if macro:
                found[name] = set(re.findall(r"^\s*(\w+) *=[^=]", macro[1], re.MULTILINE))
    return found
