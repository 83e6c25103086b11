"""procfs("PATH").read and .write: files of the session that scripts answer."""

from __future__ import annotations

from translator.probes.attachment import FileUse, ProcFile
from translator.probes.pattern import spelled
from translator.probes.point import (
    Environment,
    Family,
    FamilyMatch,
    Pattern,
    Resolution,
    ResolvedProbe,
    Rule,
    found,
    refused,
)
from translator.probes.targets import ProcfsTargets

_DEFAULT_NAME = "command"
_OWNER = {FileUse.READ: 0o400, FileUse.WRITE: 0o200}
_EVERYONE = {FileUse.READ: 0o444, FileUse.WRITE: 0o222}


def resolve(match: FamilyMatch, environment: Environment) -> Resolution:
    del environment
    name = match.string("procfs")
    if name is None:
        name = _DEFAULT_NAME
    if not name or name.startswith("/") or ".." in name.split("/"):
        message = f"`{name}` is no name for a file of the session: write a relative path"
        return refused(Rule.BAD_ARGUMENT, message, 0)
    use = FileUse.READ if match.has("read") else FileUse.WRITE
    mask = match.number("umask")
    if mask is not None and not 0 <= mask <= 0o777:
        return refused(Rule.BAD_ARGUMENT, "`umask` takes 0 to 0777", match.index("umask"))
    mode = _OWNER[use] if mask is None else _EVERYONE[use] & ~mask
    size = match.number("maxsize")
    if size is not None and size <= 0:
        message = "`maxsize` needs a number above 0"
        return refused(Rule.BAD_ARGUMENT, message, match.index("maxsize"))
    file = ProcFile(name, use, mode, size or 0)
    return found(ResolvedProbe(file, spelled(match.components), targets=ProcfsTargets()))


FAMILY = Family(
    "procfs",
    tuple(
        Pattern(f"{head}{mask}.{use}", summary)
        for head in ('procfs("PATH")', "procfs")
        for mask in ("", ".umask(MASK)")
        for use, summary in (
            ("read", "Someone reads the file: set $value to what it says."),
            ("read.maxsize(N)", "Someone reads the file, whose text is at most N bytes."),
            ("write", "Someone wrote to the file: $value is what."),
        )
    ),
    resolve,
)
