"""Keys under Models, in a real window: searching the graph, and where the keyboard is."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.models.graph_page import GraphPage
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.tasks import running
from tests.helpers.onnx_files import chain
from tests.helpers.told_exports import put, report
from tests.ui.windows import Windows, until

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
async def window(windows: Windows, bench: Workbench) -> MainWindow:
    made = await windows.open(bench)
    made.show_page("files")  # which has a Ctrl+F of its own
    await until(lambda: made.pages.made("files") is not None)
    made.activateWindow()
    return made


def models(window: MainWindow) -> ModelsPage:
    return cast("ModelsPage", window.pages.made("models"))


async def opened(window: MainWindow, path: Path) -> GraphPage:
    """Open a file and wait for its graph."""
    path.write_bytes(chain(3))
    window.show_graph(path)
    await until(lambda: window.pages.made("models") is not None and models(window).graph_page is not None)
    graph = cast("GraphPage", models(window).graph_page)
    await until(lambda: graph.view.graph is not None and graph.view.graph.file.path == path and not running())
    return graph


async def test_the_search_of_a_second_graph_is_reached_by_its_keys(window: MainWindow, tmp_path: Path) -> None:
    for name in ("first.onnx", "second.onnx"):
        graph = await opened(window, tmp_path / name)
        rail = window.navigation.findChildren(QPushButton)[0]
        places: tuple[QWidget, ...] = (graph.view.canvas, graph.view.details.text, graph.back_button, rail)
        for place in places:
            place.setFocus()
            QTest.keyClick(place, Qt.Key.Key_F, CTRL)
            assert window.focusWidget() is graph.view.search_field


async def test_the_word_models_leads_from_a_report_to_the_list(window: MainWindow, tmp_path: Path) -> None:
    await opened(window, tmp_path / "m.onnx")
    page = models(window)
    (word,) = [each for each in window.navigation.findChildren(QPushButton) if each.text() == "Models"]
    page.show_report(put(report(), tmp_path))
    word.click()
    assert page.currentWidget() is page.list
    page.show_report(put(report("e-20261122-bbbb"), tmp_path))
    window.show_page("files")
    word.click()
    assert page.currentWidget() is page.report_page
    await until(lambda: not running())
