"""A sweep's page: the Trials tab, the way to a trial and back, and where trials don't stand."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest

from desktop_app.api import MetricPoint, OutsideError, RunSnapshot, RunStatus
from desktop_app.presenters.trials import BEST, OTHERS
from desktop_app.ui.runs.run_page import JOB, LOGS, METRICS, RESOURCES, TRIALS, RunPage
from desktop_app.ui.runs.trials_view import TrialsModel, TrialsView
from desktop_app.ui.theme import theme_manager
from tests.helpers.made_sweeps import logged, sweep_run, trial_run
from tests.helpers.run_folders import make_run
from tests.ui.audit import assert_sound
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


class Logged:
    """A backend that knows what trials logged, and writes down who was asked for."""

    def __init__(self, points: dict[str, Sequence[MetricPoint]]) -> None:
        self.points, self.asked = points, list[str]()

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        self.asked.append(handle)
        await asyncio.sleep(0)
        return self.points.get(handle, ())


def answers(bench: RunsBench, monkeypatch: pytest.MonkeyPatch, count: int) -> Logged:
    """Have `count` trials whose accuracy grows with their number, known to the backend."""
    backend = Logged({f"local://s-1_{each}": logged(0.1, 0.2, each / count) for each in range(count)})
    monkeypatch.setattr(type(bench.workbench), "backend_of", lambda _bench, _handle: backend)
    return backend


async def opened(bench: RunsBench, *trials: RunSnapshot, sweep: RunSnapshot | None = None) -> RunPage:
    run = sweep or sweep_run()
    for each in (run, *trials):
        bench.take(each)
    bench.page.show_run(run.handle)
    page = bench.page.run_page
    assert page is not None
    await quiet()
    return page


def shown(view: TrialsView) -> list[list[str]]:
    model = view.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def header(view: TrialsView) -> list[str]:
    model = view.model()
    return [
        model.headerData(each, Qt.Orientation.Horizontal, int(Qt.ItemDataRole.DisplayRole))
        for each in range(model.columnCount())
    ]


async def test_a_sweep_opens_on_its_trials(runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(runs_bench, monkeypatch, 3)
    page = await opened(runs_bench, *(trial_run(each, metric=each / 3) for each in range(3)))
    view = page.trials.view
    assert page.tabs.index == TRIALS
    assert [page.tabs.bar.isTabVisible(each) for each in (LOGS, METRICS, RESOURCES, JOB)] == [True, False, False, True]
    assert header(view) == ["TRIAL", "STATE", "lr", "batch_size", "LAST accuracy", "BEST accuracy", "DURATION"]
    assert shown(view)[2] == ["2", "Completed", "0.03333", "16", "0.6667", "0.6667", "00:12"]
    assert page.sweep_line.said.text() == "12 of 20 trials · best accuracy 0.6667 (trial 2)"
    assert page.sweep_line.more.text() == "random sampling, to maximize accuracy"
    model = view.model()
    best = model.index(2, 0).data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert best == "2, the best", "it is marked, and not by its colour alone"
    assert_sound(runs_bench.page)


async def test_a_failed_sweep_is_explained_by_its_first_trial_that_failed(runs_bench: RunsBench) -> None:
    failed = [make_run(runs_bench.places.runs, f"s-1_{each}", RunStatus.FAILED, processes=2) for each in range(2)]
    for number, each in enumerate(failed):
        each.append(1, b"Traceback (most recent call last):\nValueError: a bad batch\n", 1000.0)
        each.write_state(dataclasses.replace(each.snapshot, trial=trial_run(number).trial))
    whole = make_run(runs_bench.places.runs, "s-1", RunStatus.FAILED)
    sweep = dataclasses.replace(
        whole.snapshot, first_failure=None, sweep=sweep_run().sweep, reason="All 2 trials failed."
    )
    whole.write_state(sweep)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(sweep.handle)
    page = runs_bench.page.run_page
    assert page is not None
    await until(lambda: "Trial 0 (s-1_0, and 1 more alike): " in page.failure.cause.text())
    assert page.failure.text.text() == "ValueError: a bad batch"
    await quiet()
    assert_sound(runs_bench.page)


async def test_curves_of_all_trials_with_the_best_in_front(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = answers(runs_bench, monkeypatch, 12)
    page = await opened(runs_bench, *(trial_run(each, metric=each / 12) for each in range(12)))
    await until(lambda: page.trials.plot is not None and len(backend.asked) == 12)
    await quiet()
    plot = page.trials.plot
    assert plot is not None
    assert set(plot._items) == {OTHERS, 11}
    assert "best: trial 11" in plot.legend.text()
    assert plot.legend.text().index("best") < plot.legend.text().index("all 12 trials")
    page.trials.view.selectRow(4)
    assert set(plot._items) == {OTHERS, 4, 11}
    assert "trial 4" in plot.legend.text()
    theme_manager().set_mode("dark")
    assert set(plot._items) == {OTHERS, 4, 11}
    theme_manager().set_mode("light")
    page.trials.view.clearSelection()
    assert set(plot._items) == {OTHERS, 11}


async def test_metrics_are_read_again_only_of_trials_that_logged(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = answers(runs_bench, monkeypatch, 2)
    runs = [trial_run(0, metric=0.1), trial_run(1, status=RunStatus.RUNNING, metric=0.2)]
    page = await opened(runs_bench, *runs)
    await until(lambda: len(backend.asked) == 2)
    await quiet()
    backend.points["local://s-1_1"] = logged(0.5, 0.9)
    runs_bench.take(dataclasses.replace(runs[1], metrics={"accuracy": (0.9, 1)}))
    await until(lambda: len(backend.asked) == 3)
    await until(lambda: shown(page.trials.view)[1][5] == "0.9")
    assert backend.asked[2:] == ["local://s-1_1"]
    await quiet()


async def test_a_trial_whose_metrics_can_not_be_had_keeps_no_other_from_being_read(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = answers(runs_bench, monkeypatch, 3)
    plain = backend.metrics

    async def metrics(handle: str) -> Sequence[MetricPoint]:
        if handle.endswith("_0") and handle not in backend.asked:
            backend.asked.append(handle)
            raise OutsideError("The workspace does not answer.")
        return await plain(handle)

    monkeypatch.setattr(backend, "metrics", metrics)
    page = await opened(runs_bench, *(trial_run(each) for each in range(3)))
    await until(page.trials.message.isVisible)
    await until(lambda: [row[5] for row in shown(page.trials.view)] == ["–", "0.3333", "0.6667"])
    runs_bench.take(trial_run(0, metric=0.5))
    await until(lambda: not page.trials.message.isVisible())
    await quiet()


async def test_a_trial_opens_and_leads_back_to_its_sweep(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(runs_bench, monkeypatch, 2)
    page = await opened(runs_bench, trial_run(0), trial_run(1, status=RunStatus.CANCELED, early=True))
    view = page.trials.view
    assert shown(view)[1][1] == "Ended early"
    view.selectRow(1)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert page.handle == "local://s-1_1"
    assert page.tabs.index == LOGS
    assert not page.tabs.bar.isTabVisible(TRIALS)
    assert page.sweep_line.more.text() == "Trial 1 · lr = 0.05 · batch_size = 16 · ended early by the policy"
    assert page.sweep_line.sweep.text() == "digits-sweep"
    page.sweep_line.sweep.click()
    assert (page.handle, page.tabs.index) == ("local://s-1", TRIALS)
    await quiet()
    place = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert page.handle == "local://s-1_0"
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert page.handle == "local://s-1"
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert runs_bench.page.currentWidget() is runs_bench.page.list
    assert [row.run.run for row in runs_bench.page.list.model.table.rows] == ["s-1"]
    await quiet()


async def test_a_trial_whose_sweep_is_not_known_leads_back_to_the_list(runs_bench: RunsBench) -> None:
    runs_bench.take(trial_run(3))
    runs_bench.page.show_run("local://s-1_3")
    page = runs_bench.page.run_page
    assert page is not None
    assert page.sweep_line.sweep.isHidden()
    page.header.back.click()
    assert runs_bench.page.currentWidget() is runs_bench.page.list
    await quiet()


async def test_rows_are_sorted_and_the_choice_stays(runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(runs_bench, monkeypatch, 4)
    values = (0.3, 0.9, 0.5, None)
    page = await opened(runs_bench, *(trial_run(place, metric=each) for place, each in enumerate(values)))
    await quiet()
    view, model = page.trials.view, page.trials.view.model()
    assert isinstance(model, TrialsModel)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    view.selectRow(2)
    view.sortByColumn(model.columns.index(BEST), Qt.SortOrder.DescendingOrder)
    assert shown(view)[0][0] == "1"
    assert view.chosen is not None
    assert view.chosen.number == 2
    runs_bench.take(trial_run(4, metric=0.95))
    await until(lambda: model.rowCount() == 5)
    assert shown(view)[0][0] == "4"
    assert view.chosen is not None
    assert view.chosen.number == 2
    view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    runs_bench.take(trial_run(5, {"lr": 0.1, "momentum": 0.9}))
    await until(lambda: "momentum" in header(view))
    runs_bench.workbench.store.remove("local://s-1_5")
    await until(lambda: model.rowCount() == 5)
    tester.deleteLater()
    await quiet()


async def test_before_the_first_trial_it_is_said_what_comes(runs_bench: RunsBench) -> None:
    page = await opened(runs_bench, sweep=sweep_run(started=0))
    assert page.trials.empty.heading.text() == "No trials so far"
    assert page.sweep_line.said.text() == "0 of 20 trials"
    runs_bench.take(sweep_run(status=RunStatus.CANCELED, started=0))
    await until(lambda: page.trials.empty.heading.text() == "No trials")


async def test_what_becomes_of_two_hundred_trials_is_shown_at_once(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = answers(runs_bench, monkeypatch, 200)
    page = await opened(runs_bench, *(trial_run(each, metric=0.0) for each in range(200)), sweep=sweep_run(total=200))
    await until(lambda: len(backend.asked) == 200)
    await quiet()
    arranged: list[int] = []
    trials = page.trials.trials
    assert trials is not None
    plain = trials.arrange

    def counted() -> bool:
        arranged.append(1)
        return plain()

    monkeypatch.setattr(trials, "arrange", counted)
    for each in range(200):
        runs_bench.take(trial_run(each, metric=(each + 1) / 400))
    await until(lambda: shown(page.trials.view)[199][4] == "0.5")
    await until(lambda: len(backend.asked) == 400)
    await quiet()
    assert len(arranged) < 40, "a row at a time would be 200"
