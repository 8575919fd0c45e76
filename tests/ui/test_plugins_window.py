"""Plugins in the whole window: the menu, the palette, keys, the badge, and what is dropped on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.api import UserError
from desktop_app.presenters.palette_words import KEYWORDS
from desktop_app.services.plugins.installing.models import Order, Plan
from desktop_app.services.workbench import Workbench
from desktop_app.ui.frame.palette_entries import _plugins
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.plugins.page import PluginsPage
from desktop_app.ui.widgets.passing_note import PassingNote
from tests.helpers.told_plugins import held, item
from tests.ui.audit import assert_sound
from tests.ui.plugin_pages import add_acme, at_rest, sheet_of, told
from tests.ui.windows import Windows, until


@pytest.fixture
async def window(windows: Windows, bench: Workbench) -> AsyncIterator[MainWindow]:
    add_acme(bench)
    told(bench).here = {"acme": held("acme", "1.0.0")}
    yield await windows.open(bench)
    await at_rest()
    bench.plugins.close()


def page_of(window: MainWindow) -> PluginsPage:
    return cast("PluginsPage", window.pages.page("plugins"))


def badge(window: MainWindow) -> str:
    """Return what stands beside the word Plugins at the left."""
    names = [each.accessibleName() for each in window.navigation.findChildren(QPushButton)]
    return next(each for each in names if each.startswith("Plugins")).partition(", ")[2]


def drop(window: MainWindow, path: Path) -> bool:
    """Drag a path onto the window and let it go; whether it was taken."""
    data, copy = QMimeData(), Qt.DropAction.CopyAction
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), copy, data, left, none))
    return enter.isAccepted()


async def test_every_action_is_in_the_menu_and_the_palette(window: MainWindow) -> None:
    names = [each.name for each in window.actions_by_name.commands if each.name.startswith("plugins.")]
    wanted = ("find", "file", "folder", "wheelhouse", "look", "update", "history", "undo", "again")
    assert names == [f"plugins.{each}" for each in wanted]
    assert set(names) <= set(KEYWORDS)
    assert window.actions_by_name.menus["plugins"].menuAction().isVisible()
    assert_sound(window, doubled=False)


async def test_the_palette_leads_to_each_plugin(window: MainWindow) -> None:
    session = window._session
    assert session is not None
    assert "plugin:acme" in [each.key for each in _plugins(session)]
    session.plugins.show_plugin("acme")
    assert page_of(window).plugin_page.isVisible()
    await at_rest()


async def test_finding_and_installing_by_keys_alone(window: MainWindow, bench: Workbench) -> None:
    window.activateWindow()
    await until(window.isActiveWindow)
    window.show_page("plugins")
    page = page_of(window)
    await at_rest()
    assert window.isActiveWindow(), "nothing of the page was a window of its own for a moment"
    page.list.header.find_button.setFocus()
    await until(page.list.header.find_button.hasFocus)
    QTest.keyClick(page.list.header.find_button, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.find_page.field.hasFocus()
    QTest.keyClicks(page.find_page.field, "slurm")
    QTest.keyClick(page.find_page.field, Qt.Key.Key_Return)
    await until(lambda: bool(page.find_page.rows) and page.find_page.rows[0].action.hasFocus())
    await at_rest()
    QTest.keyClick(page.find_page.rows[0].action, Qt.Key.Key_Space)
    sheet = await sheet_of(page)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await until(lambda: told(bench).calls[-1][0] == "apply")
    await at_rest()


async def test_the_badge_counts_what_asks_for_a_look(window: MainWindow, bench: Workbench) -> None:
    assert badge(window) == ""
    assert told(bench).calls == [], "nothing asks the network unasked"
    told(bench).plan = Plan((item("acme", "Acme wizards", "1.0.0", "1.1.0"),))
    window.actions_by_name["plugins.look"].trigger()
    await until(lambda: badge(window) == "1")
    await at_rest()
    (bench.places.plugins / "acme" / "hooks.py").write_text("import nowhere_to_be_found\n")
    bench.plugins.discover()
    bench.plugins.load()
    await at_rest()
    assert badge(window) == "1", "one plugin counts once"


@pytest.mark.parametrize("kind", ["wheel", "folder"])
async def test_a_plugin_is_dropped_anywhere(window: MainWindow, bench: Workbench, tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("rankzero_slurm-0.4.0-py3-none-any.whl" if kind == "wheel" else "slurm")
    if kind == "wheel":
        path.touch()
    else:
        path.mkdir()
        (path / "plugin.toml").touch()
    assert drop(window, path)
    (await sheet_of(page_of(window))).reject()
    assert told(bench).calls == [("plan_install", Order(str(path)))]
    assert page_of(window).isVisible()


async def test_a_dropped_folder_of_wheels_is_looked_into(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "a-1-py3-none-any.whl").touch()
    assert drop(window, tmp_path)
    await until(lambda: bool(page_of(window).find_page.rows))
    assert page_of(window).find_page.wheelhouse == tmp_path
    await at_rest()


async def test_what_is_no_plugin_is_left_to_others(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "notes.md").touch()
    assert not drop(window, tmp_path / "notes.md")
    assert window.pages.made("plugins") is None


async def test_work_goes_on_while_another_page_is_looked_at(window: MainWindow, bench: Workbench) -> None:
    window.show_page("plugins")
    page = page_of(window)
    await at_rest()
    told(bench).go.clear()
    page.desk.apply(told(bench).plan)
    window.show_page("settings")
    told(bench).go.set()
    await until(lambda: PassingNote.over(window).text.text() == "Installed Slurm backend 0.4.0.")
    await at_rest()


async def test_what_goes_wrong_unseen_is_said_at_the_top(window: MainWindow, bench: Workbench) -> None:
    window.show_page("plugins")
    page = page_of(window)
    await at_rest()
    told(bench).error = UserError("It can't be installed.")
    told(bench).go.clear()
    page.desk.apply(told(bench).plan)
    window.show_page("settings")
    told(bench).go.set()
    await until(window.message.isVisible)
    assert window.message.heading.text() == "It can't be installed."
    await at_rest()


async def test_a_plan_that_comes_while_another_page_is_seen_brings_plugins_to_the_front(
    window: MainWindow, bench: Workbench
) -> None:
    window.show_page("plugins")
    page = page_of(window)
    await at_rest()
    told(bench).go.clear()
    page.desk.install(Order("rankzero-slurm"))
    window.show_page("settings")
    told(bench).go.set()
    (await sheet_of(page)).reject()
    assert page.isVisible()
