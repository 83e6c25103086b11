"""The front end's cost on a script of a thousand lines: whole, and after a keystroke."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator

from tests.bench.measure import cpu_ms, once, percentile
from tests.syntax.scripts import INSTALLED
from translator.analysis import Analysis, Settings, bundled_library
from translator.base.collector import collect_seldom
from translator.base.system import RealSystem
from translator.base.text import SourceText
from translator.syntax.parser import parse_chunk, parse_file

_PIECE = """\
# Piece {n} of the script.
global table{n}, total{n} = {n}

/* What piece {n} computes. */
function piece{n}:long (value:long, name:string) {{
  if (value > {n} && name != "none") {{
    table{n}[name, value] <<< value * 2 + strlen(name)
    total{n} += @count(table{n}[name, value])
  }} else {{
    for (i = 0; i < 10; i++)
      total{n} += i << 1
  }}
  return total{n}
}}

probe timer.ms({period}) {{
  result = piece{n}(gettimeofday_us() % 100, execname())
  printf("%s %d %5d\\n", "piece {n}", result, total{n})
}}

probe end {{
  foreach ([name, value] in table{n}- limit 5)
    printf("%s %d %d\\n", name, value, @sum(table{n}[name, value]))
}}
"""


def script(lines: int) -> str:
    """A script of about that many lines that has no errors."""
    pieces = lines // (_PIECE.count("\n") + 1) + 1
    return "\n".join(_PIECE.format(n=n, period=100 + n) for n in range(pieces))


def rows() -> Iterator[tuple[str, str, str, str]]:
    collect_seldom()  # as the server does
    text = script(1000)
    lines = text.count("\n")

    def whole() -> None:
        parse_chunk.cache_clear()
        parse_file(SourceText("bench.stp", text))

    whole()
    found = cpu_ms(whole, 5)
    yield f"parse {lines} lines from scratch, CPU ms", f"{found[0]:.1f}", "", ""
    analysis = Analysis(RealSystem(), Settings((bundled_library(),)))
    analysis.set_text("bench.stp", text)
    assert analysis.diagnostics("bench.stp") == (), analysis.diagnostics("bench.stp")[:3]
    edits = _edits(text, 60)

    def syntax() -> None:
        analysis.set_text("bench.stp", next(edits))
        analysis.tree("bench.stp")

    found = cpu_ms(syntax, 60)
    yield (
        "keystroke to tree, CPU ms p50 / p95",
        f"{percentile(found, 0.5):.1f} / {percentile(found, 0.95):.1f}",
        "",
        "",
    )
    edits = _edits(text, 60)

    def meaning() -> None:
        analysis.set_text("bench.stp", next(edits))
        analysis.diagnostics("bench.stp")

    found = cpu_ms(meaning, 60)
    yield (
        "keystroke to diagnostics, CPU ms p50 / p95",
        f"{percentile(found, 0.5):.1f} / {percentile(found, 0.95):.1f}",
        "",
        "",
    )
    command = [os.path.join(os.path.dirname(sys.executable), "stap-lsp"), "check", "-"]
    example = os.path.join("stap_lsp", "examples", "syscall_counts.stp")
    check = [once([*command[:2], example]).cpu for _ in range(5)]
    yield "check of one file, CPU ms", f"{min(check):.0f}", "", ""
    yield from _examples()


def _examples() -> Iterator[tuple[str, str, str, str]]:
    """Every example of systemtap-doc, by one process, each opened, checked and closed."""
    paths = sorted((INSTALLED / "examples").rglob("*.stp"))
    if not paths:
        return
    texts = [path.read_bytes().decode("utf-8", "surrogateescape") for path in paths]

    def whole() -> None:
        parse_chunk.cache_clear()
        analysis = Analysis(RealSystem(), Settings((bundled_library(),)))
        for path, text in zip(paths, texts, strict=True):
            analysis.set_text(str(path), text)
            analysis.findings(str(path))
            analysis.forget_text(str(path))

    found = cpu_ms(whole, 3)
    what = f"check of systemtap-doc's examples ({len(paths)} files), CPU s"
    yield what, f"{found[0] / 1000:.1f}", "", ""


def _edits(text: str, count: int) -> Iterator[str]:
    """A letter typed at a place of its own each time."""
    random.seed(7)
    for _ in range(count):
        at = random.randrange(len(text))
        yield text[:at] + random.choice("abc x1") + text[at:]
