"""Units and identities of debug information, apart so that naming one costs no import."""

from __future__ import annotations

from typing import NewType

LinkAddress = NewType("LinkAddress", int)  # address as the binary's own tables give it
FileOffset = NewType("FileOffset", int)  # bytes from the start of the binary's file
TypeId = NewType("TypeId", int)  # of one type source: a DIE's offset, or a BTF id
FunctionId = NewType("FunctionId", int)  # of one debug information
VariableId = NewType("VariableId", int)  # of one debug information
RegisterNumber = NewType("RegisterNumber", int)  # DWARF's numbering for the architecture

VOID = TypeId(-1)  # what has no type: `void`
