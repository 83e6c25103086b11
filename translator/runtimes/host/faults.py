"""What can go wrong while a handler runs.  Light: every run imports it.

Nothing here knows where a message goes; the session's loop prints and counts it.
"""

from __future__ import annotations


class HandlerError(Exception):
    """A handler error: caught by the script's nearest ``try`` or ending the handler.

    ``where`` is the rest of the printed line: ``near operator '/' at <input>:1:30``.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message, where)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return f"{self.message} {self.where}" if self.where else self.message


class Abandoned(Exception):
    """The handler ends here and now, without an error; no ``try`` catches it."""


class ArrayFull(Exception):
    """An array has no room for another key; the generated handler makes it a handler error."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "Array overflow, check MAXMAPENTRIES"


def fail(message: str, where: str = "") -> None:
    """Raise a handler error."""
    raise HandlerError(message, where)
