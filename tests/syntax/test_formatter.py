"""The formatter: what it makes of a script, and that it changes nothing but the layout."""

from __future__ import annotations

from pathlib import Path

import pytest

import tapsets
from translator.base.diagnostics import Severity
from translator.base.text import SourceText
from translator.syntax.formatter import format_script
from translator.syntax.parser import parse_file
from translator.syntax.unparse import unparse

INSTALLED = Path("/usr/share/systemtap")
OWN = sorted(Path(tapsets.directory()).rglob("*.stp*"))
FOREIGN = sorted(INSTALLED.rglob("examples/**/*.stp")) + sorted(INSTALLED.rglob("tapset/*.stp*"))

WRITTEN = """\
#!/usr/bin/stap
global a,b[10],  c


global d=3 # kept
function f:long(x:long,y) { return x+y }
probe process("a").function("b").{call,return} , timer.s(1) ?
{
   if (x==3) { y = -1;z=a[1,2]- - 3 } else
     foo (1,2 ,3)
   if (a)
       b = 3  // trailing
   else if (!c) d ++
   else {
     e-- }


   /* block
      comment */
   foreach ([p,q] in arr - limit 10) { printf("%d", @count(arr[p,q])); }
   for (i=0;i<10;i++) println(i."a")
   printf("long %d %d",
          a,
          b)
   x = a?b:c; try { error("a") } catch (msg) { println(msg) }
   while (1)
   {
   %( kernel_v >= "3" %? y = $foo -> bar[3]
      %: y   =   3
   %)
   }
   # fmt: off
   weird   =   3 ;  x  = 4
   # fmt: on
   delete arr[*,3]; if ([1,*] in arr) next
   foreach (v = k in m)
     foreach (z in n)
        println(v)
   %{ C   code
      here %}
   }
probe begin { exit() } probe a.b = c.d { x=1 }, { y=2 }
"""

LAID_OUT = """\
#!/usr/bin/stap
global a, b[10], c

global d=3 # kept
function f:long(x:long, y) { return x + y }
probe process("a").function("b").{call,return}, timer.s(1) ? {
  if (x == 3) {
    y = -1;
    z = a[1, 2] - -3
  } else
    foo(1, 2, 3)
  if (a)
    b = 3  // trailing
  else if (!c) d++
  else {
    e--
  }

  /* block
      comment */
  foreach ([p, q] in arr- limit 10) { printf("%d", @count(arr[p, q])); }
  for (i = 0; i < 10; i++) println(i . "a")
  printf("long %d %d",
         a,
         b)
  x = a ? b : c;
  try { error("a") } catch (msg) { println(msg) }
  while (1) {
    %( kernel_v >= "3" %? y = $foo -> bar[3]
       %: y   =   3
    %)
  }
  # fmt: off
   weird   =   3 ;  x  = 4
   # fmt: on
  delete arr[*, 3];
  if ([1, *] in arr) next
  foreach (v = k in m)
    foreach (z in n)
      println(v)
  %{ C   code
      here %}
}
probe begin { exit() }
probe a.b = c.d { x = 1 }, { y = 2 }
"""


def formatted(text: str) -> str:
    laid_out, errors = format_script(parse_file(SourceText("script", text)))
    assert errors == ()
    return laid_out


def test_layout() -> None:
    assert formatted(WRITTEN) == LAID_OUT


def test_what_is_laid_out_stays() -> None:
    assert formatted(LAID_OUT) == LAID_OUT


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "probe begin { }\r\n"])
def test_small_files(text: str) -> None:
    assert formatted(formatted(text)) == formatted(text)


def test_a_file_with_errors_is_left_alone() -> None:
    text = "probe begin   { x = ( }"
    laid_out, errors = format_script(parse_file(SourceText("script", text)))
    assert laid_out == text
    assert {item.severity for item in errors} == {Severity.ERROR}


@pytest.mark.parametrize("paths", [OWN, FOREIGN], ids=["own", "foreign"])
def test_same_tree_and_idempotent(paths: list[Path]) -> None:
    read = 0
    for path in paths:
        tree = parse_file(SourceText(str(path), path.read_text(errors="surrogateescape")))
        text, errors = format_script(tree)
        if errors:
            assert text == tree.source.text
            continue
        again = parse_file(SourceText(str(path), text))
        assert format_script(again) == (text, ()), path
        assert [unparse(item.decl) for item in again.declarations] == [
            unparse(item.decl) for item in tree.declarations
        ], path
        read += 1
    assert read > len(paths) / 2
