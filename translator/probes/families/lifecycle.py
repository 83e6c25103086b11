"""begin, end, error and never: moments of the session itself."""

from __future__ import annotations

from translator.probes.attachment import Lifecycle, Moment
from translator.probes.pattern import spelled
from translator.probes.point import (
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    found,
)


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    del environment
    head = match.components[0].name
    order = match.number(head) or 0
    return found(ResolvedProbe(Lifecycle(Moment(head), order), spelled(match.components)))


FAMILY = Family(
    "lifecycle",
    (
        Pattern("begin", "Runs once when the session starts."),
        Pattern(
            "begin(N)", "Runs when the session starts, in ascending order of N (`begin` is 0)."
        ),
        Pattern("end", "Runs once when the session ends, if no error ended it."),
        Pattern("end(N)", "Runs when the session ends, in ascending order of N (`end` is 0)."),
        Pattern("error", "Runs once when an error has ended the session."),
        Pattern("error(N)", "Runs after an error, in ascending order of N (`error` is 0)."),
        Pattern("never", "Never runs; its handler is still checked."),
    ),
    resolve,
)
