"""`$` names of a probe in a user program: variables where debug information says they are."""

from __future__ import annotations

from translator.base.value import dataclass
from translator.core import ir
from translator.debuginfo.model import VOID, DebugInfo, Function, Variable, VariableKind
from translator.debuginfo.units import LinkAddress, TypeId
from translator.elaborate.variables import Sited, pretty_depth
from translator.probes.attachment import Edge
from translator.probes.targets import UserTargets
from translator.semantics import reads
from translator.semantics.pretty import Pretty
from translator.semantics.reads import Frame, Unreadable

_PROGRAM_COUNTER = 16  # DWARF's number of rip on x86-64
_LISTED = {
    "$$parms": (VariableKind.PARAMETER,),
    "$$locals": (VariableKind.LOCAL,),
    "$$vars": (VariableKind.PARAMETER, VariableKind.LOCAL),
}


@dataclass(frozen=True, slots=True)
class UserVariables:
    """Variables of one binary at one address."""

    context: UserTargets
    info: DebugInfo

    def frame(self, place: ir.Place) -> Frame:
        bias = None
        if self.context.edge is Edge.ENTRY:
            bias = reads.link_bias(
                LinkAddress(self.context.address), ir.Space.USER, _PROGRAM_COUNTER
            )
        return Frame(self.info, ir.Space.USER, bias, place)

    def variable(self, name: str, place: ir.Place) -> Sited | Unreadable:
        function = self.context.function
        if name == "$return":
            return self._returned(function, place)
        if function is not None:
            if not self.info.has_types:
                return Unreadable(self.info.why_no_types or "there is no debug information")
            for variable in self._variables(function):
                if f"${variable.name}" == name:
                    return self._at(variable, place)
        found = self.global_variable(name[1:], None, None, place)
        if isinstance(found, Unreadable) and function is not None:
            names = tuple(f"${item.name}" for item in self._variables(function))
            return Unreadable(f"no variable '{name}' in '{function.name}'", names)
        return found

    def global_variable(
        self, name: str, file: str | None, module: str | None, place: ir.Place
    ) -> Sited | Unreadable:
        if module not in (None, self.info.path):
            return Unreadable(f"where '{module}' is loaded is unknown here")
        variable = self.info.global_variable(name, file)
        if variable is None:
            return Unreadable(f"no variable '{name}' in {self.info.path}")
        return self._at(variable, place)

    def listing(self, name: str, pretty: int, place: ir.Place) -> ir.Expr | Unreadable:
        function = self.context.function
        if name in ("$$name", "$$provider"):
            return Unreadable(f"'{name}' is for static markers")
        if function is None:
            return Unreadable("the probe is in no function")
        shown = Pretty(self.frame(place))
        depth = pretty_depth(pretty) if pretty else 0
        wanted = _LISTED.get(name, ())
        for variable in self._variables(function):
            if variable.kind in wanted:
                shown.listed(variable.name, _reading(self._at(variable, place)), depth)
        returns = self.context.edge is Edge.RETURN and self.info.return_type(function) != VOID
        if name == "$$return" and returns:
            shown.listed("return", _reading(self._returned(function, place)), depth)
        return shown.finished()

    def _variables(self, function: Function) -> tuple[Variable, ...]:
        return self.info.variables(function, LinkAddress(self.context.address))

    def _at(self, variable: Variable, place: ir.Place) -> Sited | Unreadable:
        where = self.info.location(variable, self.context.address)
        frame = self.frame(place)
        found = reads.located(where, variable.type, frame)
        return found if isinstance(found, Unreadable) else Sited(found, frame)

    def _returned(self, function: Function | None, place: ir.Place) -> Sited | Unreadable:
        if self.context.edge is not Edge.RETURN or function is None:
            return Unreadable("'$return' is for return probes")
        kind: TypeId = self.info.return_type(function)
        if kind == VOID:
            return Unreadable(f"'{function.name}' returns nothing")
        frame = self.frame(place)
        found = reads.located(self.info.return_location(function), kind, frame)
        return found if isinstance(found, Unreadable) else Sited(found, frame)


def _reading(found: Sited | Unreadable) -> reads.Reading | Unreadable:
    return found if isinstance(found, Unreadable) else found.reading
