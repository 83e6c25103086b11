"""A real VS Code: the packed extension installed, a script opened, corrected, run and stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.provision import Tools, package_extension

pytestmark = pytest.mark.editor

WRONG = 'probe begin { log("hello from panel") no_such_function() }\n'
GOOD = """\
probe begin { log("hello from panel") }
probe timer.s(1) { println("tick") }
probe end { println("goodbye") }
"""
SETTINGS = {
    "files.autoSave": "off",
    "files.hotExit": "off",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "editor.minimap.enabled": False,
    "telemetry.telemetryLevel": "off",
}
START_SECONDS = 60
SITTING_SECONDS = 150


def test_one_sitting(tools: Tools, stap_lsp: Path, tmp_path: Path) -> None:
    package = package_extension(tools)
    assert package.stat().st_size < 2_000_000
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "trace.stp").write_text(WRONG)
    screenshot = tmp_path / "failed.png"

    with vscode(tools, package, stap_lsp, tmp_path / "server") as url:
        sitting = {
            "modules": str(tools.modules),
            "chromium": str(tools.chromium),
            "url": url,
            "workspace": str(workspace),
            "profile": str(tmp_path / "profile"),
            "screenshot": str(screenshot),
            "good": GOOD,
        }
        drive = Path(__file__).parent / "vscode" / "drive.mjs"
        seen = run(
            [str(tools.node.program), str(drive), json.dumps(sitting)], tools, SITTING_SECONDS
        )

    print(seen.stdout)
    assert seen.returncode == 0, f"{seen.stdout}{seen.stderr}screenshot: {screenshot}"
    assert (workspace / "trace.stp").read_text() == GOOD  # Run has saved what was typed


def test_grammar(tools: Tools) -> None:
    package_extension(tools)
    checker = tools.extension / "node_modules" / "vscode-tmgrammar-test" / "dist" / "unit.js"
    grammar = tools.extension / "syntaxes" / "systemtap.tmLanguage.json"
    fixtures = [str(path) for path in sorted((tools.extension / "test").glob("*.stp"))]
    done = run(
        [str(tools.node.program), str(checker), "--grammar", str(grammar), *fixtures], tools, 60
    )
    assert done.returncode == 0, done.stdout


@contextmanager
def vscode(tools: Tools, package: Path, stap_lsp: Path, home: Path) -> Iterator[str]:
    """VS Code's server with the extension installed; gives its address."""
    machine = home / "data" / "Machine"
    machine.mkdir(parents=True)
    (machine / "settings.json").write_text(json.dumps(SETTINGS))
    command = [str(tools.node.program), str(tools.code_server / "out" / "server-main.js")]
    places = [
        *("--server-data-dir", str(home)),
        *("--user-data-dir", str(home / "data")),
        *("--extensions-dir", str(home / "extensions")),
        "--accept-server-license-terms",
    ]
    installed = run([*command, *places, "--install-extension", str(package)], tools, START_SECONDS)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [
                *command,
                *places,
                *("--host", "127.0.0.1", "--port", "0"),
                "--without-connection-token",
                *("--telemetry-level", "off"),
                "--disable-workspace-trust",
                "--enable-smoke-test-driver",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**tools.node.environment, "STAP_LSP": str(stap_lsp)},
            start_new_session=True,
        )
    try:
        yield f"http://127.0.0.1:{port_from(log, server)}"
    finally:
        end(server)


def port_from(log: Path, server: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if found := re.search(r"listening on (\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(f"VS Code's server did not start:\n{log.read_text()}")


def end(leader: subprocess.Popen[Any]) -> None:
    """End a session's leader and its group: politely first, so that it ends its own children."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(leader.pid, sent)
            leader.wait(timeout=10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def run(command: list[str], tools: Tools, seconds: int) -> subprocess.CompletedProcess[str]:
    """Run to the end; on time-out end the whole group, and report what was printed."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=tools.node.environment,
        start_new_session=True,
    )
    try:
        out, error = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        out, error = process.communicate(timeout=10)
        error += f"\nno end after {seconds} s\n"
    return subprocess.CompletedProcess(command, process.returncode, out, error)
