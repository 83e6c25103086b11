"""The script's types.  C types of probed programs are `debuginfo.model.CType`."""

from __future__ import annotations

from enum import Enum


class Type(Enum):
    """What a script value can be; UNKNOWN only before inference is done, never in core."""

    UNKNOWN = "unknown"
    LONG = "long"
    STRING = "string"
    AGGREGATE = "stats"
