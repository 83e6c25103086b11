"""Probe points of user programs that are known but have no way to be resolved yet.

They parse and complete; using one says so, instead of calling it unknown.
"""

from __future__ import annotations

from translator.probes.pattern import spelled
from translator.probes.point import (
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    Rule,
    refused,
)
from translator.probes.program import HEADS

_NAMES = {"mark": "static markers", "provider": "static markers", "library": "`.library`"}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    del environment
    last = match.components[-1].name
    what = next((_NAMES[each.name] for each in match.components if each.name in _NAMES), None)
    message = f"{what or f'`.{last}` of user programs'} cannot be resolved yet"
    if match.has("library"):
        inner = spelled(match.components[match.index("library") + 1 :])
        message += f'; write process("LIBRARY\'S PATH").{inner}'
    return refused(Rule.UNSUPPORTED_PROBE_POINT, message, 1)


_SHAPES = {
    'mark("LABEL")': "A static marker that the program was built with.",
    'provider("PROVIDER").mark("LABEL")': "A static marker of one provider.",
    "plt": "Each call into a shared library.",
    'plt("NAME")': "Calls of one function of a shared library.",
    "plt.return": "The return of each call into a shared library.",
    'plt("NAME").return': "The return of calls of one function of a shared library.",
    'function("PATTERN").callee("NAME")': "Calls of one function made by another.",
    'function("PATTERN").callees': "Every function that the functions call.",
    'function("PATTERN").callees(DEPTH)': "Every function called, DEPTH calls deep.",
    'function("PATTERN").label("LABEL")': "A label of the source inside the functions.",
    "insn": "Every instruction of the program.",
    "insn.block": "Every jump taken by the program.",
    'library("PATH").function("PATTERN")': "A function of a library that the program uses.",
    'library("PATH").function("PATTERN").call': "A function of a library that the program uses.",
    'library("PATH").function("PATTERN").return': "Return of a library's function.",
    'library("PATH").mark("LABEL")': "A static marker of a library that the program uses.",
}

FAMILY = Family(
    "process.other",
    tuple(
        Pattern(f"{head}.{shape}", summary) for head in HEADS for shape, summary in _SHAPES.items()
    ),
    resolve,
)
