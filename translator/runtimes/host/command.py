"""The command of ``-c``: started stopped, let go once the probes are in place.

The child waits on a pipe, so that its pid is known to begin probes before it runs.
"""

from __future__ import annotations

import os

_PLAIN = frozenset("|&;<>()$`\\\"'*?[]#~=%{}!\n")
_SHELL = frozenset("|&;<>(){}\n")  # outside quotes: more than one command, or a redirection


class Command:
    """One child process.  `start` it, `release` it, and `descriptor` is ready when it ends."""

    def __init__(self, command: str) -> None:
        """Fork a child that waits.  Raises OSError if the machine has no room for it."""
        self._command = command
        waiting, self._go = os.pipe()
        self._failed, failing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _become(command, waiting, failing, (self._go, self._failed))
        os.close(waiting)
        os.close(failing)
        self.descriptor = os.pidfd_open(self.pid)
        self._status: int | None = None

    def release(self) -> str | None:
        """Let the command run; returns why it could not be started, or None."""
        try:
            os.write(self._go, b"\n")
        except BrokenPipeError:
            return None  # somebody killed it; `ended` will tell
        self.cancel()
        reason = os.read(self._failed, 16)  # ends as exec closes the pipe
        os.close(self._failed)
        self._failed = -1
        return os.strerror(int(reason)) if reason else None

    def cancel(self) -> None:
        """Let a command that was not released end without running."""
        if self._go >= 0:
            os.close(self._go)
            self._go = -1

    def ended(self) -> int | None:
        """The wait status, or None while the command runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status

    def close(self) -> None:
        """Forget the command."""
        self.cancel()
        for descriptor in (self._failed, self.descriptor):
            if descriptor >= 0:
                os.close(descriptor)
        self._failed = self.descriptor = -1


def arguments(command: str) -> list[str]:
    """What to execute for a command line: words, or a shell where it needs one.

    A shell that only expands and unquotes replaces itself by the command, whose pid is then
    the one that target() answers, as with stap.
    """
    if not command.strip():
        return ["/bin/sh", "-c", command]
    if _PLAIN.isdisjoint(command):
        return command.split()
    return ["/bin/sh", "-c", command if _is_compound(command) else f"exec {command}"]


def _is_compound(command: str) -> bool:
    quote = ""
    escaped = False
    for char in command:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _SHELL:
            return True
    return False


def _become(command: str, waiting: int, failing: int, others: tuple[int, ...]) -> None:
    """The child's side; never returns."""
    import signal

    try:
        for descriptor in others:
            os.close(descriptor)
        if os.read(waiting, 1) != b"\n":
            os._exit(127)  # the session ended before the command could start
        for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        words = arguments(command)
        os.execvp(words[0], words)
    except OSError as error:
        os.write(failing, str(error.errno).encode())
    finally:
        os._exit(127)
