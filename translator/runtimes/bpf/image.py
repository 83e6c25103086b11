"""The translation as plain data, which passes 3 and 4 cache and pass 5 runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from translator.core import ir
from translator.core.visit import operands, own_expressions, statements
from translator.runtimes.bpf.accesses import Use, accesses
from translator.runtimes.bpf.claim_code import SLOT_HEADER, SLOT_SIZE, SLOTS
from translator.runtimes.bpf.completion import RECORD, Completion
from translator.runtimes.bpf.disassembler import listing
from translator.runtimes.bpf.entry_code import SYSCALL_LIMIT
from translator.runtimes.bpf.event import PROGRAM_TYPE, Kind
from translator.runtimes.bpf.inline import Inliner
from translator.runtimes.bpf.layout import (
    Field,
    GlobalLayout,
    globals_size,
    session_spec,
)
from translator.runtimes.bpf.maps import MapFlag, MapSpec, MapType
from translator.runtimes.bpf.memory import GLOBALS, OWNERS, RETURNS, ROWS, SCRATCH, SYSCALLS, ZEROS
from translator.runtimes.bpf.records import decoded
from translator.runtimes.bpf.syscall import ProgramType
from translator.runtimes.bpf.translate import Translation
from translator.runtimes.host.expressions import function_name, histogram_shape
from translator.runtimes.host.image import global_rows, probe_rows
from translator.runtimes.host.translate import Deferred, translate_handlers, translate_renderer

_OWNERS = 4096  # processes; stacks of more are printed as addresses


def plain(made: Translation, text: str) -> dict[str, Any]:
    """Everything that running needs; ``text`` is `user_space_text`."""
    limits = made.program.limits
    shared = {name: made.globals[name] for name in _used_at_events(made)}
    user = frozenset({Kind.USER, Kind.USER_RETURN})
    return {
        "text": text,
        "probes": probe_rows(made.in_user_space),
        "globals": global_rows(made.program),
        "limits": (limits.string, limits.errors, limits.skipped),
        "layouts": {name: _layout_row(layout) for name, layout in shared.items()},
        "maps": [_map_row(spec) for spec in _specs(made, shared)],
        "units": [
            (
                unit.name,
                int(ProgramType.TRACING if unit.target else PROGRAM_TYPE[unit.kind]),
                unit.kind in user,
                unit.target,
                unit.code.instructions,
                tuple((place.at, place.map) for place in unit.code.relocations),
                unit.code.comments,
                unit.code.functions,
            )
            for unit in made.units
        ],
        "uprobes": any(unit.kind in user for unit in made.units),
        "arrays": [
            (name, sorted(entries.items()))
            for name, entries in (
                (SYSCALLS, made.syscall_programs),
                (RETURNS, made.return_programs),
            )
            if entries
        ],
        "rows": sorted(made.rows.items()),
        "attached": made.attached,
        "records": [
            (
                tuple(field.row() for field in fields),
                _only_prints(completion.body),
                _line(completion, fields, limits),
            )
            for completion, fields in zip(made.completions, made.records, strict=True)
        ],
        "records at events": any(_sends(body) for body in made.bodies),
        "pure": [function_name(name) for name in _called(made)],
        "settles": bool(made.in_user_space) and any(map(_torn_in_the_middle, made.bodies)),
    }


def listing_of(made: Translation, text: str) -> str:
    """What ``-p3`` prints: every program, then the Python of user space."""
    parts = []
    points_of = {probe.index: probe.point for probe in made.program.probes}
    for unit in made.units:
        points = ", ".join(points_of[index] for index in unit.probes[:4])
        more = f" and {len(unit.probes) - 4} more" if len(unit.probes) > 4 else ""
        parts.append(f"; {unit.kind.value}: {points or 'dispatch'}{more}\n{listing(unit.code)}")
    parts.append(text)
    return "\n".join(parts)


def user_space_text(made: Translation) -> str:
    """Python of the handlers that run in user space and of what completes the others."""
    deferred = [
        Deferred(f"record_{number}", item.parameters, item.body, {}, item.locals)
        for number, item in enumerate(made.completions)
    ]
    return translate_handlers(made.program, made.in_user_space, deferred)


def _line(completion: Completion, fields: tuple[Field, ...], limits: ir.Limits) -> str | None:
    """Python source of what a record prints, over its fields; None if there is more to it."""
    match completion.body:
        case (ir.Print() as stmt,) if _only_prints(completion.body):
            leaves: dict[ir.Expr, str] = {
                ir.GetLocal(local): decoded(field.row(), at)
                for at, (local, field) in enumerate(zip(completion.parameters, fields, strict=True))
            }
            head, separator, source = translate_renderer(
                "line", stmt, (), leaves, limits
            ).partition("return ")
            return source.strip() if head.startswith("def ") and separator else None
        case _:
            return None


def _only_prints(block: ir.Block) -> bool:
    """Whether finishing a record can neither fail nor ask what handler it is."""
    for stmt in statements(block):
        if not isinstance(stmt, ir.Print):
            return False
        for expr in own_expressions(stmt):
            for part in _parts(expr):
                if not isinstance(part, ir.Integer | ir.Text | ir.GetLocal | ir.FormatText):
                    return False
    return True


def _parts(expr: ir.Expr) -> Iterator[ir.Expr]:
    yield expr
    for part in operands(expr):
        yield from _parts(part)


def _called(made: Translation) -> list[str]:
    """Functions that completions call and whose answer depends on nothing but arguments."""
    inliner = Inliner({item.name: item for item in made.program.functions})
    found = {
        stmt.function
        for item in made.completions
        for stmt in statements(item.body)
        if isinstance(stmt, ir.Invoke) and inliner.pure(stmt.function)
    }
    return sorted(found)


def _sends(body: ir.Block) -> bool:
    """Whether a handler sends more than handler errors."""
    return any(
        isinstance(stmt, ir.Perform) and stmt.primitive == RECORD for stmt in statements(body)
    )


def _torn_in_the_middle(body: ir.Block) -> bool:
    """Whether a handler that has not ended shows: it changes globals more than once."""
    return sum(access.use is not Use.READ for access in accesses(body)) > 1


def _used_at_events(made: Translation) -> list[str]:
    """Globals that some program uses, in order of declaration."""
    used = {access.name for body in made.bodies for access in accesses(body)}
    return [name for name in made.globals if name in used]


def _layout_row(layout: GlobalLayout) -> tuple[object, ...]:
    found = layout.statistics
    statistics = None
    if found is not None:
        histograms = tuple((offset, histogram_shape(shape)) for offset, shape in found.histograms)
        statistics = (
            found.size, found.total, found.least, found.greatest, found.squares, histograms,
        )  # fmt: skip
    declared = layout.declared
    bound = "MAXMAPENTRIES" if declared.size is None else f"size limit ({layout.entries})"
    return (
        tuple(key.row() for key in layout.keys),
        layout.key_size,
        layout.value.row(),
        statistics,
        layout.entries,
        f"Array overflow, check {bound}",
    )


def _specs(made: Translation, shared: dict[str, GlobalLayout]) -> list[MapSpec]:
    size = max(8, globals_size(made.globals.values()))
    specs = [
        session_spec(made.locks),
        MapSpec(GLOBALS, MapType.ARRAY, 4, size, 1, MapFlag.MMAPABLE),
    ]
    specs += [spec for layout in shared.values() if (spec := layout.spec()) is not None]
    aggregates = [
        layout.statistics.size for layout in shared.values() if layout.statistics is not None
    ]
    if aggregates:
        specs.append(MapSpec(ZEROS, MapType.ARRAY, 4, max(aggregates), 1))
    if any(unit.scratch for unit in made.units):
        whole = SLOT_HEADER + SLOTS * SLOT_SIZE
        specs.append(MapSpec(SCRATCH, MapType.PERCPU_ARRAY, 4, whole, 1))
    if any(place.map == OWNERS for unit in made.units for place in unit.code.relocations):
        specs.append(MapSpec(OWNERS, MapType.HASH, 4, 4, _OWNERS))
    if made.rows:
        widest = max(map(len, made.rows.values()))
        specs.append(MapSpec(ROWS, MapType.ARRAY, 4, widest, max(made.rows) + 1, MapFlag.MMAPABLE))
    for name, entries in ((SYSCALLS, made.syscall_programs), (RETURNS, made.return_programs)):
        if entries:
            layers = max(entries) // SYSCALL_LIMIT + 1
            specs.append(MapSpec(name, MapType.PROG_ARRAY, 4, 4, layers * SYSCALL_LIMIT))
    return specs


def _map_row(spec: MapSpec) -> tuple[str, int, int, int, int, int]:
    return (
        spec.name, int(spec.type), spec.key_size, spec.value_size, spec.entries, int(spec.flags),
    )  # fmt: skip
