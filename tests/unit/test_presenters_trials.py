"""A sweep's trials as they are shown: rows, the best, curves; and where trials are not shown."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from desktop_app.api import MetricPoint, RunStatus, SweepState
from desktop_app.core.rank_words import RankName
from desktop_app.presenters.metrics import as_csv
from desktop_app.presenters.shell import RunWatch, notice_for
from desktop_app.presenters.trials import (
    BEST,
    DURATION,
    LAST,
    NUMBER,
    OTHERS,
    STATE,
    Trials,
    headline,
    is_trial_of,
    manner,
    progress,
    reading_key,
    runs_of_tail,
    stale,
    sweep_handle,
    trial_line,
    value_text,
)
from tests.helpers.made_sweeps import logged, sweep_run, trial_run
from tests.helpers.snapshots import NOW, snapshot
from tests.unit.test_presenters_runs import named, table_of


def of(*runs: object, **state: object) -> Trials:
    made = Trials(sweep_run(**state))  # type: ignore[arg-type]
    made.take(runs)  # type: ignore[arg-type]
    made.arrange()
    return made


def test_a_trial_belongs_to_the_sweep_that_it_names_where_that_lies() -> None:
    sweep, trial = sweep_run(), trial_run(0)
    assert is_trial_of(trial, sweep)
    assert sweep_handle(trial) == sweep.handle
    assert not is_trial_of(trial_run(0, sweep="s-2"), sweep)
    assert not is_trial_of(snapshot("a"), sweep)
    assert sweep_handle(snapshot("a")) == ""
    other = dataclasses.replace(trial, handle="azureml://a/b/c/s-1_0", backend="azureml")
    assert not is_trial_of(other, sweep)
    assert sweep_handle(other) == "azureml://a/b/c/s-1"


def test_words() -> None:
    assert progress(SweepState("a", started=12, total=20)) == "12 of 20 trials"
    assert progress(SweepState("a", started=1)) == "1 trial"
    assert progress(SweepState("a", total=1)) == "0 of 1 trial"
    state = SweepState("accuracy", started=12, total=20, stopped_early=3, sampling="bayesian")
    assert headline(state, 7, 0.98312) == "12 of 20 trials · best accuracy 0.9831 (trial 7) · 3 ended early"
    assert headline(SweepState("loss"), None, None) == "0 trials"
    assert manner(state) == "Bayesian sampling, to maximize accuracy"
    early = trial_run(7, {"lr": 0.0123, "deep": True}, early=True)
    assert trial_line(early) == "Trial 7 · lr = 0.0123 · deep = true · ended early by the policy"
    assert trial_line(snapshot("a")) == ""
    assert [value_text(each) for each in (1, 2.5, "adam", False, 1e-7)] == ["1", "2.5", "adam", "false", "1e-07"]


def test_a_row_for_each_trial_with_its_values() -> None:
    trials = of(trial_run(1, metric=0.5), trial_run(0, {"lr": 0.1, "momentum": 0.9}), snapshot("other"))
    assert [row.number for row in trials.rows] == [0, 1]
    assert trials.names == ("lr", "momentum", "batch_size")
    assert trials.columns == (NUMBER, STATE, "values/lr", "values/momentum", "values/batch_size", LAST, BEST, DURATION)
    second = trials.rows[1]
    cells = [trials.cell(second, each, NOW) for each in trials.columns if each != STATE]
    assert cells == ["1", "0.05", "–", "16", "0.5", "0.5", "00:11"]
    waits = dataclasses.replace(trial_run(2, status=RunStatus.QUEUED), started=None)
    assert trials.cell(of(waits).rows[0], DURATION, NOW + timedelta(hours=1)) == "–"


def test_the_best_is_the_one_the_sweep_names() -> None:
    runs = [trial_run(number, metric=value) for number, value in enumerate((0.7, 0.9, 0.8))]
    named = of(*runs, best="s-1_2", best_value=0.8)
    assert [row.is_best for row in named.rows] == [False, False, True]
    assert named.headline == "12 of 20 trials · best accuracy 0.8 (trial 2)"


def test_where_the_sweep_names_none_the_best_is_found() -> None:
    runs = [trial_run(number, metric=value) for number, value in enumerate((0.7, 0.9, 0.9))]
    assert [row.is_best for row in of(*runs).rows] == [False, True, False]
    assert [row.is_best for row in of(*runs, goal="Minimize").rows] == [True, False, False]
    assert of(trial_run(0)).best is None
    assert of(trial_run(0)).headline == "12 of 20 trials"


def test_the_best_value_is_one_on_the_way_and_no_nan() -> None:
    trials = of(trial_run(0, metric=0.6))
    trials.read("local://s-1_0", logged(0.2, 0.9, float("nan"), 0.6))
    trials.arrange()
    assert (trials.rows[0].last, trials.rows[0].best) == (0.6, 0.9)
    trials.read("local://s-1_0", logged(float("nan")))
    trials.arrange()
    assert trials.rows[0].best == 0.6


def test_of_several_ranks_the_first_is_shown_and_other_metrics_are_not() -> None:
    trials = of(trial_run(0))
    trials.read("local://s-1_0", [*logged(0.5, 0.6, rank=1), *logged(0.1, 0.2, rank=0), *logged(9.0, name="loss")])
    trials.arrange()
    assert list(trials.plot(0).curves[0].y) == [0.1, 0.2]


def test_curves_are_by_step_and_points_by_trial() -> None:
    trials = of(trial_run(0), trial_run(3))
    trials.read("local://s-1_0", logged(0.1))
    trials.read("local://s-1_3", logged(0.3))
    trials.arrange()
    assert trials.is_by_trial
    assert [list(each) for each in (trials.plot().curves[OTHERS].x, trials.plot(0).curves[0].x)] == [[0.0, 3.0], [0.0]]
    assert trials.looks(trials.plot())[OTHERS].dots
    trials.read("local://s-1_3", logged(0.3, 0.4))
    assert not trials.is_by_trial
    assert list(trials.plot(3).curves[3].x) == [0.0, 1.0]
    assert list(trials.plot().curves[OTHERS].x) == [0.0, 0.0, 0.0, 1.0, 1.0], "with a gap after each"
    trials.read("local://s-1_3", [MetricPoint("accuracy", each, 0, 1.0) for each in (0.3, 0.4, 0.5)])
    assert list(trials.plot(3).curves[3].x) == [0.0, 1.0, 2.0], "values without a step are counted"


def test_two_hundred_trials_are_three_curves() -> None:
    trials = of(*(trial_run(number, metric=number / 200) for number in range(200)))
    for number in range(200):
        trials.read(f"local://s-1_{number}", logged(*(step * number / 1e6 for step in range(1000))))
    trials.arrange()
    plot = trials.plot(picked=1)
    assert list(plot.curves) == [OTHERS, 1, 199]
    assert len(plot.curves[OTHERS].x) <= 200 * 201
    looks = trials.looks(plot)
    assert [looks[each].role for each in plot.curves] == ["muted", "accent", "completed"]
    assert [looks[each].name for each in plot.curves] == ["all 200 trials", "trial 1", "best: trial 199"]
    assert looks[199].in_front
    assert "accuracy trial 199" in as_csv(plot, "step", {199: RankName("trial 199", "199", "trial")}).splitlines()[0]


def test_rows_are_sorted_by_any_column_and_those_without_a_value_stay_below() -> None:
    trials = of(trial_run(0, {"lr": 0.1, "opt": "sgd"}), trial_run(1, {"lr": 0.3, "opt": "adam"}, metric=0.5),
                trial_run(2, {"lr": 0.2}, metric=0.7))  # fmt: skip
    wanted = {
        (BEST, True): [2, 1, 0], (LAST, False): [1, 2, 0], ("values/lr", True): [1, 2, 0],
        ("values/opt", False): [1, 0, 2], (DURATION, True): [2, 1, 0], (STATE, False): [0, 1, 2],
        (NUMBER, True): [2, 1, 0],
    }  # fmt: skip
    for (column, descending), numbers in wanted.items():
        trials.sort(column, descending=descending)
        assert [row.number for row in trials.rows] == numbers, column


def test_new_trials_come_at_the_end() -> None:
    trials = of(trial_run(0))
    assert not trials.arrange()
    assert trials.take([trial_run(1), snapshot("x")])
    assert trials.arrange()
    assert not trials.take([snapshot("x")])
    trials.forget("local://s-1_0")
    assert trials.arrange()
    assert [row.number for row in trials.rows] == [1]
    assert runs_of_tail(["a"], ["a", "b"]) == 1
    assert runs_of_tail(["a"], ["b", "a"]) is None


def test_metrics_are_read_where_more_was_logged() -> None:
    trials = of(trial_run(0, metric=0.5), trial_run(1, status=RunStatus.RUNNING, metric=0.1))
    read = {handle: reading_key(trials, run) for handle, run in trials.runs.items()}
    assert stale(trials, read) == []
    assert stale(trials, {}) == ["local://s-1_0", "local://s-1_1"]
    trials.take([trial_run(1, metric=0.1)])
    assert stale(trials, read) == ["local://s-1_1"], "it ended"


def test_trials_are_in_no_list_of_runs_and_the_sweep_tells_how_far_it_is() -> None:
    table, mirror = table_of(sweep_run(), trial_run(0), trial_run(1))
    assert named(table) == ["s-1"]
    assert (table.total, table.rows[0].size) == (1, "12 of 20 trials")
    later = [trial_run(number) for number in range(2, 400)]
    table.update([each.handle for each in later], {each.handle: each for each in later}.get)
    assert table.total == 1
    table.update(["local://s-1"], lambda _handle: sweep_run(started=13))
    assert table.rows[0].size == "13 of 20 trials"
    assert mirror.told == [("changed", 0)]


def test_a_sweep_counts_once_and_is_told_of_once() -> None:
    sweep, trial = sweep_run(), trial_run(0, status=RunStatus.RUNNING)
    watch = RunWatch()
    watch.look({each.handle: each for each in (sweep, trial)})
    assert watch.counts.text == "1 running"
    done = sweep_run(status=RunStatus.COMPLETED, started=20, best_value=0.98)
    notices = watch.look({each.handle: each for each in (done, trial_run(0))})
    assert [each.handle for each in notices] == [sweep.handle]
    assert notice_for(done).text == "20 of 20 trials · best accuracy 0.98"
