"""Real Vim and Neovim, without a screen: the file type, a run into a buffer, the server's findings."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.provision import Tools

pytestmark = pytest.mark.editor

PLUGIN = Path(__file__).resolve().parents[2] / "editors" / "vim"
SESSION_SECONDS = 60
SCRIPT = """\
probe begin { log("hello from buffer") }
probe timer.s(1) { println("tick") }
probe end { println("goodbye") }
"""
WRONG = """\
probe begin {
  no_such_function()
}
"""

# Waits are bounded by the editor itself; what was seen is written down and judged here.
SUPPORT = """
function! Wait(condition) abort
  for _ in range(300)
    if eval(a:condition)
      return 1
    endif
    sleep 100m
  endfor
  return 0
endfunction

function! Output() abort
  return getbufline(bufnr('stap-lsp://run'), 1, '$')
endfunction

function! Finish(seen) abort
  call writefile([json_encode(a:seen)], $SEEN)
  qall!
endfunction
"""

RUN = """
let seen = {'filetype': &filetype, 'syntax': synIDattr(synID(1, 1, 1), 'name')}
StapRun
call Wait("index(Output(), 'tick') > 0")
StapStop
call Wait("Output()[-1] =~# 'exit'")
let seen.output = Output()
call Finish(seen)
"""

CHECK = """
compiler stap_lsp
silent make!
call Finish({'found': map(getqflist(), '[v:val.lnum, v:val.col, v:val.type, v:val.text]')})
"""

FILETYPES = """
let seen = {}
for name in ['a.stp', 'a.stpm', 'shebang']
  execute 'edit' name
  let seen[name] = &filetype
endfor
call Finish(seen)
"""

INDENT = """
set shiftwidth=2 expandtab
normal! gg=G
call Finish({'lines': getline(1, '$')})
"""

NVIM_SERVER = """
call Wait("!empty(luaeval('vim.diagnostic.get(0)'))")
let seen = {'found': luaeval('vim.diagnostic.get(0)')}
let seen.attached = luaeval('vim.tbl_map(function(c) return c.name end, vim.lsp.buf_get_clients(0))')
call setline(2, '  exit()')
call Wait("empty(luaeval('vim.diagnostic.get(0)'))")
let seen.after = luaeval('vim.diagnostic.get(0)')
call Finish(seen)
"""

ALE_SERVER = """
call Wait("!empty(ale#engine#GetLoclist(bufnr('%')))")
let seen = {'found': map(copy(ale#engine#GetLoclist(bufnr('%'))), '[v:val.lnum, v:val.linter_name]')}
call Finish(seen)
"""


@pytest.fixture(params=["vim", "nvim"])
def editor(request: pytest.FixtureRequest, tools: Tools) -> Path:
    return tools.vim if request.param == "vim" else tools.nvim


def test_run_into_a_buffer(editor: Path, stap_lsp: Path, tmp_path: Path) -> None:
    seen = sit(editor, stap_lsp, tmp_path, SCRIPT, RUN)
    assert seen["filetype"] == "systemtap"
    assert seen["syntax"] == "systemtapDeclaration"
    command, *printed = seen["output"]
    assert command.endswith("trace.stp")
    assert printed[0] == "hello from buffer"
    assert "tick" in printed
    assert printed[-2:] == ["goodbye", "[exit 0]"]


def test_check_fills_the_quickfix_list(editor: Path, stap_lsp: Path, tmp_path: Path) -> None:
    seen = sit(editor, stap_lsp, tmp_path, WRONG, CHECK)
    (line, column, kind, text) = seen["found"][0]
    assert (line, column, kind) == (2, 3, "E")
    assert "no_such_function" in text


def test_file_types(editor: Path, stap_lsp: Path, tmp_path: Path) -> None:
    for name in ("a.stp", "a.stpm"):
        (tmp_path / name).write_text(SCRIPT)
    (tmp_path / "shebang").write_text("#!/usr/bin/env stap\n" + SCRIPT)
    seen = sit(editor, stap_lsp, tmp_path, SCRIPT, FILETYPES)
    assert seen == dict.fromkeys(["a.stp", "a.stpm", "shebang"], "systemtap")


def test_indent(editor: Path, stap_lsp: Path, tmp_path: Path) -> None:
    lines = """\
probe begin {
  if (a)
    b()
  else
    c()
  foreach ([k,
    v] in s- limit 3) {
    print("{")  # {
  }
  try {
    d()
  } catch (e) {
    f()
  }
}
probe end { }
""".splitlines()
    flat = "".join(line.lstrip() + "\n" for line in lines)
    assert sit(editor, stap_lsp, tmp_path, flat, INDENT)["lines"] == lines


def test_server_in_neovim(tools: Tools, stap_lsp: Path, tmp_path: Path) -> None:
    seen = sit(tools.nvim, stap_lsp, tmp_path, WRONG, NVIM_SERVER)
    assert "stap-lsp" in json.dumps(seen["attached"])
    assert (seen["found"][0]["lnum"], seen["found"][0]["col"]) == (1, 2)
    assert seen["after"] == []


def test_server_in_vim(tools: Tools, stap_lsp: Path, tmp_path: Path) -> None:
    ale = f"set runtimepath+={tools.ale}\n"
    seen = sit(tools.vim, stap_lsp, tmp_path, WRONG, ALE_SERVER, before=ale)
    assert seen["found"][0] == [2, "stap_lsp"]


def sit(
    editor: Path, stap_lsp: Path, directory: Path, text: str, session: str, *, before: str = ""
) -> dict[str, Any]:
    """Open `text` as a script, source `session`, and return what it wrote down by Finish()."""
    (directory / "trace.stp").write_text(text)
    start = directory / "start.vim"
    start.write_text(
        f"set nocompatible nomore noswapfile viminfo=\nset runtimepath^={PLUGIN}\n{before}"
        f"filetype plugin indent on\nsyntax on\n{SUPPORT}"
    )
    (directory / "session.vim").write_text(session)
    command = [str(editor), "-u", str(start)]
    if editor.name == "nvim":
        command += ["--headless", "-c", "source session.vim", "trace.stp"]
    else:
        # Ex mode skips VimEnter, on which plug-ins start.
        command += [
            "-N",
            "-es",
            "-c",
            "doautocmd VimEnter",
            "-c",
            "source session.vim",
            "trace.stp",
        ]
    environment = {
        **os.environ,
        "STAP_LSP": str(stap_lsp),
        "SEEN": str(directory / "seen.json"),
        **{f"XDG_{kind}_HOME": str(directory / kind) for kind in ("CONFIG", "DATA", "STATE")},
    }
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SESSION_SECONDS,
        check=False,
    )
    seen = directory / "seen.json"
    assert seen.exists(), f"exit {done.returncode}: {done.stdout}{done.stderr}"
    answer: dict[str, Any] = json.loads(seen.read_text())
    return answer
