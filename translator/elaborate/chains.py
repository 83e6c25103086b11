"""Chains of ``->``, ``[]`` and ``&``: what they start from, and the typed reads they become.

A chain starts at a `$` name, at ``@var``, at ``@cast`` or at a script variable whose value is
known to be the address of a C object.  Where `$` names come from is the `Variables`' business.
"""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from translator.base.value import dataclass
from translator.core import ir
from translator.debuginfo import ctype
from translator.debuginfo.ctype import TypeSource
from translator.debuginfo.units import VOID, TypeId
from translator.elaborate.expressions import ExprLowering
from translator.elaborate.type_modules import cast_frame
from translator.elaborate.variables import Sited, Variables, pretty_depth
from translator.probes.point import Environment
from translator.semantics import reads
from translator.semantics.facts import STRING_TARGETS
from translator.semantics.pretty import Pretty
from translator.semantics.reads import Frame, InMemory, Unreadable
from translator.syntax import ast


@dataclass(frozen=True, slots=True)
class Pointee:
    """The C object at the address that a script's value is; ``type`` is the object's own."""

    types: TypeSource
    space: ir.Space
    type: TypeId

    @property
    def name(self) -> str:
        return ctype.c_name(self.types, self.type)


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A script variable was given addresses of objects of different types."""

    first: str
    second: str


@dataclass(slots=True)
class Pointers:
    """What is known of the addresses in one handler's or function's script variables.

    `noted` has the values of chains, by the identity of their expression.
    """

    variables: dict[str, Pointee | Ambiguous] = field(default_factory=dict)
    noted: dict[int, Pointee] = field(default_factory=dict)

    def assign(self, name: str, value: ast.Expr) -> None:
        """``name = value``: a value of unknown type changes nothing, as in SystemTap."""
        pointee = self.of(value)
        if pointee is None:
            return
        known = self.variables.setdefault(name, pointee)
        if isinstance(known, Pointee) and known.name != pointee.name:
            self.variables[name] = Ambiguous(known.name, pointee.name)

    def of(self, value: ast.Expr) -> Pointee | None:
        match value:
            case ast.Name(name=name):
                known = self.variables.get(name)
                return known if isinstance(known, Pointee) else None
            case ast.Assign(op=ast.AssignOp.SET, value=inner):
                return self.of(inner)
            case ast.Conditional(then=then, otherwise=otherwise):
                return self.of(then) or self.of(otherwise)
            case _:
                return self.noted.get(id(value))


Value: TypeAlias = ir.Expr | Unreadable


@dataclass(slots=True)
class ChainReader:
    """Reads chains in one handler; ``variables`` may be why there are no `$` names."""

    variables: Variables | Unreadable
    environment: Environment
    lower: ExprLowering
    pointers: Pointers

    def value(self, expr: ast.Expr) -> Value:
        """The script's value of a chain."""
        match expr:
            case ast.Target(name=name, pretty=pretty) if name in STRING_TARGETS:
                if isinstance(self.variables, Unreadable):
                    return self.variables
                return self.variables.listing(name, pretty, self._place(expr))
            case ast.AddressOf(operand=operand):
                sited = self.sited(operand)
                if isinstance(sited, Unreadable):
                    return sited
                self._note(expr, sited.frame, sited.reading.type)
                return reads.address_of(sited.reading)
            case (
                ast.Target(pretty=pretty)
                | ast.Arrow(pretty=pretty)
                | ast.Index(pretty=pretty)
                | ast.AtCall(pretty=pretty)
            ) if pretty:
                sited = self.sited(expr)
                if isinstance(sited, Unreadable):
                    return sited
                shown = Pretty(sited.frame)
                shown.top(sited.reading, pretty_depth(pretty))
                return shown.finished()
            case _:
                sited = self.sited(expr)
                return sited if isinstance(sited, Unreadable) else self._number(expr, sited)

    def _number(self, expr: ast.Expr, sited: Sited) -> Value:
        types = sited.frame.types
        found = ctype.stripped(types, sited.reading.type)
        match found:
            case ctype.Pointer(target=target) if target != VOID:
                self._note(expr, sited.frame, target)
            case ctype.Record() | ctype.Array() if isinstance(expr, ast.AtCall):
                # A bare cast is the address it was given, with a type from now on.
                self._note(expr, sited.frame, sited.reading.type)
                return reads.address_of(sited.reading)
            case _:
                pass
        return reads.scalar(sited.reading, sited.frame)

    def _note(self, expr: ast.Expr, frame: Frame, type_id: TypeId) -> None:
        self.pointers.noted[id(expr)] = Pointee(frame.types, frame.space, type_id)

    def _place(self, expr: ast.Expr) -> ir.Place:
        return self.lower.place(expr.span, spelled(root(expr)))

    def sited(self, expr: ast.Expr) -> Sited | Unreadable:
        """The object that a chain names."""
        match expr:
            case ast.Target(name=name):
                if isinstance(self.variables, Unreadable):
                    return self.variables
                return self.variables.variable(name, self._place(expr))
            case ast.AtCall(op=ast.AtOp.VAR):
                return self._global(expr)
            case ast.AtCall(op=ast.AtOp.CAST):
                return self._cast(expr)
            case ast.Arrow(base=base, member=member):
                inner = self._start(base)
                if isinstance(inner, Unreadable):
                    return inner
                return _sited(reads.member(inner.reading, member.text, inner.frame), inner.frame)
            case ast.Index(base=base, indexes=indexes):
                inner = self._start(base)
                if isinstance(base, ast.AtCall) and isinstance(inner, Sited):
                    inner = _as_array(inner)
                for index in indexes:
                    if isinstance(inner, Unreadable):
                        return inner
                    at = self.lower.value(index)
                    inner = _element(inner, at)
                return inner
            case _:
                return Unreadable("it names no C object")

    def _start(self, base: ast.Expr) -> Sited | Unreadable:
        """What a step is taken from: a chain, or a script variable that holds an address."""
        match base:
            case ast.Target() | ast.AtCall() | ast.Arrow() | ast.Index() | ast.AddressOf():
                return self.sited(base)
            case ast.Name(name=name):
                known = self.pointers.variables.get(name)
            case _:
                return Unreadable("the C type of this value is unknown: use @cast")
        match known:
            case Pointee():
                frame = Frame(known.types, known.space, None, self._place(base))
                return Sited(InMemory(self.lower.value(base), known.type), frame)
            case Ambiguous(first=first, second=second):
                return Unreadable(
                    f"it holds addresses of different types, '{first}' and '{second}': use @cast"
                )
            case None:
                return Unreadable('what it points at is unknown: use @cast(…, "TYPE", "MODULE")')

    def _cast(self, expr: ast.AtCall) -> Sited | Unreadable:
        from translator.semantics.casts import find_named_type

        texts = [each.value if isinstance(each, ast.String) else None for each in expr.arguments]
        if len(texts) not in (2, 3) or None in texts[1:]:
            return Unreadable("it takes a value, a type's name and, if need be, a module's")
        name, module = texts[1] or "", texts[2] if len(texts) > 2 else None
        place = self._place(expr)
        own = None if isinstance(self.variables, Unreadable) else self.variables.frame(place)
        frame = cast_frame(module, name, own, self.environment, place)
        if isinstance(frame, Unreadable):
            return frame
        found = find_named_type(frame.types, name)
        assert found is not None, name
        address = self.lower.stable(self.lower.value(expr.arguments[0]))
        return Sited(InMemory(address, found), frame)

    def _global(self, expr: ast.AtCall) -> Sited | Unreadable:
        texts = [each.value if isinstance(each, ast.String) else "" for each in expr.arguments]
        if len(texts) not in (1, 2) or not all(texts):
            return Unreadable("it takes a variable's name and, if need be, a module's")
        name, _, file = texts[0].partition("@")
        module = texts[1] if len(texts) > 1 else None
        if module == "kernel":
            return Unreadable(
                "variables of the kernel need its debug information, which cannot be read yet"
            )
        if isinstance(self.variables, Unreadable):
            return Unreadable(
                f"'{name}' is a variable of a program: read it in a probe of that program and "
                "pass its value on"
            )
        return self.variables.global_variable(name, file or None, module, self._place(expr))


