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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.provision import EXTENSION, Tools, package_extension

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


@dataclass(frozen=True, slots=True)
class Sitting:
    """A scenario of drive.mjs, and how VS Code is started for it."""

    scenario: str
    environment: dict[str, str]
    options: tuple[str, ...] = ()


def test_one_sitting(tools: Tools, stap_lsp: Path, tmp_path: Path) -> None:
    assert package_extension(tools).stat().st_size < 2_000_000
    script = script_in(tmp_path)
    sit(
        Sitting("sitting", {"STAP_LSP": str(stap_lsp)}, ("--disable-workspace-trust",)),
        tools,
        script,
    )
    assert script.read_text() == GOOD  # Run has saved what was typed


def test_untrusted_workspace(tools: Tools, stap_lsp: Path, tmp_path: Path) -> None:
    script = script_in(tmp_path)
    own = script.parent / ".venv" / "bin"
    own.mkdir(parents=True)
    (own / "stap-lsp").symlink_to(stap_lsp)
    sit(Sitting("untrusted", {"STAP_LSP": "", "PATH": "/usr/bin:/bin"}), tools, script)


def test_grammar(tools: Tools) -> None:
    checker = tools.extension / "node_modules" / "vscode-tmgrammar-test" / "dist" / "unit.js"
    grammar = EXTENSION / "syntaxes" / "systemtap.tmLanguage.json"
    fixtures = [str(path) for path in sorted((EXTENSION / "test").glob("*.stp"))]
    command = [str(tools.node.program), str(checker), "--grammar", str(grammar), *fixtures]
    done = run(command, tools.node.environment, 60)
    assert done.returncode == 0, done.stdout


def script_in(directory: Path) -> Path:
    workspace = directory / "workspace"
    workspace.mkdir()
    script = workspace / "trace.stp"
    script.write_text(WRONG)
    return script


def sit(sitting: Sitting, tools: Tools, script: Path) -> None:
    """Play `sitting` before `script`; fails with what was seen and a screenshot."""
    home = script.parent.parent
    environment = {**tools.node.environment, **sitting.environment}
    screenshot = home / "failed.png"
    with vscode(tools, sitting.options, environment, home / "server") as url:
        setting = {
            "scenario": sitting.scenario,
            "modules": str(tools.modules),
            "chromium": str(tools.chromium),
            "url": url,
            "script": str(script),
            "profile": str(home / "profile"),
            "screenshot": str(screenshot),
            "good": GOOD,
        }
        drive = Path(__file__).parent / "vscode" / "drive.mjs"
        command = [str(tools.node.program), str(drive), json.dumps(setting)]
        seen = run(command, environment, SITTING_SECONDS)
    print(seen.stdout)
    assert seen.returncode == 0, f"{seen.stdout}{seen.stderr}screenshot: {screenshot}"


@contextmanager
def vscode(
    tools: Tools, options: tuple[str, ...], environment: dict[str, str], home: Path
) -> Iterator[str]:
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
    install = [*command, *places, "--install-extension", str(package_extension(tools))]
    installed = run(install, environment, START_SECONDS)
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
                "--enable-smoke-test-driver",
                *options,
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
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


def run(
    command: list[str], environment: dict[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    """Run to the end; on time-out end the whole group, and report what was printed."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        out, error = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        end(process)
        out, error = process.communicate(timeout=10)
        error += f"\nno end after {seconds} s\n"
    return subprocess.CompletedProcess(command, process.returncode, out, error)
