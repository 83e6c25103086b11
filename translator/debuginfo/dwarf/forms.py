"""Numbers and attribute forms: how long they are, how to pass over them, how to read them."""

from __future__ import annotations

from translator.debuginfo.dwarf import constants as dw

_FIXED = {
    **dict.fromkeys((dw.FORM_DATA1, dw.FORM_FLAG, dw.FORM_REF1, dw.FORM_STRX1, dw.FORM_ADDRX1), 1),
    **dict.fromkeys((dw.FORM_DATA2, dw.FORM_REF2, dw.FORM_STRX2, dw.FORM_ADDRX2), 2),
    **dict.fromkeys((dw.FORM_STRX3, dw.FORM_ADDRX3), 3),
    **dict.fromkeys(
        (dw.FORM_DATA4, dw.FORM_REF4, dw.FORM_STRX4, dw.FORM_ADDRX4, dw.FORM_REF_SUP4), 4
    ),
    **dict.fromkeys((dw.FORM_DATA8, dw.FORM_REF8, dw.FORM_REF_SIG8, dw.FORM_REF_SUP8), 8),
    dw.FORM_DATA16: 16,
    dw.FORM_FLAG_PRESENT: 0,
    dw.FORM_IMPLICIT_CONST: 0,
}
OFFSET_FORMS = frozenset(
    (
        dw.FORM_STRP,
        dw.FORM_SEC_OFFSET,
        dw.FORM_STRP_SUP,
        dw.FORM_LINE_STRP,
        dw.FORM_GNU_REF_ALT,
        dw.FORM_GNU_STRP_ALT,
    )
)
_LEB_FORMS = frozenset(
    (
        dw.FORM_SDATA,
        dw.FORM_UDATA,
        dw.FORM_REF_UDATA,
        dw.FORM_STRX,
        dw.FORM_ADDRX,
        dw.FORM_LOCLISTX,
        dw.FORM_RNGLISTX,
        dw.FORM_GNU_ADDR_INDEX,
        dw.FORM_GNU_STR_INDEX,
    )
)


class Malformed(Exception):
    """Debug information that breaks its own format; callers turn it into `DebugInfoError`."""


def uleb(data: bytes, at: int) -> tuple[int, int]:
    """Unsigned LEB128 at ``at``: (value, position after it)."""
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def sleb(data: bytes, at: int) -> tuple[int, int]:
    """Signed LEB128 at ``at``: (value, position after it)."""
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (result - (1 << shift) if byte & 0x40 else result), at


def unsigned(data: bytes, at: int, size: int) -> int:
    """A little-endian number of ``size`` bytes."""
    if at + size > len(data):
        raise Malformed("a number runs past the end")
    return int.from_bytes(data[at : at + size], "little")


def signed(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=True)


def fixed_size(form: int, address_size: int, offset_size: int, version: int) -> int | None:
    """Bytes that every value of the form takes; None if they differ."""
    size = _FIXED.get(form)
    if size is not None:
        return size
    if form in OFFSET_FORMS:
        return offset_size
    if form == dw.FORM_ADDR:
        return address_size
    if form == dw.FORM_REF_ADDR:
        return address_size if version == 2 else offset_size
    return None


def skip(data: bytes, at: int, form: int, address_size: int, offset_size: int) -> int:
    """Position after a value of a form without fixed size."""
    if form in (dw.FORM_EXPRLOC, dw.FORM_BLOCK):
        length, at = uleb(data, at)
        return at + length
    if form == dw.FORM_STRING:
        return data.index(b"\0", at) + 1
    if form == dw.FORM_BLOCK1:
        return at + 1 + data[at]
    if form == dw.FORM_BLOCK2:
        return at + 2 + unsigned(data, at, 2)
    if form == dw.FORM_BLOCK4:
        return at + 4 + unsigned(data, at, 4)
    if form in _LEB_FORMS:
        while data[at] > 0x7F:
            at += 1
        return at + 1
    if form == dw.FORM_INDIRECT:
        real, at = uleb(data, at)
        size = fixed_size(real, address_size, offset_size, 5)
        return at + size if size is not None else skip(data, at, real, address_size, offset_size)
    raise Malformed(f"unknown attribute form {form:#x}")


def block(data: bytes, at: int, form: int) -> bytes:
    """The bytes of a block or expression form."""
    if form in (dw.FORM_EXPRLOC, dw.FORM_BLOCK):
        length, at = uleb(data, at)
    elif form == dw.FORM_DATA16:
        length = 16
    else:
        width = {dw.FORM_BLOCK1: 1, dw.FORM_BLOCK2: 2, dw.FORM_BLOCK4: 4}[form]
        length = unsigned(data, at, width)
        at += width
    return data[at : at + length]


BLOCK_FORMS = frozenset(
    (
        dw.FORM_EXPRLOC,
        dw.FORM_BLOCK,
        dw.FORM_BLOCK1,
        dw.FORM_BLOCK2,
        dw.FORM_BLOCK4,
        dw.FORM_DATA16,
    )
)


def number(data: bytes, at: int, form: int, implicit: int, sizes: tuple[int, int, int]) -> int:
    """The number a form holds, before any base or index is applied.

    ``sizes`` are those of addresses and offsets and the version; ``data`` of DW_FORM_dataN is
    unsigned.
    """
    if form == dw.FORM_IMPLICIT_CONST:
        return implicit
    if form == dw.FORM_FLAG_PRESENT:
        return 1
    if form == dw.FORM_SDATA:
        return sleb(data, at)[0]
    if form in _LEB_FORMS:
        return uleb(data, at)[0]
    size = fixed_size(form, *sizes)
    if size is None:
        raise Malformed(f"form {form:#x} is not a number")
    return unsigned(data, at, size)
