"""Pass 5: an image becomes maps and programs, and the host runtime's loop runs the session.

Everything is loaded and attached before the first probe runs, with programs that do nothing
until the session is said to be running; so a refusal of the kernel comes before any output.
"""

from __future__ import annotations

import functools
import os
import struct
import time

from translator.runtimes.bpf.adder import Adders
from translator.runtimes.bpf.attach import attach
from translator.runtimes.bpf.code import Code, Relocation
from translator.runtimes.bpf.counters import COUNTERS, Counter, counters_spec, read_counters
from translator.runtimes.bpf.descriptors import Descriptors, Exit
from translator.runtimes.bpf.features import Feature, supports
from translator.runtimes.bpf.maps import Map, MapFlag, MapSpec, MapType, create_map, possible_cpus
from translator.runtimes.bpf.memory import GLOBALS, OWNERS, RING, ROWS, SESSION, State, Word
from translator.runtimes.bpf.primitives import Primitives
from translator.runtimes.bpf.programs import Program, ProgramSpec, TypeId, load_program
from translator.runtimes.bpf.records import Decoder
from translator.runtimes.bpf.ring import HEADER, Ring
from translator.runtimes.bpf.storage import MapStorage
from translator.runtimes.bpf.symbols import Owners, Symbols
from translator.runtimes.bpf.syscall import AttachType, BpfError, ProgramType, wait_for_readers
from translator.runtimes.bpf.ticker import Ticker
from translator.runtimes.host.environment import NoEvent, namespace, run_module
from translator.runtimes.host.loop import Loop
from translator.runtimes.host.session import overridden, user_probes
from translator.runtimes.host.state import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from translator.runtimes.host.environment import Handler
    from translator.runtimes.protocol import Session

_TICK_MS = 10
_BATCH = 4096  # records whose memory is given back together
_ELEMENT = 64  # bytes that the kernel adds to a key and its value
_AT_ONCE = 1 << 26  # bytes of one map
_SIMILAR = 8  # records that are worth decoding together
_MIXED = 128  # records decoded one by one before looking for similar ones again
_REMEMBERED = 4096  # answers of one function
_ERRORS_ONLY = 1 << 16  # bytes of the ring if handlers print nothing
_LAST = 0.5  # seconds for handlers that wait for memory while their record is open
_SHORT = 0.0005
_LONGEST = 0.05  # seconds between looks at timers and signals


def run_image(image: dict[str, Any], session: Session) -> int:
    """Run to the end; returns the exit status.

    Raises StapError, before any probe runs, if the kernel or the session refuses.
    """
    with Descriptors(Exit.IN_CHILD) as held:
        return _Session(image, session, held).run()


