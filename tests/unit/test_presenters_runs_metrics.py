"""Curves: gathered, grown, thinned and smoothed."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import MetricPoint, ResourcePoint
from desktop_app.core.rank_words import RankName
from desktop_app.presenters.metrics import (
    MANY,
    MetricPlots,
    Plot,
    ResourcePlots,
    as_csv,
    called,
    last_values,
    outlier,
    short_number,
    smoothed,
    styles,
    thinned,
)


def point(name: str, value: float, step: int, rank: int | None = None) -> MetricPoint:
    return MetricPoint(name, value, step, float(step), rank)


def plot_of(values: Mapping[int, Sequence[float]]) -> Plot:
    plot = Plot("x")
    for rank, each in values.items():
        for step, value in enumerate(each):
            plot.curve(rank).add(step, value)
    return plot


def test_points_become_plots_by_name_and_curves_by_rank() -> None:
    plots = MetricPlots()
    assert plots.take([point("loss", 2.0, 1), point("time", 0.3, 1, 0), point("time", 0.4, 1, 1)])
    assert list(plots.plots) == ["loss", "time"]
    assert list(plots.plots["time"].curves) == [0, 1]


def test_only_what_is_new_is_taken() -> None:
    plots, points = MetricPlots(), [point("loss", 2.0, 1)]
    assert plots.take(points)
    assert not plots.take(points)
    assert plots.take([*points, point("loss", 1.0, 2)])
    assert list(plots.plots["loss"].curves[None].y) == [2.0, 1.0]


def test_points_that_came_in_between_are_sorted_anew() -> None:
    plots = MetricPlots()
    plots.take([point("loss", 2.0, 1), point("loss", 1.0, 3)])
    plots.take([point("loss", 2.0, 1), point("loss", 1.5, 2), point("loss", 1.0, 3)])
    assert list(plots.plots["loss"].curves[None].x) == [1.0, 2.0, 3.0]


def test_what_is_no_number_leaves_a_gap() -> None:
    plots = MetricPlots()
    plots.take([point("loss", 1.0, 1), point("loss", math.inf, 2), point("loss", math.nan, 3)])
    curve = plots.plots["loss"].curves[None]
    assert curve.y[0] == 1.0
    assert math.isnan(curve.y[1])
    assert math.isnan(curve.y[2])
    assert plots.plots["loss"].can_be_log


def test_a_logarithmic_axis_needs_values_above_zero() -> None:
    assert plot_of({0: [1.0, 0.1]}).can_be_log
    assert not plot_of({0: [1.0, 0.0]}).can_be_log
    assert not plot_of({0: [1.0, -1.0]}).can_be_log


def test_resources_without_a_gpu_have_no_plot_of_one() -> None:
    plots = ResourcePlots()
    plots.take([ResourcePoint(0, 100.0, 90.0, 1 << 30), ResourcePoint(1, 100.5, 80.0, 1 << 29)])
    assert list(plots.plots) == ["CPU", "Memory"]
    assert list(plots.plots["CPU"].curves[1].x) == [0.5]
    plots.take([*[ResourcePoint(0, 100.0, 90.0, 1 << 30)] * 2, ResourcePoint(0, 101.0, 90.0, 1 << 30, 55.0, 1 << 33)])
    assert list(plots.plots) == ["CPU", "Memory", "GPU", "GPU memory"]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.integers(2, 50))
def test_thinning_keeps_the_extremes(values: list[float], most: int) -> None:
    xs, ys = thinned(list(range(len(values))), values, most)
    assert min(ys) == min(values)
    assert max(ys) == max(values)
    assert list(xs) == sorted(xs)
    assert len(xs) <= most + 2
    assert all(values[int(x)] == y for x, y in zip(xs, ys, strict=True))


def test_a_hundred_thousand_points_become_a_few_thousand() -> None:
    values = [math.sin(each / 100) for each in range(100_000)]
    values[5000] = math.nan
    xs, _ = thinned(range(100_000), values)
    assert len(xs) <= MANY + 2


def test_smoothing_is_corrected_for_its_start() -> None:
    assert list(smoothed([5.0, 5.0, 5.0], 0.9)) == pytest.approx([5.0, 5.0, 5.0])
    made = smoothed([1.0, math.nan, 3.0], 0.5)
    assert made[0] == 1.0
    assert math.isnan(made[1])
    assert made[2] == pytest.approx((0.5 * 0.5 * 1 + 0.5 * 3) / 0.75)


def test_the_rank_that_stands_out_is_found() -> None:
    calm = {rank: [0.30 + 0.01 * rank] * 30 for rank in range(8)}
    assert outlier(plot_of(calm)) is None
    assert outlier(plot_of({**calm, 5: [0.62] * 30})) == 5
    assert outlier(plot_of({**calm, 2: [0.01] * 30})) == 2
    assert outlier(plot_of({0: [1.0], 1: [9.0]})) is None, "two ranks: which of them is the odd one?"


def test_a_rank_has_one_colour_in_every_plot() -> None:
    both = styles(plot_of({0: [1.0], 1: [2.0]}))
    alone = styles(plot_of({1: [2.0]}))
    assert alone[1].role == both[1].role != both[0].role
    nobody = Plot("x")
    nobody.curve(None).add(0.0, 1.0)
    assert styles(nobody)[None].role == both[0].role
    assert as_csv(nobody, "step") == "step,x\n0,1.0\n"
    assert len({each.role for each in styles(plot_of({0: [1.0], 4: [2.0], 8: [3.0]})).values()}) == 3


def test_values_become_a_table() -> None:
    plot = Plot("loss, smooth")
    for rank, points in ((0, [(0.0, 0.5), (1.0, 0.25)]), (1, [(1.0, math.nan), (2.5, 1e-9)])):
        for x, y in points:
            plot.curve(rank).add(x, y)
    rows = list(csv.reader(io.StringIO(as_csv(plot, "step"))))
    assert rows == [
        ["step", "loss, smooth rank 0", "loss, smooth rank 1"],
        ["0", "0.5", ""],
        ["1", "0.25", "nan"],
        ["2.5", "", "1e-09"],
    ]
    assert as_csv(Plot("x"), "step") == "step\n"


def test_few_ranks_have_colours_of_their_own_and_many_have_one() -> None:
    few = styles(plot_of({rank: [float(rank % 2)] for rank in range(4)}))
    assert len({each.role for each in few.values()}) == 4
    many = styles(plot_of({**{rank: [0.3] * 9 for rank in range(8)}, 7: [0.9] * 9}))
    assert many[7].role == "failed"
    assert many[7].in_front
    assert {many[rank].role for rank in range(7)} == {"muted"}
    assert many[0].name == "the other 7 ranks"


def test_ranks_with_roles_are_called_by_them_and_none_stands_out() -> None:
    plot = plot_of({0: [9.0] * 9, 1: [0.1] * 9, 2: [0.2] * 9})
    tasks = {rank: RankName(f"worker {rank}", f"w{rank}", "worker") for rank in range(3)}
    assert styles(plot)[0].name == "rank 0 stands out"
    assert styles(plot, tasks)[0].name == "worker 0 stands out"
    ray = {0: RankName("driver", "driver", "driver"), 1: RankName("head", "head", "head"), 2: tasks[2]}
    assert [styles(plot, ray)[rank].name for rank in range(3)] == ["", "", ""], "they are not alike"
    assert [called(rank, ray) for rank in range(4)] == ["driver", "head", "worker 2", "rank 3"]


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (0.03125, "0.03125"), (0.123456, "0.1235"), (1.2e-6, "1.2e-06"), (math.nan, "nan")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


def test_the_last_value_or_the_span_of_the_ranks() -> None:
    assert last_values(plot_of({0: [0.5, 0.25]})) == "0.25"
    assert last_values(plot_of({0: [1.0], 1: [2.0]})) == "1 to 2"
    assert last_values(Plot("x")) == ""
