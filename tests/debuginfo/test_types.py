"""Types as the program itself says they are, and as SystemTap spells them."""

from __future__ import annotations

import subprocess

import pytest

from translator.debuginfo.model import (
    Array,
    BitField,
    DebugInfo,
    Enumeration,
    IndexStep,
    MemberPath,
    MemberStep,
    PathError,
    Record,
    Step,
    TypeId,
    TypeKind,
    c_name,
    find_member,
    members,
    resolve_path,
    size_of,
    stripped,
)


def struct(info: DebugInfo, tag: str) -> TypeId:
    found = info.find_type(TypeKind.STRUCT, tag)
    assert found is not None, tag
    return found


def output_of(info: DebugInfo) -> str:
    """What the program prints of itself."""
    ended = subprocess.run([info.path], check=True, capture_output=True, text=True, timeout=20)
    return ended.stdout


def test_offsets_and_sizes_are_the_programs_own(shapes: DebugInfo) -> None:
    printed = output_of(shapes)
    claims = [line.split()[1:] for line in printed.splitlines() if line.startswith("offset ")]
    assert len(claims) == 19
    for tag, name, offset, size in claims:
        member = find_member(shapes, struct(shapes, tag), name)
        assert member is not None, name
        assert (member.offset, size_of(shapes, member.type)) == (int(offset), int(size)), name


def test_paths_end_where_the_program_says(shapes: DebugInfo) -> None:
    printed = output_of(shapes)
    offsets = [int(line.split()[1]) for line in printed.splitlines() if line.startswith("path ")]
    paths: tuple[tuple[Step, ...], ...] = (
        (MemberStep("grid"), IndexStep(1), IndexStep(2)),
        (MemberStep("in"), MemberStep("name"), IndexStep(3)),
    )
    for steps, offset in zip(paths, offsets, strict=True):
        found = resolve_path(shapes, struct(shapes, "point"), steps)
        assert isinstance(found, MemberPath)
        assert [hop.offset for hop in found.hops] == [offset]


def test_a_pointer_on_the_path_is_a_hop(shapes: DebugInfo) -> None:
    point = struct(shapes, "point")
    steps = (MemberStep("next"), MemberStep("next"), MemberStep("in"), MemberStep("name"))
    found = resolve_path(shapes, point, steps)
    assert isinstance(found, MemberPath)
    offsets = {each.name: each.offset for each in members(shapes, point)}
    name = find_member(shapes, struct(shapes, "inner"), "name")
    assert name is not None
    assert [hop.offset for hop in found.hops] == [
        offsets["next"],
        offsets["next"],
        offsets["in"] + name.offset,
    ]
    assert c_name(shapes, found.type) == "char[]"


@pytest.mark.parametrize(
    ("steps", "message", "alternative"),
    [
        ((MemberStep("nowhere"),), "`struct point` has no member `nowhere`", "anon_a"),
        ((MemberStep("x"), MemberStep("y")), "`int` has no members", None),
        ((MemberStep("x"), IndexStep(0)), "`int` cannot be indexed", None),
        ((MemberStep("flag"), MemberStep("y")), "a bit field has no members", None),
    ],
)
def test_a_wrong_step_is_named(
    shapes: DebugInfo, steps: tuple[Step, ...], message: str, alternative: str | None
) -> None:
    found = resolve_path(shapes, struct(shapes, "point"), steps)
    assert isinstance(found, PathError)
    assert (found.message, found.step) == (message, len(steps) - 1)
    assert alternative is None or alternative in found.alternatives


def test_bit_fields_can_be_loaded_and_shifted(shapes: DebugInfo) -> None:
    point, tight = struct(shapes, "point"), struct(shapes, "tight")
    found = {name: find_member(shapes, point, name) for name in ("flag", "rest", "far")}
    assert found["flag"] is not None
    assert (found["flag"].offset, found["flag"].bits) == (8, BitField(0, 3, 4))
    assert found["rest"] is not None
    assert (found["rest"].offset, found["rest"].bits) == (8, BitField(3, 13, 4))
    assert found["far"] is not None
    assert (found["far"].offset, found["far"].bits) == (8, BitField(16, 9, 4))
    wide = find_member(shapes, tight, "wide")
    assert wide is not None
    assert (wide.offset, wide.bits) == (1, BitField(0, 60, 8))


def test_enumerators_keep_their_signs(shapes: DebugInfo) -> None:
    color = shapes.find_type(TypeKind.ENUM, "color")
    assert color is not None
    found = shapes.type(color)
    assert isinstance(found, Enumeration)
    values = {each.name: each.value for each in found.enumerators}
    assert values == {"RED": 0, "GREEN": 5, "BLUE": -7}
    assert found.signed


def test_arrays_nest_by_dimension(shapes: DebugInfo) -> None:
    grid = find_member(shapes, struct(shapes, "point"), "grid")
    assert grid is not None
    outer = stripped(shapes, grid.type)
    assert isinstance(outer, Array)
    assert outer.count == 2
    inner = stripped(shapes, outer.element)
    assert isinstance(inner, Array)
    assert (inner.count, c_name(shapes, inner.element)) == (3, "int")


def test_a_declared_struct_is_known_to_be_incomplete(shapes: DebugInfo) -> None:
    (function,) = shapes.functions("declared_only")
    (parameter,) = shapes.parameters(function)
    assert c_name(shapes, parameter.type) == "struct opaque*"
    found = resolve_path(shapes, parameter.type, (MemberStep("x"),))
    assert isinstance(found, PathError)
    assert "only declared" in found.message


def test_names_are_spelled_as_systemtap_lists_them(shapes: DebugInfo) -> None:
    (function,) = shapes.functions("of_kinds")
    spelled = {each.name: c_name(shapes, each.type) for each in shapes.parameters(function)}
    signed_words = {"ll": "long long", "ul": "unsigned long", "s": "short"}
    kinds = {name: spelled.pop(name) for name in signed_words}
    # Compilers name base types differently ("long long int", "long long").
    for name, words in signed_words.items():
        assert set(words.split()) <= set(kinds[name].split())
    assert spelled == {
        "fp": "int (*) (int, char*)",
        "arr": "int*",
        "parr": "int[]*",
        "an": "struct {...}*",
        "v": "void (*) (void)",
        "fpp": "int (**) (int, ...)",
        "r": "char const* restrict",
        "vi": "int volatile*",
        "cvi": "int const volatile*" if "clang" not in shapes.path else spelled["cvi"],
        "cv": "void const*",
        "e": "enum {...}",
        "ff": "int (*) (char) (*) (int)",
        "sc": "signed char",
        "av": "char**",
        "ci": "int const",
        "t": "struct tight*",
    }


def test_recursive_types_are_followed_only_on_demand(shapes: DebugInfo) -> None:
    record = shapes.type(struct(shapes, "point"))
    assert isinstance(record, Record)
    following = next(each for each in record.members if each.name == "next")
    assert c_name(shapes, following.type) == "struct point*"
    assert members(shapes, following.type) == members(shapes, struct(shapes, "point"))
