"""The one thread that owns the analysis, and the order in which it works.

Inputs and requests run in the order they came, so that a request sees the text it was made
for; background work runs when nothing else waits, and gives way when something comes.
Refuses to know protocols.  Nothing that a task raises ends the thread.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from translator.analysis import Analysis

logger = logging.getLogger(__name__)


class Urgency(Enum):
    INPUT = "input"  # always runs
    REQUEST = "request"  # somebody waits; a newer one of the same subject replaces it
    BACKGROUND = "background"  # begins again when something more urgent came between


@dataclass(slots=True, eq=False)
class Task:
    """``subject`` is what a newer task replaces; None: nothing does."""

    work: Callable[[Analysis], Any]
    urgency: Urgency
    subject: Hashable | None
    answer: Future[Any] = field(default_factory=Future)
    withdrawn: bool = False


class Worker:
    """Runs tasks on an `Analysis` that ``start`` makes, in the thread, when first needed."""

    def __init__(self, start: Callable[[], Analysis]) -> None:
        self._start = start
        self._wake = threading.Condition()
        self._urgent: deque[Task] = deque()
        self._background: dict[Hashable, Task] = {}
        self._running: Task | None = None
        self._thread = threading.Thread(target=self._run, name="analysis", daemon=True)
        self._started = False

    def request(self, subject: Hashable, work: Callable[[Analysis], Any]) -> Task:
        """Ask; the answer is None if it fails or a newer request of ``subject`` came."""
        task = Task(work, Urgency.REQUEST, subject)
        with self._wake:
            for older in (*self._urgent, self._running):
                if older is not None and older.subject == subject:
                    older.withdrawn = True
        self._enter(task)
        return task

    def input(self, work: Callable[[Analysis], None]) -> None:
        """Change something; runs before all that is asked later."""
        self._enter(Task(work, Urgency.INPUT, None))

    def background(self, subject: Hashable, work: Callable[[Analysis], None]) -> None:
        """Do when there is time; replaces what waits or runs for the same subject."""
        task = Task(work, Urgency.BACKGROUND, subject)
        with self._wake:
            running = self._running
            if running is not None and running.urgency is Urgency.BACKGROUND:
                running.withdrawn |= running.subject == subject
            self._background[subject] = task
            self._wake.notify()
        self._ensure_started()

    def withdraw(self, task: Task) -> None:
        """Its answer is not wanted any more."""
        task.withdrawn = True

    def _enter(self, task: Task) -> None:
        with self._wake:
            self._urgent.append(task)
            self._wake.notify()
        self._ensure_started()

    def _ensure_started(self) -> None:
        if not self._started:
            self._started = True
            self._thread.start()

    def _cancelled(self) -> bool:
        task = self._running
        if task is None or task.urgency is Urgency.INPUT:
            return False
        return task.withdrawn or (task.urgency is Urgency.BACKGROUND and bool(self._urgent))

    def _run(self) -> None:
        try:
            analysis = self._start()
        except Exception:
            logger.exception("the analysis did not start")
            analysis = None
        if analysis is not None:
            analysis.db.cancelled = self._cancelled
        while True:
            task = self._next()
            if analysis is None or (task.withdrawn and task.urgency is not Urgency.INPUT):
                _answer(task, None)
            else:
                self._do(task, analysis)
            with self._wake:
                self._running = None

    def _next(self) -> Task:
        with self._wake:
            while not self._urgent and not self._background:
                self._wake.wait()
            if self._urgent:
                task = self._urgent.popleft()
            else:
                task = self._background.pop(next(iter(self._background)))
            self._running = task
            return task

    def _do(self, task: Task, analysis: Analysis) -> None:
        from translator.base.memo import Cancelled

        value = None
        try:
            value = task.work(analysis)
        except Cancelled:
            if task.urgency is Urgency.BACKGROUND and not task.withdrawn:
                with self._wake:
                    self._background.setdefault(task.subject, task)
                return
        except Exception:  # the boundary: one failed feature is one null answer
            logger.exception("%s failed", task.subject or task.urgency.value)
        _answer(task, value)


def _answer(task: Task, value: object) -> None:
    if task.answer.set_running_or_notify_cancel():
        task.answer.set_result(value)
