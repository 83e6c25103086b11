"""The five passes of a run, with the lines that ``-v`` prints about each.

Passes 3 and 4 are kept on disk by what they are made from.  Times are this process's own
CPU time and the clock; memory is what the kernel says of it (/proc/self/statm).
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from translator.base.cache import DiskCache, code_version, digest
from translator.base.diagnostics import StapError
from translator.core.ir import Program
from translator.elaborate.program import Elaborated
from translator.runtimes.protocol import Code, Plain, Refusal, Runtime
from translator.runtimes.registry import NAMES, runtime

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


class NoRuntime(StapError):
    """No runtime can take the program here."""


@dataclass(slots=True)
class Usage:
    """A pass's cost, filled in when it ends."""

    user: int = 0  # ms
    system: int = 0
    real: int = 0

    def __str__(self) -> str:
        size, resident, shared, _, _, data, _ = _memory()
        return (
            f"using {size}virt/{resident}res/{shared}shr/{data}data kb, "
            f"in {self.user}usr/{self.system}sys/{self.real}real ms."
        )


def _memory() -> tuple[int, ...]:
    with open("/proc/self/statm", encoding="ascii") as file:
        return tuple(int(word) * _PAGE_KB for word in file.read().split())


@contextmanager
def measured() -> Iterator[Usage]:
    """The cost of what runs inside."""
    usage = Usage()
    before, clock = os.times(), time.monotonic()
    yield usage
    after = os.times()
    usage.user = round((after.user - before.user) * 1000)
    usage.system = round((after.system - before.system) * 1000)
    usage.real = round((time.monotonic() - clock) * 1000)


def say(line: str) -> None:
    """A line about the run itself: on standard error, apart from the script's output."""
    print(line, file=sys.stderr, flush=True)


def plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def pass_1(files: int, usage: Usage) -> str:
    return f"Pass 1: parsed user script and {plural(files, 'library script')} {usage}"


def pass_2(found: Elaborated, usage: Usage) -> str:
    program = found.program
    probes = len(program.probes) if program else len(found.derived)
    functions = len(program.functions) if program else len(found.scope.functions)
    variables = len(program.globals) if program else len(found.scope.globals)
    return (
        f"Pass 2: analyzed script: {plural(probes, 'probe')}, {plural(functions, 'function')}, "
        f"{plural(found.embedded, 'embed')}, {plural(variables, 'global')} {usage}"
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A runtime and why it was taken."""

    runtime: Runtime
    reason: str


def choose(program: Program, wanted: str) -> Choice:
    """The runtime called ``wanted``, or the first that takes the program for ``auto``.

    Raises NoRuntime with every refusal and its remedy.
    """
    names = NAMES if wanted == "auto" else (wanted,)
    refusals: dict[str, tuple[Refusal, ...]] = {}
    for name in names:
        candidate = runtime(name)
        refused = candidate.refusals(program)
        if not refused:
            earlier = "; ".join(f"{known}: {items[0].reason}" for known, items in refusals.items())
            return Choice(candidate, f"{name} can run it{f' ({earlier})' if earlier else ''}")
        refusals[name] = refused
    raise NoRuntime(_refused(refusals, program))


def _refused(refusals: dict[str, tuple[Refusal, ...]], program: Program) -> str:
    """What each runtime refuses; the first one's in full, since it is the one people want."""
    lines: list[str] = []
    for name, items in refusals.items():
        for item in items[:5]:
            where = "" if item.probe is None else f" (probe {program.probes[item.probe].name})"
            remedy = f": {item.remedy}" if item.remedy else ""
            lines.append(f"runtime {name}: {item.reason}{where}{remedy}")
        if len(items) > 5:
            lines.append(f"runtime {name}: and {len(items) - 5} more")
    return "no runtime can take this script here\n  " + "\n  ".join(lines)


@dataclass(slots=True)
class Product:
    """What a pass gave: ``name`` is its file in the cache, ``cached`` whether it was there."""

    name: str
    value: Plain
    cached: bool


class Later:
    """Passes 3 and 4 of one program."""

    def __init__(self, chosen: Runtime, program: Program, cache: DiskCache, key: str) -> None:
        self._runtime = chosen
        self._program = program
        self._cache = cache
        self._key = digest(code_version(), chosen.name, key, sys.version, os.uname().release)

    def translate(self) -> tuple[Product, Code]:
        """Pass 3."""
        made: list[Code] = []

        def make() -> Plain:
            made.append(self._runtime.translate(self._program))
            return (made[0].text, made[0].data)

        product = self._kept("code", make)
        assert isinstance(product.value, tuple), product.value
        text, data = product.value
        return product, Code(text, data)

    def compile(self, code: Code) -> Product:
        """Pass 4."""
        return self._kept("image", lambda: self._runtime.compile(code))

    def _kept(self, kind: str, make: Callable[[], Plain]) -> Product:
        name = os.path.join(self._cache.directory, kind, self._key)
        data = self._cache.read(kind, self._key)
        if data is not None:
            try:
                return Product(name, marshal.loads(data), True)
            except (ValueError, EOFError, TypeError):
                pass  # damaged: made again below
        value = make()
        self._cache.write(kind, self._key, marshal.dumps(value))  # type: ignore[arg-type]
        return Product(name, value, False)
