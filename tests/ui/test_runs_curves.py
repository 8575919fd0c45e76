"""The Metrics and Resources tabs: what is said while nothing is there, one colour for a rank, values and pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from desktop_app.api import RunStatus
from desktop_app.presenters.metrics import HUES
from desktop_app.ui.runs.curve_tabs import resources_tab
from desktop_app.ui.runs.run_page import LOGS, METRICS, RESOURCES
from desktop_app.ui.theme import DARK, LIGHT
from tests.helpers.run_folders import train
from tests.helpers.snapshots import snapshot
from tests.helpers.told_backend import ToldBackend
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


async def test_a_run_that_is_over_is_never_said_to_have_no_metrics_so_far(runs_bench: RunsBench) -> None:
    page = await runs_bench.open(await runs_bench.add("r-1", RunStatus.COMPLETED))
    said: list[str] = []
    heading = page.metrics.empty.heading
    page.tabs.show_tab(METRICS)
    said.append(heading.text())
    await quiet()
    said.append(heading.text())
    assert said == ["Reading…", "No metrics"]
    assert page.metrics.empty.text.text().startswith("This run logged none.")
    other = await runs_bench.add("r-2")
    await runs_bench.open(other)
    page.tabs.show_tab(METRICS)
    await until(lambda: heading.text() == "No metrics so far")
    page.tabs.show_tab(LOGS)
    await quiet()


async def test_of_a_cloud_run_it_is_said_who_samples_its_nodes() -> None:
    tab = resources_tab(lambda _handle: ToldBackend())
    tab.show_run(snapshot("r-1", RunStatus.RUNNING, backend="azureml"))
    tab.resize(800, 400)
    tab.show()
    await until(lambda: tab.empty.heading.text() == "Sampled by Azure")
    assert "Azure Monitor" in tab.empty.text.text()
    tab.show_run(snapshot("r-2"))
    await until(lambda: tab.empty.heading.text() == "No samples so far")
    tab.close_down()
    tab.close()
    tab.deleteLater()
    await quiet()


async def test_a_rank_has_the_same_colour_in_both_plots(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", processes=2)
    train(made, 20)
    page = await runs_bench.open(made)
    page.tabs.show_tab(RESOURCES)
    await until(lambda: set(page.resources.views) == {"CPU", "Memory"}, 30)
    colors = [
        {rank: item.opts["pen"].color().name() for rank, item in view._items.items()}
        for view in page.resources.views.values()
    ]
    assert colors[0] == colors[1]
    assert len(set(colors[0].values())) == 2
    page.tabs.show_tab(LOGS)
    await quiet()


async def test_curves_are_named_as_the_ranks_are(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", processes=2)
    train(made, 20)
    page = await runs_bench.open(made)
    run = page.run
    assert run is not None
    ranks = tuple(
        dataclasses.replace(each, role=role) for each, role in zip(run.ranks, ("driver", "head"), strict=True)
    )
    page.resources.show_run(dataclasses.replace(run, ranks=ranks))
    page.tabs.show_tab(RESOURCES)
    await until(lambda: "CPU" in page.resources.views, 30)
    legend = page.resources.views["CPU"].legend.text()
    assert "driver" in legend
    assert "head" in legend
    assert "rank" not in legend
    page.tabs.show_tab(LOGS)
    await quiet()


def test_the_colours_of_ranks_are_told_apart() -> None:
    for theme in (LIGHT, DARK):
        assert len({theme.color(each) for each in HUES}) == len(HUES)
    assert not {"completed", "running"} <= set(HUES), "green and teal look alike"


async def test_values_are_copied_and_the_plot_is_saved(runs_bench: RunsBench, tmp_path: Path) -> None:
    made = await runs_bench.add("r-1", processes=2)
    train(made, 20)
    page = await runs_bench.open(made)
    page.tabs.show_tab(RESOURCES)
    await until(lambda: "CPU" in page.resources.views, 30)
    view = page.resources.views["CPU"]
    QApplication.sendEvent(
        view.graph.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(20, 20), QPoint(20, 20))
    )
    menu = view.findChild(QMenu)
    assert menu is not None
    menu.actions()[0].trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "seconds,CPU rank 0,CPU rank 1"
    assert len(lines) > 2
    menu.actions()[1].trigger()
    menu.close()
    dialog = view.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "cpu.png"))
    dialog.reject()
    assert not QImage(str(tmp_path / "cpu.png")).isNull()
    view._save_picture(str(tmp_path / "no" / "cpu.png"))
    assert page.resources.message.isVisible()
    assert view.focusPolicy() & Qt.FocusPolicy.TabFocus, "the menu key needs it"
    page.tabs.show_tab(LOGS)
    await quiet()


async def test_what_lies_under_the_mouse_is_said_with_its_rank(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", processes=2)
    train(made, 20)
    page = await runs_bench.open(made)
    page.tabs.show_tab(RESOURCES)
    await until(lambda: "CPU" in page.resources.views, 30)
    view = page.resources.views["CPU"]
    view.grab()
    box = view.graph.getPlotItem().vb
    view._moved(QPointF(box.sceneBoundingRect().center()))
    assert "rank 0: " in view.readout.text()
    assert "rank 1: " in view.readout.text()
    page.tabs.show_tab(LOGS)
    await quiet()