@dataclass(frozen=True, slots=True)
class _Row(Sited):
    """Objects of one type in a row: what a cast's address is when it is indexed."""


def _as_array(sited: Sited) -> Sited:
    found = ctype.stripped(sited.frame.types, sited.reading.type)
    if isinstance(found, ctype.Pointer | ctype.Array):
        return sited
    return _Row(sited.reading, sited.frame)


def _element(sited: Sited, index: ir.Expr) -> Sited | Unreadable:
    frame, reading = sited.frame, sited.reading
    if isinstance(sited, _Row) and isinstance(reading, InMemory):
        return _sited(reads.element_at(reading.address, reading.type, index, frame), frame)
    return _sited(reads.element(reading, index, frame), frame)


def _sited(reading: reads.Reading | Unreadable, frame: Frame) -> Sited | Unreadable:
    return reading if isinstance(reading, Unreadable) else Sited(reading, frame)


def root(expr: ast.Expr) -> ast.Expr:
    """What a chain starts from."""
    while True:
        match expr:
            case ast.Arrow(base=inner) | ast.Index(base=inner) | ast.AddressOf(operand=inner):
                expr = inner
            case _:
                return expr


def spelled(start: ast.Expr) -> str:
    """A chain's root as messages name it."""
    match start:
        case ast.Target(name=name) | ast.Name(name=name):
            return name
        case ast.AtCall(op=op):
            return op.value
        case _:
            return "this"


def last_name(expr: ast.Expr) -> str:
    """The name at a chain's end, which is the one to be misspelt."""
    match expr:
        case ast.Arrow(member=member):
            return member.text
        case ast.Index(base=base) | ast.AddressOf(operand=base):
            return last_name(base)
        case ast.Target(name=name):
            return name
        case _:
            return ""
