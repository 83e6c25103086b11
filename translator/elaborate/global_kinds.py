"""What kind of thing each global is: scalar or array, of which types, with which histograms."""

from __future__ import annotations

from collections.abc import Sequence

from translator.base.diagnostics import Diagnostic, Related, Severity
from translator.core import ir
from translator.core.types import Type
from translator.elaborate.meaning import Meaning
from translator.semantics import facts
from translator.semantics.scope import GlobalPlace
from translator.semantics.solver import Site
from translator.syntax import ast

_LARGEST = 1_000_000


def global_kinds(meaning: Meaning) -> tuple[ir.Global, ...]:
    """Every global of the program; inconsistent uses are reported."""
    return tuple(_global_kind(meaning, place) for place in meaning.scope.globals.values())


def _global_kind(meaning: Meaning, place: GlobalPlace) -> ir.Global:
    uses = meaning.uses.get(place.name, [])
    arity = _arity(meaning, place, uses)
    kind = meaning.solver.type_of(("global", place.name))
    value = place.variable.value
    if kind is Type.UNKNOWN:
        kind = Type.STRING if isinstance(value, ast.String) else Type.LONG
    keys = tuple(
        Type.STRING if meaning.solver.type_of(("key", place.name, at)) is Type.STRING else Type.LONG
        for at in range(arity)
    )
    histograms: dict[ir.Histogram, None] = {}
    shift = 0
    for site, use in uses:
        match use.parameters:
            case ("log",):
                histograms.setdefault(ir.LogHistogram())
            case ("linear", int(low), int(high), int(step)):
                histograms.setdefault(ir.LinearHistogram(low, high, step))
            case ("shift", int(given)):
                shift = max(shift, given)
        if kind is Type.AGGREGATE and use.reads and not (use.aggregate or use.parameters):
            _report_value(meaning, place, site)
        if kind is not Type.AGGREGATE and use.aggregate and use.parameters == ("keys",):
            message = f"'{place.label}' holds no aggregates: sort by its value, or by a key"
            meaning.report(
                site.path, Diagnostic("bad-sort", Severity.ERROR, site.absolute, message)
            )
    start: int | str | None = None if value is None else value.value
    size = place.variable.size
    return ir.Global(
        place.name,
        kind,
        keys,
        None if size is None else size.value,
        place.variable.wrap,
        start,
        tuple(histograms),
        shift,
        place.label,
    )


def _report_value(meaning: Meaning, place: GlobalPlace, site: Site) -> None:
    if any(item.site.path == site.path for item in meaning.solver.conflicts):
        return  # most likely the same mistake
    message = f"'{place.label}' holds aggregates: read them with @count, @sum, …"
    meaning.report(site.path, Diagnostic("aggregate-value", Severity.ERROR, site.absolute, message))


def _arity(
    meaning: Meaning, place: GlobalPlace, uses: Sequence[tuple[Site, facts.GlobalUse]]
) -> int:
    known = _declared_arity(meaning, place)
    for site, use in uses:
        if use.arity is None:
            continue
        if known is None:
            known = (use.arity, site)
        elif known[0] != use.arity:
            meaning.report(
                site.path,
                Diagnostic(
                    "inconsistent-arity",
                    Severity.ERROR,
                    site.absolute,
                    f"'{place.label}' is used {_as_array(use.arity)} here, "
                    f"{_as_array(known[0])} elsewhere",
                    (Related(known[1].absolute, "the other use", known[1].path),),
                ),
            )
    arity = 0 if known is None else known[0]
    size = place.variable.size
    if size is not None and not arity and known is not None:
        message = f"'{place.label}' has a size, so it is an array; it is used {_as_array(0)}"
        span = place.variable.name.span.shifted(place.offset)
        meaning.report(
            place.source.path, Diagnostic("inconsistent-arity", Severity.ERROR, span, message)
        )
    return arity


def _declared_arity(meaning: Meaning, place: GlobalPlace) -> tuple[int, Site] | None:
    """What the declaration itself says: an initial value is a scalar's."""
    variable = place.variable
    site = Site(place.source.path, place.offset, variable.name.span)
    if variable.size is not None and not 0 < variable.size.value <= _LARGEST:
        message = f"an array's size is a number from 1 to {_LARGEST}"
        span = variable.size.span.shifted(place.offset)
        meaning.report(site.path, Diagnostic("bad-array-size", Severity.ERROR, span, message))
    if variable.value is None:
        return None
    if variable.size is not None or variable.wrap:
        message = "only a scalar has an initial value"
        diagnostic = Diagnostic("inconsistent-arity", Severity.ERROR, site.absolute, message)
        meaning.report(site.path, diagnostic)
    return 0, site


def _as_array(arity: int) -> str:
    if not arity:
        return "as a scalar"
    return f"as an array with {arity} index{'es' if arity > 1 else ''}"
