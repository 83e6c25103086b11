"""A session from begin to end: the order of probes, timers, signals, the command, the output.

The loop knows handlers only as functions and kernel probes only as what its owner attaches,
so the bpf runtime runs its sessions here too: it adds descriptors to watch and says what to
do when probes are to go in, come out, or have records left.

Order of a session: begin probes, attach, timers start, command released, … exit() or signal
or end of command or time-out …, detach, end probes (error probes instead, if handler errors
ended it), summary.
"""

from __future__ import annotations

import os
import select
import signal
import time

from translator.runtimes.host.command import Command
from translator.runtimes.host.faults import Abandoned, HandlerError
from translator.runtimes.host.timers import Timers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any

    from translator.runtimes.host.environment import Handler
    from translator.runtimes.host.state import Run

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MILLISECOND = 1_000_000


class UserProbe:
    """A handler that runs in this process.  ``moment`` is begin, end, error or timer."""

    __slots__ = ("handler", "moment", "names", "order", "period", "spread")

    def __init__(
        self,
        moment: str,
        order: int,
        handler: Handler,
        names: tuple[str, str, str],
        timing: tuple[int, int] = (0, 0),
    ) -> None:
        """``names`` are what pp(), the probe point and probefunc() answer; ``timing`` is a
        timer's period and the most that it is moved by, in ns."""
        self.moment = moment
        self.order = order
        self.handler = handler
        self.names = names
        self.period, self.spread = timing


