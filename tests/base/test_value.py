"""Our `dataclass` beside the standard library's: the same values, errors and records."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from translator.base.value import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things."""

    left: int
    right: str = "r"
    note: list[int] = dataclasses.field(default_factory=list, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Triple(Pair):
    third: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        return self.left + sum(self.third)


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Labelled:
    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labelled) and other.name.lower() == self.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())


def declared(decorator: Any) -> dict[str, Any]:
    """Classes made by one of the two decorators, not used yet."""
    made = decorator(frozen=True, slots=True)

    @made
    class Base:
        left: int
        right: str = "r"
        note: list[int] = dataclasses.field(default_factory=list, compare=False, repr=False)

    @made
    class Derived(Base):
        third: tuple[int, ...] = ()

    @made
    class Bare:
        pass

    return {"base": Base, "derived": Derived, "bare": Bare}


CALLS: list[Callable[[Any], Any]] = [
    lambda kind: kind(1),
    lambda kind: kind(1, "x"),
    lambda kind: kind(right="y", left=2),
    lambda kind: kind(1, "x", [3]),
    lambda kind: kind(),
    lambda kind: kind(1, 2, 3, 4, 5, 6),
    lambda kind: kind(1, wrong=2),
    lambda kind: kind(1) == kind(1, note=[9]),
    lambda kind: kind(1) == kind(2),
    lambda kind: kind(1) == (1, "r"),
    lambda kind: hash(kind(1)),
    lambda kind: hash(kind(1)) == hash(kind(1, note=[2])),
    lambda kind: dataclasses.replace(kind(1), right="z"),
    lambda kind: dataclasses.replace(kind(1), wrong="z"),
    lambda kind: dataclasses.astuple(kind(1)),
    lambda kind: dataclasses.asdict(kind(1)),
    lambda kind: [item.name for item in dataclasses.fields(kind)],
    lambda kind: kind.__match_args__,
    lambda kind: setattr(kind(1), "left", 3),
    lambda kind: delattr(kind(1), "left"),
    lambda kind: hasattr(kind(1), "__dict__"),
    dataclasses.is_dataclass,
    lambda kind: copy.deepcopy(kind(1)),
    lambda kind: kind(1).note is kind(1).note,
    lambda kind: kind.__dataclass_params__.frozen,
]


@pytest.mark.parametrize("name", ["base", "derived", "bare"])
@pytest.mark.parametrize("call", CALLS)
def test_as_the_standard_library(name: str, call: Callable[[Any], Any]) -> None:
    def told(decorator: Any) -> str:
        try:
            return repr(call(declared(decorator)[name]))
        except (TypeError, AttributeError) as error:
            return f"{type(error).__name__}: {error}"

    assert told(dataclass) == told(dataclasses.dataclass)


def test_pickled_and_read_back() -> None:
    for value in (Pair(1, note=[4]), Triple(1, third=(2,)), Nothing(), Labelled("a")):
        again = pickle.loads(pickle.dumps(value))
        assert again == value
        assert repr(again) == repr(value)
    assert pickle.loads(pickle.dumps(Pair(1, note=[4]))).note == [4]


def test_patterns_and_inheritance() -> None:
    match Triple(1, "x", third=(2, 3)):
        case Pair(left, right):
            assert (left, right) == (1, "x")
        case _:
            pytest.fail("no match")
    assert Triple(1, third=(2, 3)).total == 6
    assert Triple(1) != Pair(1)
    assert Triple.__doc__ is None
    assert Pair.__doc__ == "Two things."


@pytest.mark.parametrize("decorator", [dataclass, dataclasses.dataclass])
def test_order(decorator: Any) -> None:
    @decorator(frozen=True, slots=True, order=True)
    class Range:
        start: int
        end: int
        note: str = dataclasses.field(default="", compare=False)

    kind: Any = Range
    first, second = kind(1, 5), kind(2, 0, "z")
    assert first < second <= kind(2, 0)
    assert second > first >= first
    assert sorted([second, first]) == [first, second]
    with pytest.raises(TypeError):
        assert first < (2, 0)


def test_methods_that_the_class_writes_stay() -> None:
    assert repr(Labelled("A")) == "<A>"
    assert {Labelled("A"), Labelled("a")} == {Labelled("A")}


def test_what_it_does_not_make_is_the_standard_library_s() -> None:
    @dataclass(frozen=True, slots=True, eq=False)
    class Single:
        at: int

    @dataclass(slots=True)
    class Counter:
        at: int = 0

    assert Single(1) != Single(1)
    counter = Counter()
    counter.at += 1
    assert counter == Counter(1)
