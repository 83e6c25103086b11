"""`$` names of tracepoints and kernel functions: parameters by the kernel's type information.

The values are the event's own: a tracepoint hands its arguments over, a function's are where
the calling convention puts them.  Locals, labels and inlined copies are not known this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from translator.base.value import dataclass
from translator.core import ir
from translator.debuginfo import calling_convention, ctype, location
from translator.debuginfo.units import VOID, TypeId
from translator.elaborate.variables import Sited, pretty_depth
from translator.probes.attachment import Edge
from translator.probes.targets import KernelTargets, TracepointTargets
from translator.semantics import reads
from translator.semantics.pretty import Pretty
from translator.semantics.reads import Frame, InHand, Reading, Unreadable

if TYPE_CHECKING:
    from translator.debuginfo.btf import Btf, Prototype


@dataclass(frozen=True, slots=True)
class KernelVariables:
    """Parameters, and the result on return, of what a probe in the kernel is at."""

    context: KernelTargets | TracepointTargets
    types: Btf

    def frame(self, place: ir.Place) -> Frame:
        return Frame(self.types, ir.Space.KERNEL, None, place)

    def variable(self, name: str, place: ir.Place) -> Sited | Unreadable:
        frame = self.frame(place)
        if name == "$return":
            found: Reading | Unreadable = self._returned(frame)
        else:
            parameters = self._parameters(frame)
            if isinstance(parameters, Unreadable):
                return parameters
            wanted = name[1:]
            found = next(
                (reading for each, reading in parameters if each == wanted),
                Unreadable(
                    f"{self._described} has no parameter '{name}'",
                    tuple(f"${each}" for each, _ in parameters),
                ),
            )
        return found if isinstance(found, Unreadable) else Sited(found, frame)

    def global_variable(
        self, name: str, file: str | None, module: str | None, place: ir.Place
    ) -> Unreadable:
        del file, module, place
        return Unreadable(
            f"'{name}' is no parameter, and variables of the kernel need its debug information, "
            "which cannot be read yet"
        )

    def listing(self, name: str, pretty: int, place: ir.Place) -> ir.Expr | Unreadable:
        if name == "$$name" and isinstance(self.context, TracepointTargets):
            return ir.Text(self.context.name)
        if name in ("$$name", "$$provider"):
            return Unreadable(f"'{name}' is for static markers")
        frame = self.frame(place)
        shown = Pretty(frame)
        depth = pretty_depth(pretty) if pretty else 0
        if name in ("$$vars", "$$parms"):
            parameters = self._parameters(frame)
            if isinstance(parameters, Unreadable):
                return parameters
            for each, reading in parameters:
                shown.listed(each, reading, depth)
        elif name == "$$return":
            returned = self._returned(frame)
            if not isinstance(returned, Unreadable):
                shown.listed("return", returned, depth)
        return shown.finished()

    @property
    def _described(self) -> str:
        match self.context:
            case TracepointTargets(name=name):
                return f"tracepoint '{name}'"
            case KernelTargets(symbol=symbol):
                return f"'{symbol}'"

    def _prototype(self) -> Prototype | Unreadable:
        match self.context:
            case TracepointTargets(name=name):
                found = self.types.tracepoint(name)
            case KernelTargets(symbol=symbol):
                found = self.types.function(symbol)
            case _:
                assert_never(self.context)
        if found is None:
            return Unreadable(f"{self.types.path} does not say what {self._described} takes")
        return found

    def _parameters(
        self, frame: Frame
    ) -> tuple[tuple[str, Reading | Unreadable], ...] | Unreadable:
        prototype = self._prototype()
        if isinstance(prototype, Unreadable):
            return prototype
        given = prototype.parameters
        if isinstance(self.context, TracepointTargets):
            event = ir.EventValue.TRACEPOINT_ARGUMENT
            return tuple(
                (each.name or f"arg{at + 1}", InHand(ir.Event(event, at), each.type))
                for at, each in enumerate(given)
            )
        places = calling_convention.argument_locations(
            self.types, tuple(each.type for each in given), prototype.result
        )
        return tuple(
            (each.name, _argument(where, each.type, frame))
            for each, where in zip(given, places, strict=True)
        )

    def _returned(self, frame: Frame) -> Reading | Unreadable:
        if not isinstance(self.context, KernelTargets) or self.context.edge is not Edge.RETURN:
            return Unreadable("'$return' is for return probes")
        prototype = self._prototype()
        if isinstance(prototype, Unreadable):
            return prototype
        if prototype.result == VOID:
            return Unreadable(f"{self._described} returns nothing")
        where = calling_convention.return_location(self.types, prototype.result)
        if isinstance(where, location.InRegister):
            return InHand(ir.Event(ir.EventValue.FUNCTION_RESULT), prototype.result)
        return reads.located(where, prototype.result, frame)


def _argument(where: location.Location, type_id: TypeId, frame: Frame) -> Reading | Unreadable:
    """An argument as the event's, where it has a number there; else read where it lies."""
    event = ir.EventValue.FUNCTION_ARGUMENT
    registers = calling_convention.INTEGER_ARGUMENTS
    match where:
        case location.InRegister(register=register) if register in registers:
            return InHand(ir.Event(event, registers.index(register)), type_id)
        case location.InMemory(address=(location.PushRegister(offset=above),)) if (
            ctype.size_of(frame.types, type_id) or 8
        ) <= 8:
            # Eight bytes each, behind the return address: numbered on from the registers.
            return InHand(ir.Event(event, len(registers) + above // 8 - 1), type_id)
        case _:
            return reads.located(where, type_id, frame)
