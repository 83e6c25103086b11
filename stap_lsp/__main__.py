"""Entry of the command `stap-lsp`: the edge where the world's errors become messages.

A command line that was run before, on files that have not changed, is replayed from its
plan without importing the front end (`plan.py`).
"""

from __future__ import annotations

import os
import sys

from stap_lsp import plan


def main() -> int:
    """Run the command line; returns the exit status."""
    arguments = sys.argv[1:]
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        _open_closed_streams()
    try:
        status = plan.replay(arguments)
        if status is not None:
            return status
        return _command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has gone; keep the interpreter from saying so at exit.
        sys.stdout = None
        return 0
    except OSError as error:
        sys.stdout = None  # what it holds may not be writable
        about = "input or output: " if error.filename is None else f"{error.filename}: "
        print(f"stap-lsp: {about}{error.strerror or error}", file=sys.stderr)
        return 1


def _command(arguments: list[str]) -> int:
    from translator.base.collector import collect_seldom

    collect_seldom()
    import click

    from stap_lsp.cli.main import run
    from translator.base.diagnostics import StapError

    for stream in (sys.stdout, sys.stderr):
        # Scripts may hold any bytes, and what we say of them goes out as it came in.
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    try:
        return run(arguments)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except StapError as error:
        print(f"stap-lsp: {error}", file=sys.stderr)
        return error.status


def _open_closed_streams() -> None:
    """Put /dev/null where the caller closed a stream: else the next file opened becomes it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - open to the end
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    sys.exit(main())
