"""Every rule is documented, and the documentation is true: its blocks are run."""

from __future__ import annotations

import ast as python
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import translator
from tests.support.running import elaborated
from translator.probes.point import Rule as PointRule
from translator.semantics.rules import registry
from translator.semantics.rules.rule import Rule

_BLOCK = re.compile(r"^```stp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"[a-z]+(-[a-z]+)+")
_PROGRAM = "int main(int argc, char **argv)\n{\n\treturn argc;\n}\n"
# Words that are written like a rule's id and are none.
_OTHER_WORDS = {"stap-lsp"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that documentation calls PROGRAM: has `main` and debug information."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.c").write_text(_PROGRAM)
    subprocess.run(
        ["gcc", "-g", "-O0", "-o", "program", "program.c"], cwd=folder, check=True, timeout=60
    )
    return str(folder / "program")


def rule(name: str) -> Rule:
    found = registry.rule(name)
    assert found is not None, name
    return found


def rules_given(text: str) -> set[str]:
    _, messages = elaborated(text)
    return {message.partition(":")[0] for message in messages}


@pytest.mark.parametrize("name", registry.IDS)
def test_documentation(name: str, program: str) -> None:
    found = rule(name)
    blocks = _BLOCK.findall(found.documentation)
    assert len(blocks) == 2, "one block that is wrong, one that is right"
    wrong, right = (block.replace('"PROGRAM"', f'"{program}"') for block in blocks)
    assert name in rules_given(wrong)
    assert rules_given(right) == set()
    assert found.summary.endswith(".")


@pytest.mark.parametrize("name", registry.IDS)
def test_file_is_named_after_the_rule(name: str) -> None:
    assert rule(name).id == name
    checked = (rule(name).outline is not None, rule(name).script is not None)
    assert checked == (name in registry.OUTLINE, name in registry.SCRIPT)


def test_every_rule_of_the_code_has_a_file() -> None:
    assert _ids_in_code() - set(registry.IDS) == set()


def test_every_file_is_registered() -> None:
    folder = Path(registry.__file__).parent
    files = {
        path.stem.replace("_", "-")
        for path in folder.glob("*.py")
        if "\nRULE = " in path.read_text()
    }
    assert files == set(registry.IDS)


@cache
def _ids_in_code() -> set[str]:
    found = {str(item) for item in PointRule}
    root = Path(translator.__file__).parent
    for part in ("syntax", "probes", "semantics", "elaborate"):
        for path in (root / part).rglob("*.py"):
            if path.parent.name != "rules":
                found.update(_ids_reported(python.parse(path.read_text())))
    return found - _OTHER_WORDS


def _ids_reported(tree: python.Module) -> Iterator[str]:
    """String literals with the form of an id that are an argument of a call."""
    for node in python.walk(tree):
        values: list[python.expr] = []
        if isinstance(node, python.Call):
            values = [*node.args, *(item.value for item in node.keywords)]
        elif isinstance(node, python.FunctionDef):
            values = list(node.args.defaults)
        for value in values:
            text = value.value if isinstance(value, python.Constant) else None
            if isinstance(text, str) and _ID.fullmatch(text):
                yield text


def test_unknown_rule() -> None:
    assert registry.rule("no-such-rule") is None
