"""`$` variables in words: their C type, what declares them, where their value is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stap_lsp.features.documentation import fenced
from translator.base.diagnostics import StapError
from translator.debuginfo import location
from translator.probes.targets import NoTargets, TargetContext, UserTargets
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.analysis import Analysis
    from translator.elaborate.lookup import Lookup
    from translator.probes.target_types import Found
    from translator.syntax.parser import Placed


def contexts(lookup: Lookup, placed: Placed) -> tuple[TargetContext, ...]:
    """Where the `$` names of a handler come from: one for each kind of place it runs at."""
    found: dict[TargetContext, None] = {}
    for _, derived in lookup.derived(placed):
        if not isinstance(derived.resolved.targets, NoTargets):
            found.setdefault(derived.resolved.targets)
    return tuple(found)


def target_markdown(analysis: Analysis, lookup: Lookup, placed: Placed, expr: ast.Expr) -> str:
    """Of the first probe of the handler that knows it; "" if none does."""
    for context in contexts(lookup, placed):
        try:
            found = _in_context(analysis, context, expr)
        except StapError:  # reported where the probe point stands
            continue
        if found:
            return found
    return ""


def _in_context(analysis: Analysis, context: TargetContext, expr: ast.Expr) -> str:
    from translator.probes.target_names import target_names
    from translator.probes.target_types import expression_type, user_variable

    environment = analysis.environment
    if not isinstance(expr, ast.Target):
        typed = expression_type(expr, context, environment)
        if typed is None or not isinstance(expr, ast.Arrow):
            return ""
        holder = expression_type(expr.base, context, environment)
        of = "" if holder is None else f"\n\nMember of `{holder.name}`."
        return fenced(f"{typed.name} {expr.member.text}") + of
    for each in target_names(context, environment):
        if each.name == expr.name:
            parts = [fenced(f"{each.type} {each.name}"), each.documentation]
            if isinstance(context, UserTargets):
                found = user_variable(expr.name.lstrip("$"), context, environment)
                parts.append("" if found is None else _declared(found, context))
            return "\n\n".join(part for part in parts if part)
    typed = expression_type(expr, context, environment)
    return "" if typed is None else fenced(f"{typed.name} {expr.name}")


def _declared(found: Found, context: UserTargets) -> str:
    variable = found.variable
    function = f" of `{context.function.name}`" if context.function is not None else ""
    file = f", {os.path.basename(variable.file)}:{variable.line}" if variable.file else ""
    where = "its value at entry" if found.location is None else lives(found.location)
    return f"{variable.kind.value.capitalize()}{function}{file}: {where}."


def lives(where: location.Location) -> str:
    """``in register rdi``, ``in memory``, …"""
    match where:
        case location.InRegister(register=register):
            names = location.X86_64_REGISTERS
            return f"in register {names[register] if register < len(names) else register}"
        case location.InMemory():
            return "in memory"
        case location.Constant(value=value):
            return f"always {value} here"
        case location.OptimisedOut(reason=reason) | location.Refused(reason=reason):
            return f"not readable here: {reason}"
        case location.PointerTo():
            return "a pointer to a value that was optimised away"
        case location.Computed() | location.ConstantBytes() | location.InPieces():
            return "computed"
