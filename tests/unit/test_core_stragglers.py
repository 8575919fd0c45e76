"""The slow rank is named where figures tell it, and nobody is where they don't."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.paces import Kind, Measure, measure_of, step_in, times_in
from desktop_app.core.stragglers import (
    HOW_TO_TELL,
    IN_STEP,
    Pace,
    Verdict,
    advice,
    find,
    in_step,
    median_of_others,
    outliers,
    time_text,
)


def paces(*steps: float, kind: Kind = Kind.STEP, count: int = 20, **loads: list[float]) -> list[Pace]:
    """Return ranks with these times, and (by name) loads."""
    return [
        Pace(rank, count, {kind: each}, **{name: values[rank] for name, values in loads.items()})  # type: ignore[arg-type]
        for rank, each in enumerate(steps)
    ]


def test_a_slow_rank_is_named_with_its_figures() -> None:
    found = find(paces(0.229, 0.231, 0.228, 0.412, cpu=[31.0, 30.0, 33.0, 100.0]))
    assert found.verdict is Verdict.STRAGGLER
    assert found.ranks == (3,)
    assert found.sentence == (
        "Rank 3 takes 1.8 × as long for a step as the others (median 412 ms against 229 ms); its CPU is at 100 %."
    )


@pytest.mark.parametrize(
    ("steps", "slow"),
    [
        ([1.0, 1.02, 0.98, 1.0], ()),
        ([1.0, 1.1, 0.9, 1.12], ()),
        ([1.0, 1.0, 1.0, 1.2], (3,)),
        ([1.0, 1.25], ()),
        ([1.0, 1.4], (1,)),
        ([1.0, 1.0, 2.0, 2.0], ()),  # two speeds: nobody is the odd one
        ([1.0] * 6 + [2.0, 3.0], (7, 6)),
        ([1.0, 1.5, 0.7, 1.9, 1.2, 2.2], ()),  # they differ anyway
        ([0.0, 0.0, 0.0], ()),
    ],
)
def test_who_stands_out(steps: list[float], slow: tuple[int, ...]) -> None:
    assert find(paces(*steps)).ranks == slow


def test_several_slow_ranks_are_named_together() -> None:
    found = find(paces(*[1.0] * 8, 2.0, 2.0))
    assert found.sentence == ("Ranks 8 and 9 take 2.0 × as long for a step as the others (median 2 s against 1 s).")
    assert find(paces(1.0, 2.0)).sentence.startswith("Rank 1 takes 2.0 × as long for a step as the other (")


def test_too_few_steps_tell_nothing() -> None:
    found = find([*paces(1.0, 1.0, count=9), Pace(2, 3, {Kind.STEP: 9.0})])
    assert (found.verdict, found.ranks) == (Verdict.UNKNOWN, ())
    assert found.sentence == "Too few steps so far: 5 of each rank are needed, and rank 2 made 3."
    assert advice(paces(1.0, 1.0, count=1), found) == HOW_TO_TELL


def test_ranks_in_step_are_told_apart_by_what_they_do_meanwhile() -> None:
    same = [0.3, 0.301, 0.3, 0.302]
    assert in_step(paces(*same))
    high = find(paces(*same, cpu=[20.0, 22.0, 99.0, 21.0]))
    assert (high.verdict, high.ranks, high.by) == (Verdict.LIKELY, (2,), "cpu")
    assert high.sentence == "Rank 2 stands out: its CPU is at 99 %, the others' at 21 %; they likely wait for it."
    low = find(paces(*same, cpu=[98.0, 99.0, 3.0, 99.0]))
    assert "the others poll for it" in low.sentence
    gpu = find(paces(*same, cpu=[98.0, 99.0, 3.0, 99.0], gpu=[100.0, 99.0, 100.0, 40.0]))
    assert (gpu.ranks, gpu.by) == ((3,), "gpu")
    even = paces(*same, cpu=[90.0, 95.0, 99.0, 91.0])
    found = find(even)
    assert (found.verdict, found.sentence) == (
        Verdict.UNKNOWN,
        "No rank stands out: all take 300 ms for a step, as ranks that wait for each other do, whoever is slow.",
    )
    assert advice(even, found) == HOW_TO_TELL
    apart = find(paces(0.3, 0.33, 0.3, 0.31))
    assert (apart.verdict, apart.sentence) == (
        Verdict.NONE,
        "No straggler: the slowest, rank 1, takes 330 ms for a step, the others 300 ms (medians).",
    )
    assert advice(even, high) == IN_STEP


def test_two_ranks_in_step_that_differ_by_load_alone_tell_nothing() -> None:
    assert find(paces(0.3, 0.3, cpu=[20.0, 99.0])).ranks == ()


def test_own_times_go_before_steps() -> None:
    ranks = [
        Pace(rank, 20, {Kind.STEP: 0.3, Kind.DATA: data, Kind.WAIT: wait, Kind.COMPUTE: 0.1})
        for rank, (data, wait) in enumerate([(0.01, 0.19), (0.2, 0.0), (0.01, 0.19)])
    ]
    found = find(ranks)
    assert (found.ranks, found.by) == ((1,), Kind.DATA)
    assert found.sentence == "Rank 1 loads data for 200 ms in a step, the others for 10 ms (medians)."
    waits = find([Pace(each.rank, 20, {Kind.STEP: 0.3, Kind.WAIT: each.times[Kind.WAIT]}) for each in ranks])
    assert (waits.ranks, waits.by) == ((1,), Kind.WAIT)
    assert waits.sentence == "Rank 1 waits 0 ms in a step, the others wait 190 ms: for what is slow there."
    computes = find([Pace(rank, 20, {Kind.STEP: 0.3, Kind.COMPUTE: each}) for rank, each in enumerate((0.1, 0.1, 0.3))])
    assert computes.sentence == "Rank 2 computes for 300 ms in a step, the others for 100 ms (medians)."


def test_data_that_takes_no_time_is_no_cause() -> None:
    """A hundred times as long, and still a thousandth of the step."""
    ranks = [Pace(rank, 20, {Kind.STEP: 0.3, Kind.DATA: data}) for rank, data in enumerate((3e-6, 3e-4, 3e-6))]
    assert find(ranks).verdict is Verdict.NONE


def test_who_comes_late() -> None:
    ranks = [Pace(rank, 20, {Kind.STEP: 0.3}, late=late) for rank, late in enumerate((0.0, 0.001, 0.12, -0.001))]
    found = find(ranks)
    assert (found.verdict, found.ranks) == (Verdict.LIKELY, (2,))
    assert found.sentence == "Rank 2 comes to each step 120 ms after the others (median): they likely wait for it."


def test_who_only_started_later_does_not_come_late() -> None:
    """Ranks that never wait keep the distance that they began with: it says nothing of who is slow."""
    two = [Pace(rank, 20, {Kind.STEP: 0.3}, late=late) for rank, late in enumerate((-0.05, 0.05))]
    assert find(two).ranks == ()
    far = [Pace(rank, 20, {Kind.STEP: 0.3}, late=late) for rank, late in enumerate((0.0, 0.0, 0.7))]
    assert find(far).ranks == ()


def test_nothing_is_known() -> None:
    assert find([Pace(0)]).sentence == "There is one rank: nobody to compare it with."
    assert find([Pace(0), Pace(1)]).sentence == "Nothing tells how long each rank takes for a step."
    assert find([Pace(0, cpu=1.0), Pace(1, cpu=2.0)]).sentence == (
        "No rank stands out by CPU or GPU, but nothing tells how long each rank takes for a step."
    )
    assert find(paces(1.0, 1.0, 3.0), {2: "worker 1"}).sentence.startswith("Worker 1 takes 3.0 ×")


@given(st.dictionaries(st.integers(0, 64), st.floats(0, 1e6), max_size=20))
def test_never_most_of_them(values: dict[int, float]) -> None:
    for below in (False, True):
        found = outliers(values, below=below)
        assert set(found) <= values.keys()
        assert len(found) * 2 <= max(1, len(values))


@pytest.mark.parametrize(
    ("name", "kind", "scale"),
    [
        ("step_ms", Kind.STEP, 1e-3), ("train/step_time", Kind.STEP, None), ("time_per_step", Kind.STEP, None),
        ("iterTimeMs", Kind.STEP, 1e-3), ("sec_per_iter", Kind.STEP, 1.0), ("batch_time_s", Kind.STEP, 1.0),
        ("data_time", Kind.DATA, None), ("dataloader_wait_ms", Kind.DATA, 1e-3), ("data_loading_time", Kind.DATA, None),
        ("forward_ms", Kind.COMPUTE, 1e-3), ("allreduce_us", Kind.WAIT, 1e-6), ("sync_wait_time", Kind.WAIT, None),
    ],
)  # fmt: skip
def test_names_of_times(name: str, kind: Kind, scale: float | None) -> None:
    assert measure_of(name) == Measure(kind, scale)


@pytest.mark.parametrize(
    "name",
    ["loss", "lr", "step", "epoch_time", "batch_size", "samples_per_second", "val_step_time", "data", "total_time",
     "tokens_per_step", "seconds_per_epoch", "", "time", "accuracy_data"],
)  # fmt: skip
def test_names_of_something_else(name: str) -> None:
    assert measure_of(name) is None


def test_rates_are_turned() -> None:
    rate = measure_of("steps_per_sec")
    assert rate is not None
    assert rate.seconds(4.0) == 0.25
    assert rate.seconds(0.0) is None
    assert measure_of("it_per_s") == rate


@pytest.mark.parametrize(
    ("line", "step", "times"),
    [
        ("epoch 3 step  400  loss 0.12", 400, {}),
        ("Iter: [40/300] data_time: 0.003 step_time: 0.41 s", 40, {Kind.DATA: 0.003, Kind.STEP: 0.41}),
        ("iteration=7 step_ms 41.2 data_ms 3", 7, {Kind.STEP: 0.0412, Kind.DATA: 0.003}),
        ("batch_size 64, loss 0.1", None, {}),
        ("UserWarning: step 1.5 is odd", None, {}),
        ("footstep 7", None, {}),
        ("step " * 500, None, {}),
    ],
)
def test_lines_of_logs(line: str, step: int | None, times: dict[Kind, float]) -> None:
    assert step_in(line) == step
    assert times_in(line) == pytest.approx(times)


def test_times_as_words() -> None:
    assert [time_text(each) for each in (0.0004, 0.0123, 0.412, 2.41, 61.0, 4000.0)] == [
        "0.4 ms", "12.3 ms", "412 ms", "2.41 s", "61 s", "4000 s",
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[1.0, 2.0], [3.0, 1.0, 2.0], [1.0, 1.0, 5.0, 2.0], [4.0, 4.0, 4.0, 4.0, 9.0]])
def test_the_median_of_the_others_is_that_of_all_but_one(values: list[float]) -> None:
    for place, value in enumerate(values):
        assert median_of_others(sorted(values), value) == median(values[:place] + values[place + 1 :])


def test_one_alone_has_no_others() -> None:
    with pytest.raises(ValueError, match="no others"):
        median_of_others([1.0], 1.0)
