"""The Plugins page by the keyboard, clicks that follow each other, and what others change while it is seen."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.plugins.installing.models import Plan
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.page import PluginsPage
from tests.helpers.told_plugins import AT, held
from tests.ui.audit import assert_sound
from tests.ui.plugin_pages import Pages, add_acme, at_rest, pages, sheet_of, told, view
from tests.ui.windows import Windows, until

__all__ = ["pages"]


@pytest.fixture
async def page(bench: Workbench, pages: Pages) -> PluginsPage:
    """A page in front, with a plugin of the person's own."""
    add_acme(bench)
    told(bench).here = {"acme": held("acme", "1.0.0", installed=AT)}
    made = await pages.open(bench)
    made.activateWindow()
    await until(lambda: made.isActiveWindow() and len(made.list.views) == len(bench.plugins.plugins))
    return made


def press(key: Qt.Key) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key)


async def test_arrows_home_and_end_lead_from_card_to_card(page: PluginsPage) -> None:
    order = page.list._order
    first, second, last = (page.list.views[order[each]] for each in (0, 1, -1))
    page.list.header.find_button.setFocus()
    press(Qt.Key.Key_Down)
    assert first.action.hasFocus()
    for key, wanted in (
        (Qt.Key.Key_Down, second), (Qt.Key.Key_Up, first), (Qt.Key.Key_Up, first), (Qt.Key.Key_End, last),
        (Qt.Key.Key_Down, last), (Qt.Key.Key_Home, first),
    ):  # fmt: skip
        press(key)
        assert wanted.action.hasFocus()
        assert not wanted.action.visibleRegion().isEmpty()
    first.name.setFocus()
    press(Qt.Key.Key_End)
    assert last.name.hasFocus()


async def test_tab_follows_what_is_seen_after_an_install(page: PluginsPage, bench: Workbench) -> None:
    bench.plugins.disable("acme")  # its card is made anew
    await until(lambda: view(page, "acme").action.text() == "Enable")
    await at_rest()
    page.list.views[page.list._order[0]].name.setFocus()
    seen: list[QWidget] = []
    while (focused := QApplication.focusWidget()) not in seen:
        seen.append(cast("QWidget", focused))
        press(Qt.Key.Key_Tab)
    names = [each.name for each in page.list.views.values()]
    tops = [each.mapTo(page.list, each.rect().topLeft()).y() for each in seen if each in names]
    assert len(tops) == len(names)
    assert tops == sorted(tops)


async def test_return_presses_the_button_that_has_the_focus(page: PluginsPage, bench: Workbench) -> None:
    page.show_finder()
    page.find_page.search()
    await until(lambda: bool(page.find_page.rows))
    page.find_page.rows[0].action.setFocus()
    press(Qt.Key.Key_Return)
    (await sheet_of(page)).reject()
    assert told(bench).calls[-1][0] == "plan_install"


async def test_a_second_click_on_enable_is_not_lost(page: PluginsPage, bench: Workbench) -> None:
    told(bench).go.clear()
    page.do("acme", Do.DISABLE)
    page.do("rankzero-horovod", Do.DISABLE)
    page.do("rankzero-horovod", Do.DISABLE)
    await until(lambda: bool(told(bench).calls))
    told(bench).go.set()
    await until(lambda: len(told(bench).calls) == 2)
    await at_rest()
    assert told(bench).calls == [("switch", "acme", False), ("switch", "rankzero-horovod", False)]
    assert [view(page, each).action.text() for each in ("acme", "rankzero-horovod")] == ["Enable", "Enable"]


async def test_what_a_verb_changes_is_seen_in_an_open_window(
    windows: Windows, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.ui.plugins.hooks._WATCH_MS", 10)
    window = await windows.open(bench)
    window.show_page("plugins")
    desk = cast("PluginsPage", window.pages.page("plugins")).desk
    changed = iter([True])
    monkeypatch.setattr(desk._outside, "registry_changed", lambda: next(changed, False))
    told(bench).here = {"garb": held("garb", "2.0")}
    await until(lambda: "garb" in desk.installed)
    assert ("look_again",) in told(bench).calls
    window._session.plugins._slow.stop()  # type: ignore[union-attr]
    await at_rest()


async def test_safe_mode_is_said_at_the_bottom(windows: Windows, bench: Workbench) -> None:
    bench.plugins.safe_mode = True
    window = await windows.open(bench)
    (said,) = [each for each in window.status_row.findChildren(QPushButton) if each.text() == "Safe mode"]
    assert said.isVisible()
    said.click()
    page = window.pages.page("plugins")
    assert page is not None
    assert page.isVisible()
    assert_sound(window, doubled=False)
    await at_rest()


async def test_one_that_is_up_to_date_says_nothing_of_others(page: PluginsPage, bench: Workbench) -> None:
    told(bench).plan = Plan(())
    page.do("acme", Do.LOOK)
    await until(page.list.message.isVisible)
    assert page.list.message.heading.text() == "Acme wizards is up to date."
    page.desk.look_for_updates()
    await until(lambda: page.list.message.heading.text() == "Everything is up to date.")
    await at_rest()
