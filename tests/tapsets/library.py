"""The library as tests see it: its declarations, and what is installed of SystemTap's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tapsets
from translator.base.text import SourceText
from translator.syntax import ast
from translator.syntax.parser import SyntaxTree, parse_file
from translator.syntax.unparse import unparse

UPSTREAM = Path("/usr/share/systemtap/tapset")
_OTHERS = re.compile(r"/(arm|arm64|i386|ia64|mips|powerpc|riscv|s390|bpf|dyninst)/")


@dataclass(frozen=True, slots=True)
class Signature:
    """Types as written: "long", "string" or "" where none is."""

    result: str
    arguments: tuple[str, ...]


@cache
def tree(path: Path) -> SyntaxTree:
    return parse_file(SourceText(str(path), path.read_text(encoding="utf-8")))


def declarations() -> list[tuple[Path, ast.Decl]]:
    return [(path, placed.decl) for path in tapsets.scripts() for placed in tree(path).declarations]


def functions() -> list[tuple[Path, ast.Function]]:
    return [(path, decl) for path, decl in declarations() if isinstance(decl, ast.Function)]


def aliases() -> list[tuple[Path, ast.Alias]]:
    return [(path, decl) for path, decl in declarations() if isinstance(decl, ast.Alias)]


def alias_name(alias: ast.Alias) -> str:
    (name,) = alias.names
    return ".".join(part.name for part in name.components if isinstance(part, ast.Component))


def signature(function: ast.Function) -> Signature:
    return Signature(
        _type(function.type), tuple(_type(parameter.type) for parameter in function.parameters)
    )


def assigned(alias: ast.Alias) -> set[str]:
    """The variables that the alias's own body sets."""
    found: set[str] = set()
    queue: list[object] = [alias.prologue, alias.epilogue]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Assign) and isinstance(node.target, ast.Name):
            found.add(node.target.name)
        if node is not None:
            queue.extend(ast.children(node))
    return found


def primitive_purity(function: ast.Function) -> str | None:
    """ "pure", "context" or "effect"; None for a function in script."""
    if not isinstance(function.body, ast.EmbeddedStmt):
        return None
    word, purity = function.body.code.split()
    assert word == "primitive", unparse(function)
    return purity


def upstream_files() -> list[Path]:
    """SystemTap's own files for this architecture; empty if it is not installed."""
    return [path for path in sorted(UPSTREAM.rglob("*.stp")) if not _OTHERS.search(str(path))]


@cache
def upstream_signatures() -> dict[str, set[Signature]]:
    """Every function of SystemTap's library by name, overloads together."""
    heads = re.compile(
        r"^\s*(?:@__private30\s+|private\s+)?function\s+(\w+)\s*(?::\s*(\w+))?\s*\(([^)]*)\)",
        re.MULTILINE,
    )
    found: dict[str, set[Signature]] = {}
    for path in upstream_files():
        text = re.sub(r"/\*.*?\*/", "", path.read_text(errors="replace"), flags=re.DOTALL)
        for name, result, arguments in heads.findall(text):
            types = tuple(
                argument.partition(":")[2].strip()
                for argument in arguments.split(",")
                if argument.strip()
            )
            found.setdefault(name, set()).add(Signature(result, types))
    return found


def _type(written: ast.TypeName | None) -> str:
    return "" if written is None else written.value
