"""Types by the name a script gives: ``"task_struct"``, ``"struct file"``, ``"enum pid_type"``."""

from __future__ import annotations

from translator.debuginfo.ctype import TypeKind, TypeSource
from translator.debuginfo.units import TypeId

_PREFIXES = {
    "struct": TypeKind.STRUCT,
    "union": TypeKind.UNION,
    "enum": TypeKind.ENUM,
}
_ORDER = (TypeKind.STRUCT, TypeKind.TYPEDEF, TypeKind.UNION, TypeKind.ENUM, TypeKind.BASE)


def find_named_type(types: TypeSource, name: str) -> TypeId | None:
    """The type a script means; without a tag word a struct comes before a typedef.

    Trailing stars are not part of the name: a cast's value is the address of the object.
    """
    words = name.replace("*", " ").split()
    if not words:
        return None
    kind = _PREFIXES.get(words[0])
    if kind is not None and len(words) > 1:
        return types.find_type(kind, " ".join(words[1:]))
    for each in _ORDER:
        found = types.find_type(each, " ".join(words))
        if found is not None:
            return found
    return None
