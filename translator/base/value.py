"""``dataclass`` for frozen classes with slots, written when they are first used.

The standard library writes and compiles six methods when such a class is defined, which
for some hundreds of classes is half of a short command's time.  This one gives a class its
slots and writes each method at its first call; most classes of a run are never called.
What it does not handle (eq=False, unfrozen, …) it hands to the standard library.

Refused: ``init=False`` fields, keyword-only fields, ``ClassVar``, and new attributes on
instances of subclasses.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

_LAZY = {"frozen": True, "slots": True}


def _frozen_with_slots(written: type) -> type:
    """The class again, with slots, its methods still to be written."""
    own = written.__dict__
    names = tuple(own.get("__annotations__", ()))
    body = {
        name: value
        for name, value in own.items()
        if name not in names and name not in ("__dict__", "__weakref__")
    }
    inherited = [name for base in written.__bases__ for name in getattr(base, "__match_args__", ())]
    slots = tuple(name for name in names if name not in inherited)
    if body.get("__hash__", _hash) is None:  # what Python puts beside an __eq__
        del body["__hash__"]
    fields, parameters = (
        _Late(written, "__dataclass_fields__"),
        _Late(written, "__dataclass_params__"),
    )
    made = type(written)(
        written.__name__,
        written.__bases__,
        {
            "__init__": _init,
            "__eq__": _eq,
            "__hash__": _hash,
            "__repr__": _repr,
            "__reduce__": _reduce,
            "__match_args__": (*inherited, *slots),
            **body,
            "__slots__": slots,
            "__setattr__": _refuse_assignment,
            "__delattr__": _refuse_deletion,
            "__dataclass_fields__": fields,
            "__dataclass_params__": parameters,
        },
    )
    made.__qualname__ = written.__qualname__
    fields.made = parameters.made = made
    return made


def _ordered(written: type) -> type:
    made = _frozen_with_slots(written)
    for name, compare in _ORDER.items():
        type.__setattr__(made, name, _comparison(compare))
    return made


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
}


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def compared(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        kind: type = type(self)
        names = _compared(kind)
        return compare(
            [getattr(self, name) for name in names], [getattr(other, name) for name in names]
        )

    return compared


class _Late:
    """Stands for what the `dataclasses` module asks of a class, until it is asked."""

    def __init__(self, written: type, name: str) -> None:
        self.written = written
        self.made = written
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        _complete(self.made)
        return getattr(owner, self.name)


def _complete(made: type) -> None:
    """Let the standard library read the fields off the class as it was written."""
    late = made.__dict__["__dataclass_fields__"]
    if not isinstance(late, _Late):
        return
    # It refuses an unfrozen class over a frozen one, and writes two methods for a frozen one.
    frozen = any(hasattr(base, "__dataclass_fields__") for base in made.__bases__)
    reader = dataclasses.dataclass(init=False, repr=False, eq=False, frozen=frozen)
    read: Any = reader(late.written)
    fields = read.__dataclass_fields__
    assert tuple(fields) == made.__match_args__, made  # type: ignore[attr-defined]
    assert all(field.init and not field.kw_only for field in fields.values()), made
    parameters = read.__dataclass_params__
    parameters.init = parameters.repr = parameters.eq = parameters.frozen = True
    type.__setattr__(made, "__dataclass_params__", parameters)
    type.__setattr__(made, "__dataclass_fields__", fields)


def _write(kind: type, name: str, writer: Callable[[type], tuple[str, dict[str, Any]]]) -> None:
    """Replace the placeholder of method ``name`` wherever ``kind`` inherits one from."""
    for owner in kind.__mro__:
        if owner.__dict__.get(name) is _PLACEHOLDERS[name]:
            text, names = writer(owner)
            exec(text, names)
            function = names[name]
            function.__qualname__ = f"{owner.__qualname__}.{name}"
            function.__module__ = owner.__module__
            type.__setattr__(owner, name, function)


def _init(self: Any, *arguments: Any, **named: Any) -> None:
    _write(type(self), "__init__", _init_text)
    self.__init__(*arguments, **named)


def _eq(self: Any, other: object) -> Any:
    _write(type(self), "__eq__", _eq_text)
    return self.__eq__(other)


def _hash(self: Any) -> int:
    _write(type(self), "__hash__", _hash_text)
    return hash(self)


_PLACEHOLDERS: dict[str, Any] = {"__init__": _init, "__eq__": _eq, "__hash__": _hash}


def _init_text(owner: type) -> tuple[str, dict[str, Any]]:
    names: dict[str, Any] = {"_missing": dataclasses.MISSING}
    parameters, body = ["self"], []
    for field in dataclasses.fields(owner):
        name, parameter, value = field.name, field.name, field.name
        names[f"_set_{name}"] = getattr(owner, name).__set__
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
            parameter = f"{name}=_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            names[f"_factory_{name}"] = field.default_factory
            parameter = f"{name}=_missing"
            value = f"_factory_{name}() if {name} is _missing else {name}"
        parameters.append(parameter)
        body.append(f" _set_{name}(self, {value})")
    if hasattr(owner, "__post_init__"):
        body.append(" self.__post_init__()")
    return f"def __init__({', '.join(parameters)}):\n" + ("\n".join(body) or " pass"), names


@cache
def _compared(owner: type) -> list[str]:
    fields = dataclasses.fields(owner)
    return [field.name for field in fields if field.compare]


def _eq_text(owner: type) -> tuple[str, dict[str, Any]]:
    mine = "".join(f"self.{name}, " for name in _compared(owner))
    theirs = "".join(f"other.{name}, " for name in _compared(owner))
    return (
        "def __eq__(self, other):\n"
        " if self is other: return True\n"
        f" if other.__class__ is self.__class__: return ({mine}) == ({theirs})\n"
        " return NotImplemented",
        {},
    )


def _hash_text(owner: type) -> tuple[str, dict[str, Any]]:
    hashed = [
        field.name
        for field in dataclasses.fields(owner)
        if (field.compare if field.hash is None else field.hash)
    ]
    values = "".join(f"self.{name}, " for name in hashed)
    return f"def __hash__(self): return hash(({values}))", {}


def _repr(self: Any) -> str:
    shown = [
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    ]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    return type(self), tuple([getattr(self, name) for name in self.__match_args__])


def _refuse_assignment(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


if TYPE_CHECKING:
    # To a type checker it is the standard library's.
    from dataclasses import dataclass
else:

    def dataclass(written: type | None = None, /, **options: bool) -> Any:
        """As `dataclasses.dataclass`; cheap for ``frozen=True, slots=True[, order=True]``."""
        if written is None and options == _LAZY:
            return _frozen_with_slots
        if written is None and options == {**_LAZY, "order": True}:
            return _ordered
        return dataclasses.dataclass(written, **options)
