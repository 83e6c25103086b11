"""The LALR machine, and what it does where a script does not fit the grammar.

It runs lark's tables over terminals.  At an error it looks for the cheapest repair: insert
what is missing (a bracket, a hole), drop what is too much, or both, preferring the repair
after which the following terminals fit.  Every repair is reported, and every input, however
broken, ends in a tree.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from translator.base.diagnostics import Diagnostic, Edit, Fix, Severity
from translator.base.text import Span
from translator.base.value import dataclass
from translator.syntax.builder import Builder
from translator.syntax.tables import END, Tables
from translator.syntax.terminals import Terminal

_Stack: TypeAlias = list[int]

# Terminals that recovery may insert: what each costs and what is written for it.
_BRACKETS = {"RPAR": (2, ")"), "RSQB": (2, "]"), "_CLOSE": (2, "}"), "RBRACE": (3, "}")}
_HOLES = {
    "HOLE_WORD": (3, "a name"),
    "HOLE_COMPONENT": (3, "a probe point's component"),
    "HOLE_BODY": (3, "`{`"),
    "HOLE_EXPR": (3, "an expression"),
}
_OTHERS = {
    "IN": (3, "in"),
    "COLON": (3, ":"),
    "SEMICOLON": (3, ";"),
    "COMMA": (4, ","),
    "LPAR": (4, "("),
    "LBRACE": (5, "{"),
    "DOT": (5, "."),
    "EQUALS": (5, "="),
}
_INSERTABLE = _BRACKETS | _HOLES | _OTHERS
_CLOSING = (*_BRACKETS, *_HOLES, "IN", "COLON", "SEMICOLON", "LPAR")
_CLOSERS = (END, "RBRACE")

_DROP_COST = 5
_DROP_BRACE_COST = 12  # a brace has a partner: dropping one makes the next error
_MISFIT_COST = 4  # for each of the following terminals that would not fit
_LOOK_AHEAD = 4
_MAX_DROPS = 3
_MAX_COST = 24
_MAX_TRIES = 200
_MAX_REPAIRS = 40  # after that this is no script, and is only skipped through


@dataclass(frozen=True, slots=True)
class _Repair:
    cost: int
    dropped: int
    inserted: tuple[str, ...]


def run(tables: Tables, terminals: Sequence[Terminal], builder: Builder, limit: int) -> Any:
    """The value of the start rule; problems are added to the builder's diagnostics.

    ``terminals`` are in order of their places; holes at the end reach to ``limit``.  Never
    raises for any terminals; gives None only where not even holes make a declaration.
    """
    return _Machine(tables, terminals, builder, limit).run()


class _Machine:
    def __init__(
        self, tables: Tables, terminals: Sequence[Terminal], builder: Builder, limit: int
    ) -> None:
        self._tables = tables
        self._terminals = terminals
        self._builder = builder
        self._limit = limit
        # A macro's arguments may stand in another order than they are used.
        self._in_order = all(one.end <= other.start for one, other in itertools.pairwise(terminals))
        self._methods = _methods(tables, builder)
        self._states: _Stack = [tables.start]
        self._values: list[Any] = []
        self._starts: list[int] = []  # of each value; -1 for an empty one
        self._ends: list[int] = []
        self._last_end = terminals[0].start if terminals else 0
        self._repairs = 0
        self._reported = -1  # index of the terminal that the last error was about

    def run(self) -> Any:
        at = 0
        terminals = self._terminals
        while True:
            terminal = terminals[at] if at < len(terminals) else self._end()
            if self._feed(terminal):
                if terminal.name == END:
                    return self._values[-1]
                at += 1
                continue
            repair = self._repair(at)
            self._report(at, repair)
            if repair.dropped == 0 and not repair.inserted:
                return None
            at += repair.dropped
            self._insert(at, repair)

    def _insert(self, at: int, repair: _Repair) -> None:
        """Feed what the repair inserts.

        A hole fills the gap up to the next terminal, and what is closed before a `}` or the
        end is closed there: a cursor in the gap is in what is being typed.
        """
        gap_end = self._last_end
        if not repair.dropped:
            gap_end = self._terminals[at].start if at < len(self._terminals) else self._limit
        for name in repair.inserted:
            if name in _HOLES:
                start = self._last_end
            elif self._name(at) in _CLOSERS:
                start = max(self._last_end, gap_end)
            else:
                start = gap_end = self._last_end
            fed = self._feed(Terminal(name, "", start, max(start, gap_end)))
            assert fed, name

    def _end(self) -> Terminal:
        return Terminal(END, "", self._last_end, self._last_end)

    def _feed(self, terminal: Terminal) -> bool:
        """Reduce what ``terminal`` completes and shift it; False where it does not fit."""
        actions, rules, states = self._tables.actions, self._tables.rules, self._states
        name = terminal.name
        while True:
            action = actions[states[-1]].get(name)
            if action is None:
                return False
            if action >= 0:
                states.append(action)
                self._values.append(terminal)
                self._starts.append(terminal.start)
                self._ends.append(terminal.end)
                self._last_end = max(self._last_end, terminal.end)
                return True
            rule = rules[-1 - action]
            size = rule.size
            if size == 1 and self._methods[-1 - action] is None and len(rule.kept) == 1:
                del states[-1]  # a value passed through as it is
            else:
                self._reduce(-1 - action)
            states.append(actions[states[-1]][rule.origin])
            if name == END and states[-1] == self._tables.end:
                return True

    def _reduce(self, number: int) -> None:
        rule = self._tables.rules[number]
        size = rule.size
        base = len(self._values) - size
        starts, ends = self._starts[base:], self._ends[base:]
        if self._in_order:
            start = next((place for place in starts if place >= 0), -1)
            end = next((place for place in reversed(ends) if place >= 0), -1)
        else:
            start = min((place for place in starts if place >= 0), default=-1)
            end = max(ends, default=-1)
        values: list[Any] = []
        for position in rule.kept:
            value = self._values[base + position]
            if type(value) is list:
                values += value
            else:
                values.append(value)
        del self._states[len(self._states) - size :], self._values[base:]
        del self._starts[base:], self._ends[base:]
        method = self._methods[number]
        result: Any = values
        if method is not None:
            span = Span(start, end) if start >= 0 else Span(self._last_end, self._last_end)
            result = method(span, values)
        self._values.append(result)
        self._starts.append(start)
        self._ends.append(end)

    # --- finding a repair --------------------------------------------------------------

    def _after(self, stack: _Stack, name: str) -> _Stack | None:
        """The states after ``name``, values left alone; None where it does not fit."""
        actions, rules = self._tables.actions, self._tables.rules
        states = list(stack)
        while True:
            action = actions[states[-1]].get(name)
            if action is None:
                return None
            if action >= 0:
                states.append(action)
                return states
            rule = rules[-1 - action]
            if rule.size:
                del states[-rule.size :]
            states.append(actions[states[-1]][rule.origin])
            if name == END and states[-1] == self._tables.end:
                return states

    def _name(self, at: int) -> str:
        return self._terminals[at].name if at < len(self._terminals) else END

    def _misfits(self, stack: _Stack, at: int) -> int | None:
        """How many of the next terminals would not fit; None if the first does not."""
        for seen in range(_LOOK_AHEAD):
            after = self._after(stack, self._name(at + seen))
            if after is None:
                return _LOOK_AHEAD - seen if seen else None
            if self._name(at + seen) == END:
                return 0
            stack = after
        return 0

    def _repair(self, at: int) -> _Repair:
        self._repairs += 1
        if self._repairs > _MAX_REPAIRS:
            return self._closing(at) or self._drop(at)
        best: _Repair | None = None
        drop_cost = 0
        for dropped in range(_MAX_DROPS + 1):
            limit = _MAX_COST if best is None else best.cost
            if drop_cost >= limit:
                break
            for cost, inserted, stack in self._insertions(limit - drop_cost):
                misfits = self._misfits(stack, at + dropped)
                if misfits is None or not (dropped or inserted):
                    continue
                total = drop_cost + cost + misfits * _MISFIT_COST
                if best is None or total < best.cost:
                    best = _Repair(total, dropped, inserted)
                if not misfits:
                    break
            if at + dropped >= len(self._terminals):
                break
            brace = self._name(at + dropped) in ("LBRACE", "RBRACE")
            drop_cost += _DROP_BRACE_COST if brace else _DROP_COST
        closing = self._closing(at)
        if closing is not None and (best is None or closing.cost < best.cost):
            best = closing
        return best or self._drop(at)

    def _drop(self, at: int) -> _Repair:
        return _Repair(_MAX_COST, min(1, len(self._terminals) - at), ())

    def _insertions(self, limit: int) -> Iterator[tuple[int, tuple[str, ...], _Stack]]:
        """What could be inserted here, cheapest first, with the states after it."""
        heap: list[tuple[int, int, tuple[str, ...], _Stack]] = [(0, 0, (), self._states)]
        seen: set[tuple[int, ...]] = set()
        tries = 0
        while heap:
            cost, _, inserted, stack = heapq.heappop(heap)
            key = tuple(stack)
            if key in seen:
                continue
            seen.add(key)
            yield cost, inserted, stack
            for name, (more, _) in _INSERTABLE.items():
                if cost + more >= limit:
                    continue
                after = self._after(stack, name)
                if after is None:
                    continue
                tries += 1
                if tries > _MAX_TRIES:
                    return
                heapq.heappush(heap, (cost + more, tries, (*inserted, name), after))

    def _closing(self, at: int) -> _Repair | None:
        """Close all that is open, as far as the terminal at ``at`` needs it."""
        name = self._name(at)
        if name not in _CLOSERS:
            return None
        stack = self._states
        inserted: list[str] = []
        cost = 0
        while self._after(stack, name) is None:
            for candidate in _CLOSING:
                if candidate == "RBRACE" and name == "RBRACE":
                    continue
                after = self._after(stack, candidate)
                if after is not None:
                    break
            else:
                return None
            stack = after
            inserted.append(candidate)
            cost += _INSERTABLE[candidate][0]
            if len(inserted) > 4 * len(self._terminals) + len(_CLOSING):
                return None
        return _Repair(cost, 0, tuple(inserted))

    # --- saying so ---------------------------------------------------------------------

    def _report(self, at: int, repair: _Repair) -> None:
        if at <= self._reported:
            self._reported = max(self._reported, at + repair.dropped)
            return
        self._reported = at + repair.dropped
        here = Span(self._last_end, self._last_end)
        found = self._terminals[at] if at < len(self._terminals) else None
        expected = self._expected(repair)
        if found is None:
            place = Span(max(0, self._last_end - 1), self._last_end)
            message = f"expected {expected} before the end of the declaration"
        else:
            place = Span(found.start, found.end)
            shown = _shown(found)
            if repair.inserted:
                message = f"expected {expected}, found {shown}"
            else:
                message = (
                    f"unexpected {shown}: expected {expected}"
                    if expected
                    else (f"unexpected {shown}")
                )
        self._builder.diagnostics.append(
            Diagnostic(
                "syntax-error", Severity.ERROR, place, message, fixes=self._fixes(repair, here)
            )
        )

    def _expected(self, repair: _Repair) -> str:
        """At most three things that may stand here; what was surely meant stands alone."""
        first = repair.inserted[:1]
        more = () if set(first) & (_BRACKETS.keys() | _HOLES.keys()) else (*_HOLES, *_BRACKETS)
        if first and more:
            more = tuple(_BRACKETS)
        names = [name for name in (*first, *more) if self._after(self._states, name) is not None]
        shown = list(dict.fromkeys(map(_friendly, names)))[:3]
        return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)

    def _fixes(self, repair: _Repair, here: Span) -> tuple[Fix, ...]:
        """Sure only where one bracket is missing and nothing else is wrong nearby."""
        if repair.dropped or len(repair.inserted) != 1 or repair.cost > _OTHERS["IN"][0]:
            return ()
        (name,) = repair.inserted
        if name in _HOLES:
            return ()
        text = _INSERTABLE[name][1]
        return (Fix(f"Insert `{text}`", (Edit(here, text),)),)


def _methods(tables: Tables, builder: Builder) -> list[Callable[[Span, list[Any]], Any] | None]:
    return [None if rule.method is None else getattr(builder, rule.method) for rule in tables.rules]


def _friendly(name: str) -> str:
    return _HOLES[name][1] if name in _HOLES else f"`{_INSERTABLE[name][1]}`"


def _shown(terminal: Terminal) -> str:
    text = terminal.text.split("\n", 1)[0]
    return f"`{text[:30]}…`" if len(text) > 30 else f"`{text}`"
