"""A probe point's meaning as values: what was asked, what it resolves to, what is wrong.

Families make these, elaboration and the editor read them.  Nothing here looks at a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, TypeAlias

from translator.base.system import Machine, System
from translator.base.value import dataclass
from translator.probes.attachment import Attachment
from translator.probes.pattern import Match, nearest
from translator.probes.targets import NoTargets, TargetContext

if TYPE_CHECKING:
    from translator.debuginfo.btf import Btf
    from translator.debuginfo.model import DebugInfo


KERNEL_SYMBOLS = "/proc/kallsyms"


@dataclass(frozen=True, slots=True)
class Environment:
    """What probe points are resolved against.

    ``debuginfo`` opens a binary by absolute path and remembers it; it raises `StapError`.
    ``target_path`` and ``target_pid`` are what `-c` or `-x` named: the program that
    ``process.…`` without a path means.  ``kernel_types`` opens the kernel's BTF, from which
    parameters of its functions and tracepoints come; it raises `StapError`.  ``known`` is what
    `registry.resolve` remembers of the kernel's probe points while this value lives.
    """

    system: System
    machine: Machine
    debuginfo: Callable[[str], DebugInfo]
    target_path: str | None = None
    target_pid: int | None = None
    kernel_types: Callable[[], Btf] | None = None
    known: dict[str, Resolution] = field(default_factory=dict, compare=False, repr=False)
    _symbols: list[bytes] = field(default_factory=list, compare=False, repr=False)

    # Of each module, b"" the kernel itself: its functions' names, one a line.
    kernel_functions: dict[bytes, bytes] = field(default_factory=dict, compare=False, repr=False)

    def kernel_symbols(self) -> bytes:
        """`/proc/kallsyms`, which the kernel takes long to write, read once; empty if unreadable."""
        if not self._symbols:
            self._symbols.append(self.system.read_bytes(KERNEL_SYMBOLS) or b"")
        return self._symbols[0]


class Rule(StrEnum):
    """Ids of what can be wrong with a probe point; `stap-lsp explain` documents each."""

    UNKNOWN_PROBE_POINT = "unknown-probe-point"
    BAD_ARGUMENT = "bad-argument"
    NO_SUCH_FUNCTION = "no-such-function"
    NO_SUCH_LINE = "no-such-line"
    NO_SUCH_FILE = "no-such-file"
    NO_SUCH_PROCESS = "no-such-process"
    NO_SUCH_SYSCALL = "no-such-syscall"
    NO_SUCH_TRACEPOINT = "no-such-tracepoint"
    NO_SUCH_SYMBOL = "no-such-symbol"
    NO_DEBUGINFO = "no-debuginfo"
    UNSUPPORTED_PROBE_POINT = "unsupported-probe-point"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a probe point, or a part of it, resolves to nothing.

    ``index`` is that of the offending component; ``suggestions`` would fit in its place.
    """

    rule: Rule
    message: str
    index: int
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedProbe:
    """One place to attach to.

    ``name`` is the probe point as ``pp()`` shows it, ``function`` what ``probefunc()`` gives
    ("" if the place is in none).
    """

    attachment: Attachment
    name: str
    function: str = ""
    targets: TargetContext = NoTargets()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Probes found; with none, at least one problem says why."""

    probes: tuple[ResolvedProbe, ...] = ()
    problems: tuple[Problem, ...] = ()


class CandidateKind(Enum):
    COMPONENT = "component"
    DIRECTORY = "directory"
    FILE = "file"
    FUNCTION = "function"
    TRACEPOINT = "tracepoint"
    SYSCALL = "syscall"
    MARK = "mark"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be typed next.

    ``text`` replaces what was typed of the component or argument; ``snippet`` is the same in
    LSP's snippet syntax where it has places to fill, else "".
    """

    text: str
    kind: CandidateKind
    detail: str = ""
    documentation: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape of probe points (see `pattern.parts` for the notation) and a line about it."""

    text: str
    summary: str


@dataclass(frozen=True, slots=True)
class Family:
    """Probe points that resolve by the same rules.

    ``resolve`` gets components that match one of ``patterns``.  ``complete`` lists arguments:
    it gets the components so far, the last of which is the one whose string argument is typed,
    and what is typed of it; candidates beyond `CANDIDATE_LIMIT` are cut off by the caller.
    """

    name: str
    patterns: tuple[Pattern, ...]
    resolve: Callable[[FamilyMatch, Environment], Resolution]
    complete: Callable[[FamilyMatch, str, Environment], Iterable[Candidate]] | None = None


FamilyMatch: TypeAlias = Match[Family]


def found(*probes: ResolvedProbe) -> Resolution:
    return Resolution(probes=probes)


def refused(rule: Rule, message: str, index: int, suggestions: Iterable[str] = ()) -> Resolution:
    return Resolution(problems=(Problem(rule, message, index, tuple(suggestions)),))


def unknown_name(
    rule: Rule, message: str, index: int, name: str, candidates: Iterable[str]
) -> Resolution:
    """`refused`, with the candidates nearest to ``name`` as suggestions."""
    near = nearest(name, candidates)
    hint = f"; did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
    return refused(rule, message + hint, index, near)
