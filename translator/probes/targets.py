"""What `$` names mean in a probe's handler.

A context says where the names come from; elaboration turns each use into typed reads,
`target_names` lists them.  It refuses to compute locations: debug information does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from translator.base.value import dataclass
from translator.probes.attachment import Edge, LinkAddress

if TYPE_CHECKING:
    from translator.debuginfo.model import Function


@dataclass(frozen=True, slots=True)
class NoTargets:
    """The handler has no `$` names."""


@dataclass(frozen=True, slots=True)
class SyscallTargets:
    """``$syscall``, ``$arg1`` to ``$arg6`` and, on return, ``$return``.

    ``name`` is None where any system call runs the handler (process.syscall).
    """

    name: str | None
    edge: Edge


@dataclass(frozen=True, slots=True)
class UserTargets:
    """Variables of a user binary in scope at ``address``.

    ``function`` is debug information's own value for asking on; None outside any function.
    On `Edge.RETURN` parameters mean their values at entry and ``$return`` the result.
    """

    path: str
    function: Function | None
    address: LinkAddress
    edge: Edge


@dataclass(frozen=True, slots=True)
class MarkTargets:
    """``$arg1`` … of a static marker, as its note describes them: ``-4@%edi 8@-16(%rbp)``."""

    path: str
    provider: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class TracepointTargets:
    """The tracepoint's arguments by name."""

    name: str


@dataclass(frozen=True, slots=True)
class KernelTargets:
    """Parameters of a kernel function and, on return, ``$return``."""

    symbol: str
    module: str | None
    edge: Edge


@dataclass(frozen=True, slots=True)
class ProcfsTargets:
    """``$value``: the string read by, or written to, the file."""


@dataclass(frozen=True, slots=True)
class PacketTargets:
    """A packet at a netfilter hook; ``$verdict`` may be set in guru mode."""


TargetContext: TypeAlias = (
    NoTargets
    | SyscallTargets
    | UserTargets
    | MarkTargets
    | TracepointTargets
    | KernelTargets
    | ProcfsTargets
    | PacketTargets
)
