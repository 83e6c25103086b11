"""Entry of the command `stap-lsp`: the edge where the world's errors become messages.

A command line that was run before, on files that have not changed, is replayed from its
plan without importing the front end (`plan.py`).
"""

from __future__ import annotations

import sys

from stap_lsp import plan


def main() -> int:
    """Run the command line; returns the exit status."""
    arguments = sys.argv[1:]
    try:
        status = plan.replay(arguments)
        if status is not None:
            return status
        return _command(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has gone; keep the interpreter from saying so at exit.
        sys.stdout = None  # type: ignore[assignment]
        return 0


def _command(arguments: list[str]) -> int:
    import click

    from stap_lsp.cli.main import run
    from translator.base.diagnostics import StapError

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


if __name__ == "__main__":
    sys.exit(main())
