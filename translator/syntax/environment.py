"""What the meaning of a script's text depends on beyond itself.

An `Environment` is all of it, a `Context` the part that one piece of text can see: equal
texts in equal contexts are parsed once.  Refuses to find anything out: facts come from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from translator.base.value import dataclass
from translator.syntax.conditions import Conditions
from translator.syntax.macros import Definition, Macro

_NO_MACROS: Final[Mapping[str, Definition]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Context:
    """The part of an `Environment` that one piece of text can see; macros in order of name."""

    arguments: tuple[str, ...] | None = None
    conditions: Conditions | None = None
    macros: tuple[Macro, ...] = ()


NO_CONTEXT: Final = Context()


@dataclass(frozen=True, slots=True)
class Environment:
    """What scripts' texts depend on.

    ``arguments``: the script's command-line arguments; None where they are not known.
    ``conditions``: what `%( … %)` may ask for; None where that is not known, and then the
    first branch is taken.  ``macros``: the library's, by name without `@`.
    """

    arguments: tuple[str, ...] | None = None
    conditions: Conditions | None = None
    macros: Mapping[str, Definition] = field(default_factory=dict, compare=False)

    def with_arguments(self, arguments: tuple[str, ...]) -> Environment:
        return replace(self, arguments=arguments)

    def relevant_to(self, text: str, local: Mapping[str, Definition] = _NO_MACROS) -> Context:
        """What ``text`` can see, with the macros ``local`` to its file."""
        arguments = conditions = None
        if self.arguments is not None and _ARGUMENT.search(text):
            arguments = self.arguments
        if self.conditions is not None and "%(" in text:
            conditions = self.conditions
        macros = self._visible(text, local) if "@" in text else ()
        for macro in macros:
            if self.arguments is not None and _ARGUMENT.search(macro.body):
                arguments = self.arguments
            if self.conditions is not None and "%(" in macro.body:
                conditions = self.conditions
        if arguments is None and conditions is None and not macros:
            return NO_CONTEXT
        return Context(arguments, conditions, macros)

    def _visible(self, text: str, local: Mapping[str, Definition]) -> tuple[Macro, ...]:
        """The macros that ``text`` may use, with those that their bodies may use."""
        if not any(name in local or name in self.macros for name in _names(text)):
            return ()
        found: dict[tuple[bool, str], Macro] = {}
        waiting = [(False, name) for name in _names(text)]
        while waiting:
            key = waiting.pop()
            inside_library, name = key
            if key in found:
                continue
            definition = None if inside_library else local.get(name)
            definition = definition or self.macros.get(name)
            if definition is None:
                continue
            macro = definition.macro
            if (macro.library, name) in found and macro.library == inside_library:
                continue
            found[inside_library, name] = macro
            waiting += [(macro.library, used) for used in _names(macro.body)]
        return tuple(sorted(set(found.values()), key=lambda macro: (macro.name, macro.library)))


_ARGUMENT = re.compile(r"[$@][0-9#]")
_NAME = re.compile(r"@([A-Za-z_]\w*)", re.ASCII)


@lru_cache(maxsize=16384)
def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_NAME.findall(text)))


NO_ENVIRONMENT: Final = Environment()
