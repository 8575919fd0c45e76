"""The Plugins page: names beyond the first, damaged lists, sources, many cards, wheels that are opened, and what others
changed meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel

from desktop_app.api import UserError
from desktop_app.services.plugins.installing.keeping.trust import Agreed
from desktop_app.services.plugins.installing.models import Choice, Order, SearchResult, Source, SourceKind
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.plugins.more_names import MoreNames
from desktop_app.ui.plugins.page import PluginsPage
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.told_plugins import AT, held, offer
from tests.ui.audit import assert_sound
from tests.ui.plugin_pages import ACME, Pages, add_acme, at_rest, pages, sheet_of, told, view
from tests.ui.windows import Windows, until

__all__ = ["pages"]


async def test_names_beyond_the_first_are_links_that_search(bench: Workbench, pages: Pages) -> None:
    more = tuple(f"rankzero-p{number}" for number in range(230))
    told(bench).results = SearchResult((Choice(offer()),), more=more)
    page = await pages.open(bench)
    page.show_finder()
    page.find_page.search()
    await until(lambda: page.find_page.findChildren(MoreNames))
    (names,) = page.find_page.findChildren(MoreNames)
    assert names.heading.text().startswith("There are 230 more.")
    assert '"rankzero-p199"' in names.names.text()
    assert '"rankzero-p200"' not in names.names.text()
    assert_sound(page)
    names.names.linkActivated.emit("rankzero-p7")
    await at_rest()
    assert told(bench).calls[-1] == ("search", "rankzero-p7", None)
    assert page.find_page.field.text() == "rankzero-p7"


async def test_names_that_are_merely_near_are_said_to_be(bench: Workbench, pages: Pages) -> None:
    told(bench).results = SearchResult((Choice(offer()),), near=True)
    page = await pages.open(bench)
    page.show_finder()
    page.find_page.field.setText("slrum")
    page.find_page.search()
    await until(lambda: bool(page.find_page.rows))
    said = [each.text() for each in page.find_page.findChildren(QLabel)]
    assert "Nothing is called “slrum”. What is called nearly so:" in said
    await at_rest()


async def test_a_damaged_list_is_said_as_long_as_it_is(bench: Workbench, pages: Pages) -> None:
    told(bench).wrong = (UserError("The list of blocked plugins can't be used.", hint="Mend it."),)
    page = await pages.open(bench)
    assert page.list.wrong.isVisible()
    assert page.list.wrong.heading.text() == "The list of blocked plugins can't be used."
    assert_sound(page)
    told(bench).wrong = ()
    page.list.header.again_asked.emit()
    await until(lambda: not page.list.wrong.isVisible())
    await at_rest()
    assert ("look_again",) in told(bench).calls, "what others changed is taken over, too"


async def test_a_source_is_forgotten(bench: Workbench, pages: Pages) -> None:
    index = Agreed("index https://packages.example/simple", Source(SourceKind.INDEX, "https://packages.example/simple"))
    wheel = Agreed("file ab12", Source(SourceKind.WHEEL, "/home/ada/rankzero_acme-1.0-py3-none-any.whl"), AT)
    told(bench).agreed = [wheel, index]
    page = await pages.open(bench)
    (action,) = (each for each in page.list.header.more_menu().actions() if "Sources" in each.text())
    action.trigger()
    sheet = page.sources
    assert sheet is not None
    await until(lambda: len(sheet.rows) == 2)
    assert_sound(sheet)
    assert sheet.rows[0].line.about.startswith("File · agreed to ")
    sheet.rows[0].forget.click()
    await until(lambda: len(sheet.rows) == 1)
    assert told(bench).agreed == [index]
    sheet.rows[0].forget.click()
    await until(lambda: not sheet.rows)
    assert "no source yet" in sheet.intro.text()
    sheet.close_button.click()
    await at_rest()


async def test_many_cards_come_a_few_at_a_time_those_in_view_first(bench: Workbench, pages: Pages) -> None:
    for number in range(40):
        toml = ACME.replace('"acme"', f'"p{number:02}"').replace("Acme wizards", f"P{number:02}")
        write_plugin(bench.places.plugins, f"p{number:02}", "", toml=toml)
    bench.plugins.discover()
    page = PluginsPage(bench, pages.shell)
    pages.made.append(page)
    assert 0 < len(page.list.views) < 40, "the others wait"
    page.resize(1000, 700)
    page.show()
    await at_rest()
    assert len(page.list.views) == len(bench.plugins.plugins)
    seen = sorted(page.list.views.values(), key=lambda each: each.y())
    assert [each.card.id for each in seen] == page.list._order
    before = dict(page.list.views)
    page.list._waiting = [each.card for each in (view(page, "p39"), view(page, "p00"))]
    assert page.list._most_wanted() == 1, "p00 is in view, p39 is not"
    page.list._waiting = []
    page.refresh()
    await at_rest()
    assert page.list.views == before, "nothing changed, nothing is made"


@pytest.fixture
async def window(windows: Windows, bench: Workbench) -> AsyncIterator[MainWindow]:
    add_acme(bench, preset_hooks(body="return []"))
    told(bench).here = {"acme": held("acme", "1.0.0")}
    yield await windows.open(bench)
    await at_rest()
    bench.plugins.close()


async def test_a_wheel_that_is_opened_is_offered_and_a_plugins_folder_is_a_project(
    window: MainWindow, tmp_path: Path
) -> None:
    wheel = write_plugin_wheel(tmp_path / "wheels", "slurm")
    window.open_path(wheel)
    page = cast("PluginsPage", window.pages.page("plugins"))
    (await sheet_of(page)).reject()
    assert told(page.desk._workbench).calls == [("plan_install", Order(str(wheel)))]
    await at_rest()
    own = write_plugin(tmp_path, "bolt")
    window.open_path(own)
    await at_rest()
    assert window.state.text("project") == str(own)
    assert len(told(page.desk._workbench).calls) == 1, "nothing is installed"


async def test_what_changed_while_another_window_was_in_front_counts(window: MainWindow, bench: Workbench) -> None:
    page = cast("PluginsPage", window.pages.page("plugins"))
    await at_rest()
    (bench.places.plugins / ".installed").mkdir()
    (bench.places.plugins / ".installed" / "registry.json").write_text("{}")
    hooks = bench.places.plugins / "acme" / "hooks.py"
    hooks.write_text(f"raise ValueError('alas')\n{hooks.read_text()}")
    for each in (QEvent.Type.WindowDeactivate, QEvent.Type.WindowActivate):
        QApplication.sendEvent(window, QEvent(each))
    await at_rest()
    assert ("look_again",) in told(bench).calls
    assert "alas" in next(each.reason for each in bench.plugins.plugins if each.id == "acme")
    await until(lambda: "alas" in view(page, "acme").card.reason)
