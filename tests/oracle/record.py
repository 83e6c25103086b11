"""`python -m tests.oracle.record`: asks the real stap about every script and keeps its verdicts."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.oracle.stap import Case, Verdict, cases, stap, version

RECORDED = Path(__file__).with_name("verdicts.json")


def recorded() -> tuple[str, dict[str, dict[str, Verdict]]]:
    """The package's version, and stap's verdicts by script and by way."""
    data = json.loads(RECORDED.read_text(encoding="utf-8"))
    return data["version"], data["verdicts"]


def main() -> int:
    asked = cases()
    if not asked:
        print("oracle: no scripts: install systemtap-common and systemtap-doc", file=sys.stderr)
        return 1
    with stap() as real, ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(real.verdict, asked))
    _write(asked, verdicts)
    rejected = sum(verdict is not None for verdict in verdicts)
    print(f"{len(asked)} cases of stap {version()}, {rejected} of them rejected")
    return 0


def _write(asked: list[Case], verdicts: list[Verdict]) -> None:
    found: dict[str, dict[str, Verdict]] = {}
    for case, verdict in zip(asked, verdicts, strict=True):
        found.setdefault(case.name, {})[case.way.value] = verdict
    lines = [f"{json.dumps(name)}: {json.dumps(ways)}" for name, ways in found.items()]
    text = f'{{"version": {json.dumps(version())}, "verdicts": {{\n' + ",\n".join(lines) + "\n}}\n"
    RECORDED.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
