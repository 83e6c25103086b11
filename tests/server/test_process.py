"""The process itself: bytes in, bytes out, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.server.client import COMMAND

PATIENCE = 30.0


class Server:
    """A server process spoken to in raw messages."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def receive(self, identity: int) -> dict[str, Any]:
        """The answer to a request.  The process is killed if it takes too long, which ends it."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            assert length, "the server has gone"
            message: dict[str, Any] = json.loads(self.process.stdout.read(length))
            if message.get("id") == identity:
                return message

    def initialize(self, **params: Any) -> dict[str, Any]:
        self.send(id=1, method="initialize", params={"capabilities": {}, **params})
        return self.receive(1)

    def status(self) -> int:
        return self.process.wait(PATIENCE)


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    watchdog = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import time, os; time.sleep({2 * PATIENCE}); os.kill({started.process.pid}, 9)",
        ]
    )
    try:
        yield started
    finally:
        watchdog.kill()
        watchdog.wait(PATIENCE)
        started.process.kill()
        started.process.communicate(timeout=PATIENCE)


def test_a_session(server: Server) -> None:
    result = server.initialize()["result"]
    assert result["serverInfo"]["name"] == "stap-lsp"
    assert result["capabilities"]["positionEncoding"] == "utf-16"
    server.send(method="initialized", params={})
    server.send(id=2, method="shutdown")
    assert server.receive(2)["result"] is None
    server.send(method="exit")
    assert server.status() == 0


def test_the_encoding_the_client_prefers(server: Server) -> None:
    general = {"positionEncodings": ["utf-32", "utf-16"]}
    result = server.initialize(capabilities={"general": general})["result"]
    assert result["capabilities"]["positionEncoding"] == "utf-32"


def test_exit_without_shutdown_is_a_failure(server: Server) -> None:
    server.initialize()
    server.send(method="exit")
    assert server.status() == 1


def test_the_end_of_input_ends_it(server: Server) -> None:
    server.initialize()
    assert server.process.stdin is not None
    server.process.stdin.close()
    server.process.stdin = None
    server.status()


def test_the_end_of_input_ends_it_at_once(server: Server) -> None:
    assert server.process.stdin is not None
    server.process.stdin.close()
    server.process.stdin = None
    server.status()


def test_the_death_of_the_client_ends_it(server: Server) -> None:
    client = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        server.initialize(processId=client.pid)
    finally:
        client.kill()
        client.wait(PATIENCE)
    server.status()  # though our end of its input is still open


def test_a_signal_ends_it(server: Server) -> None:
    server.initialize()
    server.process.send_signal(signal.SIGTERM)
    assert server.status() == -signal.SIGTERM


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"Content-Length: nonsense\r\n\r\n",
        b"Content-Length: 7\r\n\r\nnot json"[:-1],
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 4\r\n\r\nnull",
        b'Content-Length: 17\r\n\r\n{"jsonrpc":"1.0"}',
        b"Content-Length: 3\r\n\r\n\xff\xfe\xfd",
    ],
)
def test_garbage_is_passed_over(server: Server, garbage: bytes) -> None:
    server.initialize()
    server.write(garbage)
    server.send(id=7, method="shutdown")
    assert server.receive(7)["result"] is None


def test_a_request_that_cannot_be_read_is_answered(server: Server) -> None:
    server.initialize()
    server.send(id=5, method="textDocument/hover", params={"position": 3})
    assert server.receive(5)["error"]["code"] == -32602


def test_a_cancelled_request_is_answered(server: Server) -> None:
    server.initialize()
    text = "probe syscall.* { log(name) }"
    item = {"uri": "file:///a.stp", "languageId": "systemtap", "version": 1, "text": text}
    server.send(method="textDocument/didOpen", params={"textDocument": item})
    place = {"textDocument": {"uri": "file:///a.stp"}, "position": {"line": 0, "character": 20}}
    server.send(id=5, method="textDocument/completion", params=place)
    server.send(method="$/cancelRequest", params={"id": 5})
    answer = server.receive(5)
    assert "result" in answer or answer["error"]["code"] == -32800
    server.send(id=6, method="textDocument/hover", params=place)
    assert server.receive(6)["result"]


def test_stray_output_does_not_reach_the_client(server: Server) -> None:
    """Descriptor 1 of the server is its log."""
    server.initialize()
    places = {os.readlink(f"/proc/{server.process.pid}/fd/{number}") for number in (1, 2)}
    assert len(places) == 1


def test_initialize_while_the_machine_is_busy(server: Server) -> None:
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        assert server.initialize()["result"]
    finally:
        for burner in burners:
            burner.kill()
        for burner in burners:
            burner.wait(PATIENCE)


def test_no_process_is_left(server: Server) -> None:
    server.initialize()
    server.process.kill()
    server.process.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(ProcessLookupError):
            os.kill(server.process.pid, 0)
            continue
        return
    raise AssertionError("the server is still there")
