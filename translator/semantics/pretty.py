"""``$x$``, ``$x$$``, ``$$parms`` and their kin: C values as text, in SystemTap's form."""

from __future__ import annotations

from dataclasses import dataclass, field

from translator.core import format as formats
from translator.core import ir
from translator.core.types import Type
from translator.debuginfo import ctype
from translator.debuginfo.units import TypeId
from translator.semantics import reads
from translator.semantics.reads import Frame, InMemory, Reading, Unreadable

_ELEMENTS = 32  # of an array
_MEMBERS = 64  # of a record, nested ones counted
_NUMBER = formats.Directive(formats.Conversion.DECIMAL)
_UNSIGNED = formats.Directive(formats.Conversion.UNSIGNED)
_HEX = formats.Directive(formats.Conversion.HEX, frozenset("#"))
_CHARACTER = formats.Directive(formats.Conversion.CHARACTER)
_TEXT = formats.Directive(formats.Conversion.STRING)


@dataclass(slots=True)
class Pretty:
    """A format and its arguments, being put together."""

    frame: Frame
    pieces: list[formats.Piece] = field(default_factory=list)
    arguments: list[ir.Expr] = field(default_factory=list)
    left: int = _MEMBERS

    def text(self, text: str) -> None:
        if self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] += text
        else:
            self.pieces.append(text)

    def value(self, directive: formats.Directive, argument: ir.Expr) -> None:
        self.pieces.append(directive)
        self.arguments.append(argument)

    def finished(self) -> ir.Expr:
        if not self.arguments:
            return ir.Text("".join(piece for piece in self.pieces if isinstance(piece, str)))
        return ir.FormatText(formats.Format(tuple(self.pieces)), tuple(self.arguments))

    def listed(self, name: str, reading: Reading | Unreadable, depth: int) -> None:
        """``name=value`` as in ``$$vars``: numbers in hexadecimal, or as ``$`` if depth > 0."""
        if self.pieces:
            self.text(" ")
        self.text(f"{name}=")
        if isinstance(reading, Unreadable):
            self.text("?")
        elif depth:
            self.top(reading, depth)
        else:
            number = reads.scalar(reading, self.frame)
            if isinstance(number, Unreadable):
                self.text("?")
            else:
                self.value(_HEX, number)

    def top(self, reading: Reading, depth: int) -> None:
        """As `shown`; a pointer to a record is the record, which only holds for what is named."""
        found = ctype.stripped(self.frame.types, reading.type)
        if isinstance(found, ctype.Pointer):
            target = ctype.stripped(self.frame.types, found.target)
            if isinstance(target, ctype.Record) and target.complete:
                address = reads.scalar(reading, self.frame)
                if not isinstance(address, Unreadable):
                    reading = InMemory(address, found.target)
        self.shown(reading, depth)

    def shown(self, reading: Reading, depth: int) -> None:
        """A value as ``$`` (depth 1) or ``$$`` (more) shows it."""
        types = self.frame.types
        found = ctype.stripped(types, reading.type)
        match found:
            case ctype.Record():
                self.record(reading, found, depth)
            case ctype.Array(element=inner) if _is_character(types, inner):
                self.characters(reading)
            case ctype.Array(count=count):
                self.array(reading, count, depth)
            case ctype.Pointer(target=target) if _is_character(types, target):
                self.characters(reading)
            case _:
                self.number(reading, found)

    def record(self, reading: Reading, found: ctype.Record, depth: int) -> None:
        if depth <= 0:
            self.text("{...}")
            return
        self.text("{")
        for index, item in enumerate(found.members):
            if index:
                self.text(", ")
            self.left -= 1
            if self.left < 0:
                self.text("...")
                break
            if item.name:
                self.text(f".{item.name}=")
            inner = (
                InMemory(reads.add(reading.address, item.offset), item.type, item.bits)
                if isinstance(reading, InMemory)
                else reads.member(reading, item.name, self.frame)
            )
            if isinstance(inner, Unreadable):
                self.text("?")
            else:
                self.shown(inner, depth - 1)
        self.text("}")

    def array(self, reading: Reading, count: int | None, depth: int) -> None:
        if depth <= 0 or count is None:
            self.text("[...]")
            return
        self.text("[")
        for index in range(min(count, _ELEMENTS)):
            if index:
                self.text(", ")
            self.left -= 1
            if self.left < 0:
                self.text("...")
                break
            inner = reads.element(reading, ir.Integer(index), self.frame)
            if isinstance(inner, Unreadable):
                self.text("?")
            else:
                self.shown(inner, depth - 1)
        if count > _ELEMENTS:
            self.text(", ...")
        self.text("]")

    def characters(self, reading: Reading) -> None:
        address = reads.scalar(reading, self.frame)
        if isinstance(address, Unreadable):
            self.text("?")
            return
        raw = reads.string_at(address, self.frame, -1)
        quoted = ir.Ask(
            "text_strn",
            (raw, ir.Integer(0), ir.Integer(1)),
            Type.STRING,
            ir.Purity.PURE,
            self.frame.place,
        )
        self.value(_TEXT, quoted)

    def number(self, reading: Reading, found: ctype.CType) -> None:
        number = reads.scalar(reading, self.frame)
        if isinstance(number, Unreadable):
            self.text("?")
            return
        match found:
            case ctype.Integer(encoding=ctype.Encoding.CHARACTER, size=1):
                self.text("'")
                self.value(_CHARACTER, number)
                self.text("'")
            case ctype.Integer(signed=signed) | ctype.Enumeration(signed=signed):
                self.value(_NUMBER if signed else _UNSIGNED, number)
            case _:
                self.value(_HEX, number)


def _is_character(types: ctype.TypeSource, type_id: TypeId) -> bool:
    found = ctype.stripped(types, type_id)
    return (
        isinstance(found, ctype.Integer)
        and found.size == 1
        and found.encoding is ctype.Encoding.CHARACTER
    )
