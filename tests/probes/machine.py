"""Machines to resolve probe points on: one in memory, and the one the tests run on."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cache

from translator.base.diagnostics import StapError
from translator.base.system import Machine, RealSystem
from translator.debuginfo.btf import Btf, open_kernel_btf
from translator.debuginfo.finders import open_debuginfo
from translator.debuginfo.model import DebugInfo
from translator.probes import registry
from translator.probes.point import Environment, Resolution
from translator.syntax import ast
from translator.syntax.parser import parse_declaration


class MemorySystem:
    """A `System` whose files are a dictionary; every file is executable."""

    def __init__(
        self, files: Mapping[str, bytes], variables: Mapping[str, str], machine: Machine
    ) -> None:
        self._files = dict(files)
        self._variables = dict(variables)
        self._machine = machine

    def read_text(self, path: str) -> str | None:
        data = self.read_bytes(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def read_bytes(self, path: str) -> bytes | None:
        return self._files.get(path)

    def map_bytes(self, path: str) -> bytes | None:
        return self._files.get(path)

    def list_files(self, directory: str, suffix: str) -> tuple[str, ...]:
        start = directory.rstrip("/") + "/"
        return tuple(sorted(p for p in self._files if p.startswith(start) and p.endswith(suffix)))

    def list_directory(self, directory: str) -> tuple[str, ...]:
        start = directory.rstrip("/") + "/"
        below = [p.removeprefix(start) for p in self._files if p.startswith(start)]
        return tuple(sorted({name + slash for p in below for name, slash, _ in [p.partition("/")]}))

    def real_path(self, path: str) -> str | None:
        path = posixpath.normpath(path)
        return path if path in self._files else None

    def stamp(self, path: str) -> tuple[int, int] | None:
        return (1, len(self._files[path])) if path in self._files else None

    def find_program(self, name: str) -> str | None:
        if "/" in name:
            return self.real_path(name)
        places = (self.variable("PATH") or "").split(":")
        return next((p for p in (f"{each}/{name}" for each in places) if p in self._files), None)

    def variable(self, name: str) -> str | None:
        return self._variables.get(name)

    def machine(self) -> Machine:
        return self._machine


def _no_debuginfo(path: str) -> DebugInfo:
    raise StapError(f"{path}: not a binary")


def memory(files: Mapping[str, bytes] | None = None, architecture: str = "x86_64") -> Environment:
    machine = Machine("6.1.0-test", architecture)
    system = MemorySystem(files or {}, {"PATH": "/usr/bin"}, machine)
    return Environment(system, machine, _no_debuginfo)


def real(target_path: str | None = None, target_pid: int | None = None) -> Environment:
    system = RealSystem()

    @cache
    def opened(path: str) -> DebugInfo:
        return open_debuginfo(path, system)

    @cache
    def kernel_types() -> Btf:
        return open_kernel_btf(system, None)

    return Environment(system, system.machine(), opened, target_path, target_pid, kernel_types)


def point(text: str) -> ast.ProbePoint:
    """The only probe point of ``probe TEXT {}``, as the parser reads it."""
    parsed = parse_declaration(f"probe {text} {{}}")
    assert isinstance(parsed.decl, ast.Probe), parsed
    assert not parsed.diagnostics, parsed.diagnostics
    (found,) = parsed.decl.points
    return found


def components(text: str) -> tuple[ast.Component, ...]:
    (found,) = registry.expand(point(text))
    return found


def resolve(text: str, environment: Environment | None = None) -> Resolution:
    return registry.resolve(components(text), environment or memory())


def names(text: str, environment: Environment | None = None) -> list[str]:
    """``pp()`` of everything that the probe point resolves to."""
    resolution = resolve(text, environment)
    assert not resolution.problems, resolution.problems
    return [each.name for each in resolution.probes]


def problem(text: str, environment: Environment | None = None) -> tuple[str, int, tuple[str, ...]]:
    """Rule, component and suggestions of the only thing that is wrong."""
    resolution = resolve(text, environment)
    assert not resolution.probes, resolution.probes
    (found,) = resolution.problems
    return str(found.rule), found.index, found.suggestions
