"""Drawings, in the columns that SystemTap prints."""

from __future__ import annotations

import pytest

from tests.host.programs import BEGIN, EXIT, output_of, program, run, show
from translator.core import ir
from translator.core.types import Type

BAR = "-" * 50


def drawn(histogram: ir.Histogram, *values: int) -> str:
    stat = ir.StatPlace("s")
    return output_of(
        *[ir.Accumulate(stat, ir.Integer(value)) for value in values],
        ir.PrintHistogram(stat, histogram),
        globals=(ir.Global("s", Type.AGGREGATE, histograms=(histogram,)),),
    )


def table(width: int, digits: int, rows: list[tuple[str, int, int] | None]) -> str:
    """Rows are (label, columns of the bar, count); None is what was left out."""
    lines = [f"{'value'.rjust(width)} |{BAR} count"]
    for row in rows:
        if row is None:
            lines.append("~".rjust(width + 2))
            continue
        label, bar, count = row
        lines.append(f"{label.rjust(width)} |{('@' * bar).ljust(50)} {str(count).rjust(digits)}")
    return "\n".join(lines) + "\n\n"


def test_columns_literally() -> None:
    assert drawn(ir.LogHistogram(), 1, 2, 3, 4) == (
        "value |-------------------------------------------------- count\n"
        "    0 |                                                   0\n"
        "    1 |@                                                  1\n"
        "    2 |@@                                                 2\n"
        "    4 |@                                                  1\n"
        "    8 |                                                   0\n"
        "   16 |                                                   0\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("values", "width", "rows"),
    [
        pytest.param(
            (-1, 1),
            5,
            [
                ("-4", 0, 0),
                ("-2", 0, 0),
                ("-1", 1, 1),
                ("0", 0, 0),
                ("1", 1, 1),
                ("2", 0, 0),
                ("4", 0, 0),
            ],
            id="both signs",
        ),
        pytest.param((0,), 5, [("0", 1, 1), ("1", 0, 0), ("2", 0, 0)], id="zero"),
        pytest.param(
            ((1 << 63) - 1,),
            19,
            [(str(1 << 60), 0, 0), (str(1 << 61), 0, 0), (str(1 << 62), 1, 1)],
            id="largest",
        ),
        pytest.param(
            (-2, -4096),
            6,
            [
                ("-16384", 0, 0),
                ("-8192", 0, 0),
                ("-4096", 1, 1),
                ("-2048", 0, 0),
                ("-1024", 0, 0),
                None,
                ("-8", 0, 0),
                ("-4", 0, 0),
                ("-2", 1, 1),
                ("-1", 0, 0),
                ("0", 0, 0),
            ],
            id="gap",
        ),
    ],
)
def test_logarithmic(
    values: tuple[int, ...], width: int, rows: list[tuple[str, int, int] | None]
) -> None:
    assert drawn(ir.LogHistogram(), *values) == table(width, 1, rows)


@pytest.mark.parametrize(
    ("histogram", "values", "rows"),
    [
        pytest.param(
            ir.LinearHistogram(0, 1500, 50),
            (444, 999),
            [
                ("300", 0, 0),
                ("350", 0, 0),
                ("400", 1, 1),
                ("450", 0, 0),
                ("500", 0, 0),
                None,
                ("850", 0, 0),
                ("900", 0, 0),
                ("950", 1, 1),
                ("1000", 0, 0),
                ("1050", 0, 0),
            ],
            id="gap",
        ),
        pytest.param(
            ir.LinearHistogram(0, 1500, 50),
            (0,),
            [("0", 1, 1), ("50", 0, 0), ("100", 0, 0)],
            id="no row below the range when nothing is there",
        ),
        pytest.param(
            ir.LinearHistogram(0, 1500, 50),
            (1500,),
            [("1400", 0, 0), ("1450", 0, 0), ("1500", 1, 1)],
            id="no row above either",
        ),
        pytest.param(
            ir.LinearHistogram(250, 300, 50),
            (1, 260, 900),
            [("<250", 1, 1), ("250", 1, 1), ("300", 0, 0), (">300", 1, 1)],
            id="below and above",
        ),
        pytest.param(
            ir.LinearHistogram(-100, 100, 10),
            (-10,),
            [("-30", 0, 0), ("-20", 0, 0), ("-10", 1, 1), ("0", 0, 0), ("10", 0, 0)],
            id="negative",
        ),
    ],
)
def test_linear(
    histogram: ir.LinearHistogram, values: tuple[int, ...], rows: list[tuple[str, int, int] | None]
) -> None:
    assert drawn(histogram, *values) == table(5, 1, rows)


def test_bars_are_scaled_to_fifty_columns() -> None:
    values = [4] * 246 + [64] * 47
    rows = [("1", 0, 0), ("2", 0, 0), ("4", 49, 246), ("8", 0, 0), ("16", 0, 0), ("32", 0, 0)]
    rows += [("64", 9, 47), ("128", 0, 0), ("256", 0, 0)]
    assert drawn(ir.LogHistogram(), *values) == table(5, 3, [*rows])


def test_empty_one_is_an_error() -> None:
    log = ir.LogHistogram()
    near = ir.Place("<input>", 1, 21, "operator '@hist_log'")
    made = program(
        (BEGIN, (ir.PrintHistogram(ir.StatPlace("s"), log, near), EXIT)),
        globals=(ir.Global("s", Type.AGGREGATE, histograms=(log,)),),
    )
    ran = run(made)
    assert ran.status == 1
    assert ran.errors == (
        "ERROR: empty aggregate near operator '@hist_log' at <input>:1:21\n"
        "WARNING: Number of errors: 1, skipped probes: 0\n"
    )


def test_buckets_by_index() -> None:
    log, stat, at = ir.LogHistogram(), ir.StatPlace("s"), ir.Local("at", Type.LONG)
    here = ir.Bucket(stat, log, ir.GetLocal(at))
    shown = ir.If(here, (show("%d: %d\n", at, here),))
    assert output_of(
        *[ir.Accumulate(stat, ir.Integer(value)) for value in (-1, 1, 2, 3, 0)],
        ir.ForeachBucket(at, stat, log, None, (shown,)),
        globals=(ir.Global("s", Type.AGGREGATE, histograms=(log,)),),
    ) == ("63: 1\n64: 1\n65: 1\n66: 2\n")
