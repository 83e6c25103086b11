"""What is wrong with the world, as exceptions; light, because every run imports it."""

from __future__ import annotations


class StapError(Exception):
    """The world is wrong (not the script, not us); the message names the remedy.

    Caught only at the command line and at the server's edge.  ``status`` is the exit status.
    """

    status = 1


class UsageError(StapError):
    """The command line, a configuration or a request cannot be taken as given."""

    status = 2


class PrivilegeError(StapError):
    """The kernel refused for want of a privilege."""
