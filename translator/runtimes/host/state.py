"""One session as its handlers see it: who asked, who is watched, what went wrong so far.

Primitives take a `Run` first.  The loop owns it; the bpf runtime shares it between its
user-space handlers and its records.
"""

from __future__ import annotations

import os
import sys

from translator.runtimes.host.output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from translator.runtimes.host.faults import HandlerError
    from translator.runtimes.protocol import Session


class Run:
    """The state of one session.

    ``probe`` is (name, point, function) of the probe whose handler runs.  ``names`` is the
    namespace of the generated code; `matched` reads the last match there.
    """

    def __init__(self, session: Session, max_errors: int = 0, string_limit: int = 256) -> None:
        self.session = session
        self.output = Output(session.output)
        self.target = session.target or 0
        self.exiting = False
        self.failed = False  # handler errors ended the session
        self.command_failed = False
        self.errors = 0
        self.skipped = 0
        self.max_errors = max_errors
        self.probe = ("", "", "")
        self.names: dict[str, Any] = {}
        self.string_limit = string_limit
        self.ticks = 0
        self.commands: list[str] = []

    def exit(self) -> None:
        """End the session once the running handler is done."""
        self.exiting = True

    def error(self, text: str) -> None:
        """Print one ``ERROR:`` line, in order with the output."""
        self._complain("ERROR", text)

    def warn(self, text: str) -> None:
        """Print one ``WARNING:`` line, unless warnings are off."""
        if not self.session.quiet:
            self._complain("WARNING", text)

    def handler_failed(self, error: HandlerError) -> None:
        """Count an uncaught handler error; more than MAXERRORS of them end the session."""
        self.error(str(error))
        self.errors += 1
        if self.errors > self.max_errors:
            self.failed = True
            self.exiting = True

    def status(self) -> int:
        """The exit status; prints the closing summary of errors and skipped probes."""
        if self.errors or self.skipped:
            self.warn(f"Number of errors: {self.errors}, skipped probes: {self.skipped}")
        self.output.flush()
        return 1 if self.failed or self.command_failed else 0

    def _complain(self, kind: str, text: str) -> None:
        self.output.flush()
        line = f"{kind}: {text}\n".encode("utf-8", "surrogateescape")
        try:
            os.write(2, line)
        except OSError:
            # Nobody can be told that standard error is gone.
            sys.exit(1)
