"""Every page fits a window of 900 × 600, and half of a screen 1920 pixels wide."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.frame.navigation import ENTRIES
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.runs.header import Header
from desktop_app.ui.runs.run_page import JOB, LOGS, METRICS, OUTPUTS
from desktop_app.ui.runs.words import local_now
from tests.helpers.run_folders import fail, make_run
from tests.ui.conftest import settle
from tests.ui.runs_bench import quiet
from tests.ui.test_runs_in_window import open_failed, runs_of, window
from tests.ui.windows import until

__all__ = ["window"]

WIDEST, HIGHEST = 860, 590


def least(widget: QWidget) -> QSize:
    """Return what a widget and all below it ask for at least, after layouts have settled."""
    settle()
    return widget.minimumSizeHint()


def cut_off(within: QWidget) -> list[str]:
    """Return the names of the buttons that are not seen whole in a row."""
    seen = [each for each in within.findChildren(QAbstractButton) if each.isVisible()]
    return [
        each.accessibleName()
        for each in seen
        if not within.rect().contains(QRect(each.mapTo(within, QPoint()), each.size()))
        or each.width() < each.minimumSizeHint().width()
    ]


@pytest.mark.parametrize("name", list(ENTRIES))
async def test_a_page_is_narrow(window: MainWindow, name: str) -> None:
    window.show_page(name)
    await quiet()
    hint = least(window)
    assert hint.width() <= WIDEST
    assert hint.height() <= HIGHEST
    window.resize(900, 600)
    assert (window.width(), window.height()) == (900, 600)


async def test_a_run_is_narrow_on_each_tab(window: MainWindow, workbench: Workbench, places: Places) -> None:
    made = make_run(places.runs, "r-20261121-7f3k", RunStatus.FAILED, nodes=2, processes=8)
    made.append(0, b"epoch 1\n", 1000.0)
    fail(made, 1)
    await workbench.monitor.refresh()
    window.show_run(made.snapshot.handle)
    page = runs_of(window).run_page
    assert page is not None
    await until(lambda: page.logs.view.page.rows)
    page.logs.tools.field.setText("epoch")
    page.logs.start_search()
    await until(lambda: page.logs._done and page.logs._total)
    await quiet()
    for index in range(LOGS, JOB + 1):
        page.tabs.show_tab(index)
        await quiet()
        hint = least(window)
        assert hint.width() <= WIDEST, index
        assert hint.height() <= HIGHEST, index
        window.resize(900, 600)
        settle()
        assert (window.width(), window.height()) == (900, 600)
        assert cut_off(page.header) == []


async def test_words_and_id_give_way_and_come_back(window: MainWindow, workbench: Workbench, places: Places) -> None:
    page = await open_failed(window, workbench, places)
    assert page.opened is not None
    header, tools = page.opened.header, page.opened.logs.tools
    QTest.keyClicks(tools.field, "epoch")
    await until(lambda: page.opened is not None and page.opened.logs._done)
    window.resize(1500, 900)
    settle()
    assert header.again.text() == "Run &again"
    assert tools.first_error.text() == "First &error"
    for width in (960, 900):
        window.resize(width, 600)
        settle()
        assert cut_off(header) == cut_off(tools) == [], width
    await quiet()


async def test_tools_are_as_wide_as_they_need_and_a_count_is_read_whole(
    window: MainWindow, workbench: Workbench, places: Places
) -> None:
    page = await open_failed(window, workbench, places)
    assert page.opened is not None
    opened = page.opened
    opened.logs.tools.field.setText("nothing like it")
    opened.logs.start_search()
    await until(lambda: opened.logs._done)
    for width in (900, 960, 1280):
        window.resize(width, 700)
        settle()
        assert opened.logs.tools.count.width() >= opened.logs.tools.count.sizeHint().width(), width
        assert opened.header.title.width() >= opened.header.title.sizeHint().width(), width
    for tab in (METRICS, OUTPUTS):
        opened.tabs.show_tab(tab)
        settle()
        tools = opened.outputs.tools if tab == OUTPUTS else opened.metrics.tools
        assert tools is not None
        assert tools.width() <= tools.sizeHint().width()
    opened.tabs.show_tab(LOGS)
    await quiet()


async def test_a_header_gives_up_words_then_the_id(window: MainWindow, workbench: Workbench, places: Places) -> None:
    page = await open_failed(window, workbench, places)
    assert page.opened is not None
    assert page.opened.run is not None
    header = Header(page.opened.deeds, lambda: -1)
    header.show_run(page.opened.run, local_now())
    header.show()
    for width, words, has_id in (
        (1300, "Run &again", True),
        (560, "", True),
        (0, "", False),
        (1300, "Run &again", True),
    ):
        header.resize(max(width, header.minimumSizeHint().width()), header.height())
        settle()
        assert (header.again.text(), header.identifier.isVisible()) == (words, has_id), width
        assert header.again.accessibleName() == "Run again"
        assert words or header.again.toolTip().startswith("Run again")
        assert cut_off(header) == []
    header.deleteLater()


async def test_tools_of_a_log_go_below_and_lose_their_words_where_it_is_tight(
    window: MainWindow, workbench: Workbench, places: Places
) -> None:
    page = await open_failed(window, workbench, places)
    assert page.opened is not None
    tools = page.opened.logs.tools
    tools.resize(tools.minimumSizeHint())
    assert tools.follow.text() == ""
    assert tools.follow.accessibleName() == "Follow"
    tools.resize(tools.sizeHint())
    assert tools.follow.text() == "&Follow"
    await quiet()
