"""Pass 3: a program becomes an image: maps, programs, attachments, and Python for the rest.

The order of things: handlers are staged, locks planned, equal shapes shared, widths inferred,
globals laid out, code generated (which adds completions for handler errors), and what is left
to user space translated by the host runtime.  The image is plain data.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from translator.core import ir
from translator.core.visit import statements
from translator.probes.attachment import ProcessEvent, Syscall
from translator.runtimes.bpf import locks
from translator.runtimes.bpf.accesses import Use, accesses
from translator.runtimes.bpf.attach import attachment_row
from translator.runtimes.bpf.claim_code import SLOT_SIZE
from translator.runtimes.bpf.code import Code
from translator.runtimes.bpf.completion import ERROR, RECORD, CannotRun, Completion, Completions
from translator.runtimes.bpf.dispatch import dispatcher
from translator.runtimes.bpf.entry_code import SYSCALL_LIMIT, Entry, Index
from translator.runtimes.bpf.event import SYSCALLS, Kind, kind_of
from translator.runtimes.bpf.handler_code import Generated, Handler, generate
from translator.runtimes.bpf.inline import Inliner
from translator.runtimes.bpf.kernel_types import typed_tracepoints
from translator.runtimes.bpf.layout import Field, GlobalLayout, fields, lay_out
from translator.runtimes.bpf.memory import RECORD_HEADER
from translator.runtimes.bpf.process_events import desugared
from translator.runtimes.bpf.sharing import Shape, row_bytes, same, share
from translator.runtimes.bpf.staging import Stage, stage
from translator.runtimes.bpf.widths import Widths

_BY_COOKIE = frozenset({Kind.USER, Kind.USER_RETURN})


@dataclass(frozen=True, slots=True)
class Unit:
    """One program of the image and the probes it serves."""

    name: str
    kind: Kind
    code: Code
    probes: tuple[int, ...]
    scratch: int
    target: int = 0  # BTF id of the tracepoint, if it stands there by type


@dataclass(slots=True)
class Translation:
    """What pass 3 gives, before it is made plain."""

    units: list[Unit]
    syscall_programs: dict[int, int]  # slot of the program array → unit
    return_programs: dict[int, int]
    rows: dict[int, bytes]
    attached: list[tuple[object, ...]]  # rows of `attach`, first the unit
    completions: tuple[Completion, ...]
    records: tuple[tuple[Field, ...], ...]  # by completion
    globals: dict[str, GlobalLayout]
    locks: int
    in_user_space: tuple[ir.Probe, ...]
    program: ir.Program  # as it was translated
    bodies: tuple[ir.Block, ...]  # what runs at events


def translate(program: ir.Program) -> Translation:
    """Raises CannotRun if some probe can run neither at its event nor later."""
    return _Translator(desugared(program)).run()


def cannot(program: ir.Program) -> list[tuple[int, str]]:
    """Probes that cannot be run, with reasons."""
    try:
        program = desugared(program)
    except CannotRun as error:
        return [(next(p.index for p in program.probes if _of_process(p)), str(error))]
    inliner = Inliner({item.name: item for item in program.functions})
    found: list[tuple[int, str]] = []
    for probe in program.probes:
        kind = kind_of(probe.attachment)
        if kind is None:
            found.append((probe.index, f"the bpf runtime has no event for '{probe.point}'"))
        elif kind is not Kind.LOOP:
            try:
                stage(probe, kind, Stage(inliner, Completions()))
            except CannotRun as error:
                found.append((probe.index, f"'{probe.point}': {error}"))
    return found


def _of_process(probe: ir.Probe) -> bool:
    return isinstance(probe.attachment, ProcessEvent)


class _Translator:
    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._completions = Completions()
        self._probes: list[ir.Probe] = []  # at events
        self._kinds: list[Kind] = []
        self._bodies: list[ir.Block] = []
        self._layers: dict[int, int] = {}
        self._units: list[Unit] = []
        self._rows: dict[int, bytes] = {}
        self._attached: list[tuple[object, ...]] = []
        self._typed: dict[Kind, int] = {}
        self._arrays: dict[Kind, dict[int, int]] = {kind: {} for kind in SYSCALLS}

    def run(self) -> Translation:
        program = self._program
        in_user_space: list[ir.Probe] = []
        for probe in program.probes:
            kind = kind_of(probe.attachment)
            if kind is None:
                raise CannotRun(f"the bpf runtime has no event for '{probe.point}'")
            if kind is Kind.LOOP:
                in_user_space.append(probe)
            else:
                self._probes.append(probe)
                self._kinds.append(kind)
        if not SYSCALLS.isdisjoint(self._kinds):
            self._typed = typed_tracepoints()
        self._stage()
        locked = locks.plan(self._bodies)
        self._bodies = list(locked.bodies)
        shapes = self._shared(locked.locks)
        classes = self._record_classes(shapes)
        completions = self._completions.all
        user_blocks = [
            *(probe.body for probe in in_user_space),
            *(item.body for item in program.functions),
            *(item.body for item in completions),
        ]
        widths = Widths(
            program,
            [
                *((("probe", probe.index), probe.body) for probe in in_user_space),
                *((("staged", at), body) for at, body in enumerate(self._bodies)),
                *((("shape", at), shape.body) for at, shape in enumerate(shapes)),
            ],
            completions,
            classes,
        )
        layouts = lay_out(program, widths, [*user_blocks, *self._bodies])
        for at in range(len(shapes)):
            self._generate(at, shapes, locked.locks, widths, layouts)
        self._dispatchers()
        every = self._completions.all
        return Translation(
            self._units,
            self._arrays[Kind.SYSCALL],
            self._arrays[Kind.SYSCALL_RETURN],
            self._rows,
            self._attached,
            every,
            tuple(
                fields(widths.leaves(number), RECORD_HEADER)
                if number < len(completions)
                else fields([None] * len(item.parameters), RECORD_HEADER)
                for number, item in enumerate(every)
            ),
            layouts,
            locked.count,
            tuple(in_user_space),
            self._program,
            tuple(self._bodies),
        )

    def _stage(self) -> None:
        """Stage every handler, again if a global must be kept in user space."""
        inliner = Inliner({item.name: item for item in self._program.functions})
        distant: frozenset[str] = frozenset()
        while True:
            self._completions = Completions()
            on = Stage(inliner, self._completions, distant)
            self._bodies = [
                stage(probe, kind, on).body
                for probe, kind in zip(self._probes, self._kinds, strict=True)
            ]
            more = self._torn(inliner) - distant
            if not more:
                return
            distant |= more

    def _torn(self, inliner: Inliner) -> frozenset[str]:
        """Globals used both at events and by what completes handlers, where that shows.

        Adds on both sides do not show: sums have no order.
        """
        near = [access for body in self._bodies for access in accesses(body)]
        far = [
            access
            for item in self._completions.all
            for block in inliner.reached(item.body)
            for access in accesses(block)
        ]
        both = {access.name for access in near} & {access.name for access in far}
        ordered = {access.name for access in (*near, *far) if access.use is not Use.ADD}
        return frozenset(both & ordered)

    # --- shapes -------------------------------------------------------------------------

    def _shared(self, lock_of: tuple[int | None, ...]) -> list[Shape]:
        """Handlers grouped into programs; indexes are of `_probes`."""
        self._find_layers()
        shapes: list[Shape] = []
        for rows in (True, False):
            chosen = [at for at, kind in enumerate(self._kinds) if _has_rows(kind) is rows]
            keyed: list[tuple[Hashable, ir.Block]] = [
                ((self._kinds[at], self._layers.get(at), lock_of[at]), self._bodies[at])
                for at in chosen
            ]
            for shape in share(keyed, self._program.limits.string) if rows else same(keyed):
                members = tuple(chosen[member] for member in shape.members)
                shapes.append(replace(shape, members=members))
        return shapes

    def _find_layers(self) -> None:
        """The place of each system-call probe among those of its call."""
        seen: dict[tuple[Kind, int], int] = {}
        for at, (probe, kind) in enumerate(zip(self._probes, self._kinds, strict=True)):
            if kind in SYSCALLS:
                number = _syscall_number(probe)
                self._layers[at] = seen.get((kind, number), 0)
                seen[kind, number] = self._layers[at] + 1

    def _record_classes(self, shapes: list[Shape]) -> dict[int, int]:
        """Completions that share a record statement have records of one layout."""
        parent = list(range(len(self._completions.all)))

        def root(item: int) -> int:
            while parent[item] != item:
                item = parent[item]
            return item

        for shape in shapes:
            columns = [list(_record_numbers(self._bodies[member])) for member in shape.members]
            for numbers in zip(*columns, strict=True):
                for number in numbers[1:]:
                    parent[root(number)] = root(numbers[0])
        return {number: root(number) for number in range(len(parent))}

    # --- programs -----------------------------------------------------------------------

    def _generate(
        self,
        at: int,
        shapes: list[Shape],
        lock_of: tuple[int | None, ...],
        widths: Widths,
        layouts: dict[str, GlobalLayout],
    ) -> None:
        shape = shapes[at]
        first = shape.members[0]
        kind = self._kinds[first]
        alone = sum(self._kinds[other.members[0]] is kind for other in shapes) == 1
        entry = self._entry(shape, kind, alone)
        numbers = _record_numbers(self._bodies[first])
        handler = Handler(
            kind,
            ("shape", at),
            shape.body,
            entry,
            shape.holes,
            lock_of[first],
            self._program.limits.action,
            kind in self._typed,
            tuple(fields(widths.leaves(number), RECORD_HEADER) for number in numbers),
        )
        made: Generated = generate(handler, widths, layouts, self._completions)
        if made.scratch > SLOT_SIZE:
            point = self._probes[first].point
            raise CannotRun(
                f"'{point}' needs {made.scratch} bytes for its strings; {SLOT_SIZE} is the most"
            )
        probes = tuple(self._probes[member].index for member in shape.members)
        self._units.append(
            Unit(
                self._name(first, kind),
                kind,
                made.code,
                probes,
                made.scratch,
                self._typed.get(kind, 0),
            )
        )
        self._attach(shape, kind, entry, alone)

    def _name(self, member: int, kind: Kind) -> str:
        point = self._probes[member].point or self._probes[member].name
        return point if kind not in SYSCALLS else point.removeprefix("syscall.")

    def _entry(self, shape: Shape, kind: Kind, alone: bool) -> Entry:
        if kind in SYSCALLS:
            layer = self._layers[shape.members[0]]
            base = SYSCALL_LIMIT * (2 * layer + (kind is Kind.SYSCALL_RETURN))
            index = Index.SYSCALL if alone or shape.holes else Index.NONE
            for order, member in enumerate(shape.members):
                if index is Index.NONE:
                    continue
                literals = shape.rows[order] if shape.rows else ()
                number = _syscall_number(self._probes[member])
                self._rows[base + number] = row_bytes(literals, shape.holes, max(8, shape.row_size))
            return Entry(index, base, None if alone else layer)
        if not shape.holes:
            return Entry()
        base = 1 + max(self._rows, default=-1)
        base = max(base, SYSCALL_LIMIT * 2 * (1 + max(self._layers.values(), default=0)))
        for order, literals in enumerate(shape.rows):
            self._rows[base + order] = row_bytes(literals, shape.holes, shape.row_size)
        return Entry(Index.COOKIE, base)

    def _attach(self, shape: Shape, kind: Kind, entry: Entry, alone: bool) -> None:
        unit = len(self._units) - 1
        if kind in SYSCALLS:
            if alone:
                self._attached.append(self._on_tracepoint(unit, kind))
            else:
                assert entry.layer is not None
                for member in shape.members:
                    slot = entry.layer * SYSCALL_LIMIT + _syscall_number(self._probes[member])
                    self._arrays[kind][slot] = unit
            return
        for order, member in enumerate(shape.members):
            row = attachment_row(self._probes[member].attachment, order)
            self._attached.append((unit, *row))

    def _dispatchers(self) -> None:
        for kind, array in self._arrays.items():
            if array:
                self._attached.append(self._on_tracepoint(len(self._units), kind))
                code = dispatcher(kind, typed=kind in self._typed)
                self._units.append(Unit(kind.value, kind, code, (), 0, self._typed.get(kind, 0)))

    def _on_tracepoint(self, unit: int, kind: Kind) -> tuple[object, ...]:
        if kind in self._typed:
            return (unit, "typed")
        return (unit, "raw_tracepoint", _TRACEPOINT[kind])


_TRACEPOINT = {Kind.SYSCALL: "sys_enter", Kind.SYSCALL_RETURN: "sys_exit"}


def _has_rows(kind: Kind) -> bool:
    return kind in SYSCALLS or kind in _BY_COOKIE


def _syscall_number(probe: ir.Probe) -> int:
    assert isinstance(probe.attachment, Syscall), probe
    return probe.attachment.number


def _record_numbers(body: ir.Block) -> list[int]:
    found: list[int] = []
    for stmt in statements(body):
        match stmt:
            case ir.Perform(name, (ir.Integer(number), *_)) if name in (RECORD, ERROR):
                found.append(number)
            case _:
                pass
    return found
