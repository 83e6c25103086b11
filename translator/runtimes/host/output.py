"""The session's output: text gathered while handlers run, written in whole pieces."""

from __future__ import annotations

import os
import select

_ENOUGH = 64  # pieces


class Output:
    """Standard output or a file.  A reader that went away makes it `closed`, quietly."""

    def __init__(self, path: str | None = None) -> None:
        """Raises OSError if ``path`` cannot be written."""
        self.closed = False
        self._pieces: list[str] = []
        self._descriptor = (
            1
            if path is None
            else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        )

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def write(self, text: str) -> None:
        """Take ``text``; it is written at the next `flush`."""
        self._pieces.append(text)
        if len(self._pieces) >= _ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Write what was taken.  Raises OSError for anything but a closed pipe."""
        if not self._pieces:
            return
        data = memoryview("".join(self._pieces).encode("utf-8", "surrogateescape"))
        self._pieces.clear()
        while data and not self.closed:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BrokenPipeError:
                self.closed = True
            except BlockingIOError:
                # Whoever shares the file with us made it non-blocking.
                select.select((), (self._descriptor,), ())

    def abandon(self) -> None:
        """The reader has gone: drop what is and will be written."""
        self._pieces.clear()
        self.closed = True

    def close(self) -> None:
        """Close a file that we opened."""
        if self._descriptor != 1:
            os.close(self._descriptor)