class _Session:
    def __init__(self, image: dict[str, Any], session: Session, held: Descriptors) -> None:
        self._image = image
        self._held = held
        rows = overridden(image["globals"], session.globals)
        string_limit, max_errors, self._max_skipped = image["limits"]
        self._maps = _maps(held, image, session)
        self._words = self._maps[SESSION].memory(held).cast("q")
        self._words[Word.MAX_ERRORS // 8] = max_errors
        self._words[Word.OWN_PID // 8] = os.getpid()
        self._set_clock()
        programs = _programs(held, image, self._maps)
        _fill(held, self._maps, image, programs)
        self._ring = Ring(held, self._maps[RING])
        self._owners = Owners()
        self._state = Run(session, max_errors, string_limit)
        scalars = self._maps[GLOBALS].memory(held)
        adders = Adders(held, self._maps[GLOBALS], scalars)
        storage = MapStorage(rows, image["layouts"], self._maps, scalars, adders)
        run = self._state
        run.names = namespace(
            storage,
            run.output.write,
            Primitives(run, Symbols(self._owners)).bind,
            NoEvent(),
            string_limit,
        )
        handlers = run_module(image["code"], run.names)
        for name in image["pure"]:  # asked again and again with what few values events have
            run.names[name] = functools.lru_cache(_REMEMBERED)(run.names[name])
        for index, moment, *_ in image["probes"]:
            if moment == "timer":
                handlers[index] = self._after_records(handlers[index])
        self._loop = Loop(run, user_probes(image["probes"], handlers), storage.exclusive)
        self._decoder = Decoder(image["records"], self._ring.memory, run.names, self._loop)
        attach(held, image["attached"], programs)

    def _after_records(self, handler: Handler) -> Handler:
        """A timer's handler comes after what events did before it."""

        def handle() -> None:
            until = self._ring.produced  # events may outrun us for ever
            while self._ring.taken < until and self._drain(_BATCH):
                pass
            handler()

        return handle

    def run(self) -> int:
        ticker = Ticker(self._held, _TICK_MS)
        loop = self._loop

        def begin() -> None:
            self._words[Word.TARGET // 8] = self._state.target
            self._set_clock()
            loop.watch(ticker.descriptor, tick)
            self._words[Word.STATE // 8] = State.RUNNING

        def tick() -> None:
            ticker.clear()
            self._set_clock()
            self._see_owners()
            until = time.monotonic() + _LONGEST
            while self._drain(_BATCH) and time.monotonic() < until:
                pass
            self._look()

        def end() -> None:
            self._words[Word.STATE // 8] = State.STOPPING
            self._see_owners()
            if self._image["settles"]:
                wait_for_readers()  # end probes read what handlers wrote
            until = time.monotonic() + _LAST
            while time.monotonic() < until:
                if self._drain(_BATCH):
                    until = time.monotonic() + _LAST
                elif self._ring.waiting:
                    time.sleep(_SHORT)  # the handler's record is open
                else:
                    break
            self._count()

        loop.attach, loop.detach = begin, end
        return loop.run()

    def _see_owners(self) -> None:
        noted = self._maps.get(OWNERS)
        if noted is not None:
            self._owners.look(noted)

    def _drain(self, limit: int) -> int:
        at, count, stride = self._ring.alike(limit)
        if count > _SIMILAR and self._decoder.one_line(at + HEADER):
            self._decoder.lines(at, count, stride)
            self._ring.skip(count * stride)
            self._ring.release()
            return count
        limit = min(limit, _MIXED)
        records = self._ring.take(limit)
        if records:
            self._decoder.handle(records)
            self._ring.release()
        return len(records)

    def _look(self) -> None:
        """Whether a handler at an event has ended the session."""
        run = self._state
        if self._words[Word.STATE // 8] == State.STOPPING:
            run.exiting = True
        counted = read_counters(self._maps[COUNTERS])
        skipped = counted[Counter.SKIPPED_LOCK] + counted[Counter.SKIPPED_SCRATCH]
        if skipped > self._max_skipped:
            run.error("Skipped too many probes, check MAXSKIPPED")
            run.failed = True
            run.exiting = True

    def _count(self) -> None:
        counted = read_counters(self._maps[COUNTERS])
        run = self._state
        run.skipped += counted[Counter.SKIPPED_LOCK] + counted[Counter.SKIPPED_SCRATCH]
        dropped = counted[Counter.DROPPED]
        if dropped:
            run.output.flush()
            run.warn(f"{dropped} records lost: the buffer was full; enlarge it with -s")

    def _set_clock(self) -> None:
        self._words[Word.WALL_CLOCK // 8] = time.time_ns() - time.clock_gettime_ns(
            time.CLOCK_MONOTONIC
        )


def _maps(held: Descriptors, image: dict[str, Any], session: Session) -> dict[str, Map]:
    """Every map of the image, the ring and the counters."""
    size = 1 << max(16, (session.buffer_bytes - 1).bit_length())
    if not image["records at events"]:
        size = _ERRORS_ONLY
    specs = [
        *(MapSpec(name, MapType(kind), key, value, entries, MapFlag(flags))
          for name, kind, key, value, entries, flags in image["maps"]),
        MapSpec(RING, MapType.RINGBUF, 0, 0, size),
        counters_spec(),
    ]  # fmt: skip
    return {spec.name: create_map(held, _growing(spec)) for spec in specs}


def _growing(spec: MapSpec) -> MapSpec:
    """A hash gets its memory as it fills only if having it all at once would be too much.

    A program cannot wait for memory: an element can be refused for want of it.
    """
    if spec.type not in (MapType.HASH, MapType.PERCPU_HASH):
        return spec
    values = possible_cpus() if spec.type is MapType.PERCPU_HASH else 1
    size = spec.entries * (spec.key_size + spec.value_size * values + _ELEMENT)
    if size <= _AT_ONCE or not supports(Feature.DYNAMIC_MAPS):
        return spec
    return spec._replace(flags=spec.flags | MapFlag.NO_PREALLOC)


def _programs(held: Descriptors, image: dict[str, Any], maps: dict[str, Map]) -> list[Program]:
    many = supports(Feature.UPROBE_MULTI) if image["uprobes"] else False
    loaded: list[Program] = []
    for name, kind, user, target, instructions, relocations, comments, functions in image["units"]:
        code = Code(
            instructions,
            tuple(Relocation(index, map) for index, map in relocations),
            comments,
            functions,
        )
        attach_type = AttachType.TRACE_UPROBE_MULTI if user and many else AttachType.NONE
        if target:
            attach_type = AttachType.TRACE_RAW_TP
        spec = ProgramSpec(name, ProgramType(kind), code, attach_type, TypeId(target))
        loaded.append(_load(held, spec, maps))
    return loaded


def _load(held: Descriptors, spec: ProgramSpec, maps: dict[str, Map]) -> Program:
    """Load a program; one that reads user memory may sleep, where the kernel lets it."""
    if not spec.code.sleeps:
        return load_program(held, spec, maps)
    try:
        # Since Linux 8c7dcb84e3b7 ("bpf: implement sleepable uprobes by chaining gps", v6.0).
        return load_program(held, spec._replace(sleepable=True), maps)
    except BpfError:
        return load_program(held, spec._replace(code=spec.code.wakeful()), maps)


def _fill(
    held: Descriptors, maps: dict[str, Map], image: dict[str, Any], programs: list[Program]
) -> None:
    """Rows of literals and program arrays."""
    for name, entries in image["arrays"]:
        for slot, unit in entries:
            value = struct.pack("<i", programs[unit].descriptor)
            maps[name].update(struct.pack("<I", slot), value)
    if image["rows"]:
        stride = -(-maps[ROWS].spec.value_size // 8) * 8
        memory = maps[ROWS].memory(held)
        for index, row in image["rows"]:
            at = index * stride
            memory[at : at + len(row)] = row
