"""The C type of a target expression: what an editor shows of ``$x->y`` and offers after it.

Answers as far as the types are known and is silent beyond: elaboration reports what is wrong.
Refuses to compute where values are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from translator.probes.attachment import Edge
from translator.probes.point import Environment
from translator.probes.targets import KernelTargets, TargetContext, TracepointTargets, UserTargets
from translator.syntax import ast

if TYPE_CHECKING:
    from translator.debuginfo.model import Location, Step, TypeId, TypeKind, TypeSource, Variable


@dataclass(frozen=True, slots=True)
class Typed:
    """A type and the source in which its id has a meaning."""

    source: TypeSource
    type: TypeId

    @property
    def name(self) -> str:
        """The type as SystemTap lists it."""
        from translator.debuginfo.model import c_name

        return c_name(self.source, self.type)


@dataclass(frozen=True, slots=True)
class MemberName:
    """A member as an editor offers it; ``offset`` in bytes from the record's start."""

    name: str
    type: str
    offset: int


@dataclass(frozen=True, slots=True)
class Found:
    """A variable of a user program: its declaration and where its value is."""

    variable: Variable
    location: Location | None  # None: on return, where entry's value is meant
    type: str


def expression_type(
    expr: ast.Expr, context: TargetContext, environment: Environment
) -> Typed | None:
    """The type of a chain of ``->``, ``[]`` and ``&`` on a `$` variable or ``@`` operator.

    None where it is not known.  Raises StapError where the binary cannot be read.
    """
    from translator.debuginfo.model import IndexStep, MemberStep

    match expr:
        case ast.Target(name=name, pretty=0):
            return _variable_type(name.lstrip("$"), context, environment)
        case ast.AtCall(op=ast.AtOp.CAST | ast.AtOp.VAR):
            return _operator_type(expr, context, environment)
        case ast.Arrow(base=base, member=member, pretty=0) if member.text:
            return _step(expression_type(base, context, environment), MemberStep(member.text))
        case ast.Index(base=base, indexes=indexes, pretty=0) if len(indexes) == 1:
            return _step(expression_type(base, context, environment), IndexStep(0))
        case _:
            return None


def member_names(typed: Typed) -> tuple[MemberName, ...]:
    """What may stand after ``->``."""
    from translator.debuginfo.model import c_name, members

    return tuple(
        MemberName(each.name, c_name(typed.source, each.type), each.offset)
        for each in members(typed.source, typed.type)
    )


def user_variable(name: str, context: UserTargets, environment: Environment) -> Found | None:
    """The variable that ``$name`` means.  Raises StapError where the binary cannot be read."""
    from translator.debuginfo.model import c_name

    info = environment.debuginfo(context.path)
    at_return = context.edge is Edge.RETURN
    for variable in _user_variables(context, environment):
        if variable.name == name:
            where = None if at_return else info.location(variable, context.address)
            return Found(variable, where, c_name(info, variable.type))
    return None


def _user_variables(context: UserTargets, environment: Environment) -> tuple[Variable, ...]:
    info = environment.debuginfo(context.path)
    if context.function is None or not info.has_types:
        return ()
    if context.edge is Edge.RETURN:
        return info.parameters(context.function)
    return info.variables(context.function, context.address)


def _variable_type(name: str, context: TargetContext, environment: Environment) -> Typed | None:
    match context:
        case UserTargets(function=function):
            info = environment.debuginfo(context.path)
            if name == "return" and context.edge is Edge.RETURN and function is not None:
                return Typed(info, info.return_type(function))
            for variable in _user_variables(context, environment):
                if variable.name == name:
                    return Typed(info, variable.type)
            found = info.global_variable(name) if info.has_types else None
            return None if found is None else Typed(info, found.type)
        case KernelTargets() | TracepointTargets():
            return _kernel_type(name, context, environment)
        case _:
            return None


def _kernel_type(
    name: str, context: KernelTargets | TracepointTargets, environment: Environment
) -> Typed | None:
    btf = environment.kernel_types() if environment.kernel_types is not None else None
    if btf is None:
        return None
    if isinstance(context, KernelTargets):
        prototype = btf.function(context.symbol)
        if prototype is not None and name == "return" and context.edge is Edge.RETURN:
            return Typed(btf, prototype.result)
    else:
        prototype = btf.tracepoint(context.name)
    for parameter in () if prototype is None else prototype.parameters:
        if parameter.name == name:
            return Typed(btf, parameter.type)
    return None


def _operator_type(
    expr: ast.AtCall, context: TargetContext, environment: Environment
) -> Typed | None:
    texts = [each.value if isinstance(each, ast.String) else None for each in expr.arguments]
    if expr.op is ast.AtOp.VAR:
        source = _source(texts[1] if len(texts) > 1 else None, context, environment)
        if source is None or not texts or texts[0] is None:
            return None
        name, _, file = texts[0].partition("@")
        info = getattr(source, "global_variable", None)  # the kernel's BTF has no variables
        found = None if info is None else info(name, file or None)
        return None if found is None else Typed(source, found.type)
    if len(texts) < 2 or texts[1] is None:
        return None
    source = _source(texts[2] if len(texts) > 2 else None, context, environment)
    if source is None:
        return None
    for kind, name in _named(texts[1]):
        type_id = source.find_type(kind, name)
        if type_id is not None:
            return Typed(source, type_id)
    return None


def _source(
    module: str | None, context: TargetContext, environment: Environment
) -> TypeSource | None:
    """Where the types of an operator's module are; without one, those of the probed program."""
    if module is None or module == "":
        path = context.path if isinstance(context, UserTargets) else None
    else:
        path = module if module.startswith("/") else None
    if path is not None:
        return environment.debuginfo(path)
    return environment.kernel_types() if environment.kernel_types is not None else None


def _named(text: str) -> tuple[tuple[TypeKind, str], ...]:
    from translator.debuginfo.model import TypeKind

    text = text.replace("*", " ").strip()
    word, _, rest = text.partition(" ")
    kinds = {each.value: each for each in (TypeKind.STRUCT, TypeKind.UNION, TypeKind.ENUM)}
    if word in kinds and rest.strip():
        return ((kinds[word], rest.strip()),)
    every = (TypeKind.STRUCT, TypeKind.TYPEDEF, TypeKind.UNION, TypeKind.ENUM, TypeKind.BASE)
    return tuple((kind, text) for kind in every)


def _step(typed: Typed | None, step: Step) -> Typed | None:
    from translator.debuginfo.model import PathError, resolve_path

    if typed is None:
        return None
    found = resolve_path(typed.source, typed.type, (step,))
    return None if isinstance(found, PathError) else Typed(typed.source, found.type)