class Loop:
    """Runs one session; `run` may be called once.

    ``attach`` is called after the begin probes, ``detach`` before the end probes (records
    still to be handled are handled there), ``idle`` each time before the loop waits.
    """

    def __init__(
        self,
        run: Run,
        probes: list[UserProbe],
        exclusive: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self.run_state = run
        self.attach: Callable[[], None] = _nothing
        self.detach: Callable[[], None] = _nothing
        self.idle: Callable[[], None] = _nothing
        self._probes = sorted(probes, key=lambda probe: probe.order)
        self._exclusive = exclusive
        self._poll = select.poll()
        self._ready: dict[int, Callable[[], None]] = {}
        self._timers = Timers()
        self._command: Command | None = None
        self._children: list[int] = []
        self._interrupted = False
        self._deadline: int | None = None

    def watch(self, descriptor: int, action: Callable[[], None]) -> None:
        """Call ``action`` whenever ``descriptor`` can be read, until `unwatch`."""
        self._ready[descriptor] = action
        self._poll.register(descriptor, select.POLLIN)

    def unwatch(self, descriptor: int) -> None:
        """Stop watching; before the descriptor is closed."""
        del self._ready[descriptor]
        self._poll.unregister(descriptor)

    def handle(self, handler: Handler, names: tuple[str, str, str]) -> None:
        """Run one handler; its error is printed and counted."""
        run = self.run_state
        run.probe = names
        run.names["match"] = None
        try:
            with self._exclusive():
                handler()
        except HandlerError as error:
            if not error.where:
                error.where = _place_of(error, run.names)
            run.handler_failed(error)
        except Abandoned:
            run.exiting = True
        except RecursionError:
            # MAXNESTING was set higher than this process can go.
            run.handler_failed(HandlerError("MAXNESTING exceeded"))
        if run.commands:
            self._start_children()

    def run(self) -> int:
        """The whole session; returns the exit status.

        Raises StapError if the command cannot be started, OSError if output cannot be
        written for another reason than a reader that went away.
        """
        run = self.run_state
        restore = self._catch_signals()
        self._watch_reader()
        if run.session.command is not None:
            self._command = Command(run.session.command)
            run.target = self._command.pid
        try:
            self._moment("begin")
            if not self._stopped():
                run.output.flush()
                self.attach()
                self._start()
                self._wait()
            self.detach()
            if not run.failed:
                self._moment("end")
            if run.failed:
                self._moment("error")
            run.output.flush()
            self._wait_for_children()
            return run.status()
        finally:
            if self._command is not None:
                self._command.close()
            run.output.close()
            restore()

    # --- beginning ------------------------------------------------------------------

    def _catch_signals(self) -> Callable[[], None]:
        """Let signals end the session; returns what undoes that."""
        awake, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number, handler in before.items():
            if handler != signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        previous = signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self.watch(awake, lambda: _drain(awake))

        def restore() -> None:
            signal.set_wakeup_fd(previous)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(awake)
            os.close(waking)

        return restore

    def _watch_reader(self) -> None:
        """Notice a reader of the output that goes away while nothing is written."""
        output = self.run_state.output
        self._ready[output.descriptor] = output.abandon
        self._poll.register(output.descriptor, 0)

    def _interrupt(self, number: int, frame: object) -> None:
        del number, frame
        self._interrupted = True

    def _moment(self, moment: str) -> None:
        run = self.run_state
        for probe in self._probes:
            if probe.moment == moment:
                self.handle(probe.handler, probe.names)
                if moment == "begin" and self._stopped():
                    return
                if moment == "end" and run.failed:
                    return

    def _start(self) -> None:
        run = self.run_state
        for probe in self._probes:
            if probe.moment == "timer":
                self._timers.add(
                    probe.period,
                    probe.spread,
                    lambda probe=probe: self.handle(probe.handler, probe.names),  # type: ignore[misc]
                )
        self._timers.start()
        if run.session.timeout_ms is not None:
            self._deadline = time.monotonic_ns() + run.session.timeout_ms * _MILLISECOND
        if self._command is not None:
            self._release(self._command)

    def _release(self, command: Command) -> None:
        run = self.run_state
        run.output.flush()
        reason = command.release()
        if reason is not None:
            run.error(f"the command '{run.session.command}' cannot be run: {reason}")
            run.failed = True
            run.exiting = True
            return
        self.watch(command.descriptor, lambda: self._command_ended(command))

    # --- waiting --------------------------------------------------------------------

    def _stopped(self) -> bool:
        run = self.run_state
        return run.exiting or self._interrupted or run.output.closed

    def _wait(self) -> None:
        run = self.run_state
        while not self._stopped():
            self.idle()
            run.output.flush()
            if self._stopped():
                return
            for descriptor, _ in self._poll.poll(self._pause()):
                action = self._ready.get(descriptor)
                if action is not None:
                    action()
            self._timers.run_due(self._stopped)
            if self._children:
                self._children = [pid for pid in self._children if not _reaped(pid)]
            if self._deadline is not None and time.monotonic_ns() >= self._deadline:
                return

    def _pause(self) -> int | None:
        """How long poll may wait, in ms; sleeps here through what is less than one."""
        waits = [self._timers.wait()]
        if self._deadline is not None:
            waits.append(max(0, self._deadline - time.monotonic_ns()))
        known = [wait for wait in waits if wait is not None]
        if not known:
            return None
        soonest = min(known)
        if soonest < _MILLISECOND:
            time.sleep(soonest / 1e9)
            return 0
        return soonest // _MILLISECOND

    def _command_ended(self, command: Command) -> None:
        status = command.ended()
        if status is None:
            return
        self.unwatch(command.descriptor)
        run = self.run_state
        run.exiting = True
        if status == 0:
            return
        run.command_failed = True
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            run.warn(f"Child process exited with signal {number} ({signal.strsignal(number)})")
        else:
            run.warn(f"Child process exited with status {os.WEXITSTATUS(status)}")

    # --- ending ---------------------------------------------------------------------

    def _start_children(self) -> None:
        """Start what system() asked for, after the output so far."""
        run = self.run_state
        run.output.flush()
        commands, run.commands = run.commands, []
        for command in commands:
            self._children.append(
                os.posix_spawn(
                    "/bin/sh",
                    ["sh", "-c", command],
                    os.environ,
                    file_actions=[(os.POSIX_SPAWN_DUP2, run.output.descriptor, 1)],
                    setsigdef=[signal.SIGPIPE],
                )
            )

    def _wait_for_children(self) -> None:
        """Wait for system()'s commands and the target, as stap does; a signal ends that."""
        pending = list(self._children)
        command = self._command
        if command is not None:
            command.cancel()
            if command.ended() is None and not self._interrupted:
                pending.append(command.pid)
        self._interrupted = False
        while pending and not self._interrupted:
            pending = [pid for pid in pending if not _reaped(pid)]
            if pending:
                time.sleep(0.005)


def _nothing() -> None:
    """What an owner that attaches nothing has to do."""


def _reaped(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _drain(descriptor: int) -> None:
    try:
        os.read(descriptor, 64)
    except BlockingIOError:
        return


def _place_of(error: HandlerError, names: dict[str, Any]) -> str:
    """The script's place of the generated line that the error came through last."""
    places: dict[int, str] = names.get("PLACES", {})
    where = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals is names:
            where = places.get(trace.tb_lineno, where)
        trace = trace.tb_next
    return where
