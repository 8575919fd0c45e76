"""The Plugins page: its cards, switching, and reading anew."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QScrollArea, QWidget

from desktop_app.places import Places
from desktop_app.services.files import locked
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.page import PluginsPage
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.plugin_pages import Pages, at_rest, pages, view
from tests.ui.windows import until

__all__ = ["pages"]

MANIFEST = """[plugin]
id = "acme-wizards"
name = "Acme wizards"
version = "1.0.0"
api = "1"
summary = "Company templates"
author = "Acme"
license = "MIT"
icon = "mdi6.office-building-outline"
hooks = "hooks.py"
"""


@pytest.fixture
def acme(places: Places) -> Path:
    """A plugin of the person's own whose import fails; returns its hooks file."""
    folder = places.plugins / "acme"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(MANIFEST)
    (folder / "hooks.py").write_text("import acme_core\n")
    return folder / "hooks.py"


async def test_a_failed_plugin_says_why_and_the_rest_works(acme: Path, places: Places, pages: Pages) -> None:
    page = await pages.open(small_bench(places.home))
    failed = view(page, "acme-wizards")
    assert "No module named 'acme_core'. The rest works." in failed.reason.text().replace("&#x27;", "'")
    assert view(page).action.text() == "Disable"
    failed.toggle_details()
    (details,) = (each for each in failed.findChildren(QPlainTextEdit) if each.isVisible())
    assert "ModuleNotFoundError" in details.toPlainText()
    failed.copy_details()
    assert "ModuleNotFoundError" in QApplication.clipboard().text()
    assert_sound(page)
    failed.toggle_details()
    assert not details.isVisible()


async def test_a_mended_plugin_can_be_tried_again(acme: Path, places: Places, pages: Pages) -> None:
    bench = small_bench(places.home)
    page = await pages.open(bench)
    acme.write_text("")
    view(page, "acme-wizards").action.click()
    await until(lambda: view(page, "acme-wizards").action.text() == "Disable")
    assert {each.id: each.state for each in bench.plugins.plugins}["acme-wizards"] is PluginState.OK


async def test_a_plugin_that_is_still_broken_says_so_again(acme: Path, places: Places, pages: Pages) -> None:
    page = await pages.open(small_bench(places.home))
    acme.write_text("import acme_other\n")
    view(page, "acme-wizards").action.click()
    await until(lambda: "acme_other" in view(page, "acme-wizards").reason.text())
    assert view(page, "acme-wizards").action.text() == "Try again"


async def test_switching_off_and_on_keeps_the_focus(bench: Workbench, pages: Pages) -> None:
    page = await pages.open(bench)
    page.activateWindow()
    view(page).action.setFocus()
    await until(view(page).action.hasFocus)
    for word, works in (("Enable", False), ("Disable", True)):
        QTest.keyClick(view(page).action, Qt.Key.Key_Space)
        await at_rest()
        assert view(page).action.text() == word
        assert view(page).action.hasFocus()
        assert any(info.id == "rankzero-pytorch" for info, _ in bench.plugins.wizards()) is works
    count = len(bench.plugins.plugins)
    assert page.list.header.headline.text() == f"{count} of {count} on"


async def test_a_page_without_plugins_says_where_they_go(bench: Workbench, places: Places, pages: Pages) -> None:
    none = PluginHost(places, bench.settings, bundled=places.home / "none", installed=tuple)
    page = await pages.open(dataclasses.replace(bench, plugins=none))
    assert page.list.empty.isVisible()
    assert str(places.plugins) in page.list.empty.text.text()
    assert_sound(page)


async def test_a_card_that_is_as_it_was_stays(bench: Workbench, pages: Pages) -> None:
    page = await pages.open(bench)
    before = dict(page.list.views)
    view(page).action.click()
    await at_rest()
    changed = {key for key, each in page.list.views.items() if each is not before[key]}
    assert changed == {"rankzero-pytorch"}
    settle()
    seen = sorted(page.list.views.values(), key=lambda each: each.y())
    assert [each.card.name for each in seen] == sorted((each.card.name for each in seen), key=str.casefold)


async def test_tab_goes_through_the_cards_as_they_stand(bench: Workbench, pages: Pages) -> None:
    page = await pages.open(bench)
    view(page).action.click()
    await at_rest()
    seen: list[str] = []
    at: QWidget | None = page.list.header.more.nextInFocusChain()
    while at is not None and at is not page.list.header.more and len(seen) < len(page.list.views):
        seen += [key for key, each in page.list.views.items() if each.name is at]
        at = at.nextInFocusChain()
    assert seen == page.list._order


async def test_long_names_and_reasons_give_way(bench: Workbench, places: Places, pages: Pages) -> None:
    folder = places.plugins / "acme"
    folder.mkdir(parents=True)
    long = "Ünïcödé & Donaudampfschifffahrtsgesellschaftskapitän " * 3
    text = MANIFEST.replace("Acme wizards", long.strip()).replace("Company templates", long * 3)
    (folder / "plugin.toml").write_text(text)
    (folder / "hooks.py").write_text(f"raise RuntimeError({long * 4!r})\n")
    bench.plugins.discover()
    bench.plugins.load()
    page = await pages.open(bench)
    assert view(page, "acme-wizards").card.word == "Failed"
    assert_sound(page)
    area = next(each for each in page.list.findChildren(QScrollArea) if each.isVisible())
    assert area.horizontalScrollBar().maximum() == 0
    page.show_plugin("acme-wizards")
    assert_sound(page)


async def test_the_focus_goes_to_the_next_card_where_one_goes(bench: Workbench, places: Places, pages: Pages) -> None:
    (places.plugins / "acme").mkdir(parents=True)
    (places.plugins / "acme" / "plugin.toml").write_text(MANIFEST)
    (places.plugins / "acme" / "hooks.py").write_text("")
    bench.plugins.discover()
    page = await pages.open(bench)
    page.activateWindow()
    view(page, "acme-wizards").name.setFocus()
    await until(view(page, "acme-wizards").name.hasFocus)
    (places.plugins / "acme" / "plugin.toml").unlink()
    (places.plugins / "acme").rename(places.home / "away")
    bench.plugins.discover()
    await until(lambda: "acme-wizards" not in page.list.views)
    assert view(page, page.list._order[0]).name.hasFocus()


async def test_many_plugins_are_shown_a_few_at_a_time(bench: Workbench, places: Places, pages: Pages) -> None:
    for number in range(40):
        folder = places.plugins / f"acme{number}"
        folder.mkdir(parents=True)
        (folder / "plugin.toml").write_text(MANIFEST.replace("acme-wizards", f"acme-{number}"))
        (folder / "hooks.py").write_text("")
    bench.plugins.discover()
    page = PluginsPage(bench, pages.shell)
    pages.made.append(page)
    assert len(page.list.views) < 20, "the first page is there before the last card"
    page.show()
    await until(lambda: len(page.list.views) == len(bench.plugins.plugins))


async def test_switching_waits_for_the_settings_file_beside_the_window(
    bench: Workbench, places: Places, pages: Pages
) -> None:
    page = await pages.open(bench)
    with locked(places.settings.with_name(f".{places.settings.name}.lock")):  # as another program that saves
        view(page).action.click()
        await until(page.list.strip.isVisible)
        assert page.list.strip.text.text() == "Disabling PyTorch …"
        assert view(page).action.text() == "Disable"
    await at_rest()
    assert view(page).action.text() == "Enable"
    assert not page.list.strip.isVisible()


async def test_a_choice_of_plugins_that_cannot_be_saved_is_said(bench: Workbench, places: Places, pages: Pages) -> None:
    page = await pages.open(bench)
    places.settings.mkdir(parents=True)
    view(page).action.click()
    await until(page.list.message.isVisible)
    assert "can't be saved" in page.list.message.heading.text()
    await at_rest()
    assert view(page).action.text() == "Disable"


async def test_a_page_that_is_gone_when_its_plugin_is_switched_hurts_nobody(
    bench: Workbench, places: Places, shell: FakeShell
) -> None:
    page = PluginsPage(bench, shell)
    await at_rest()
    with locked(places.settings.with_name(f".{places.settings.name}.lock")):
        view(page).action.click()
        page.desk.close()
        page.deleteLater()
        settle()
    await at_rest()
    assert shell.said == []


async def test_a_plugin_put_there_meanwhile_is_found(bench: Workbench, places: Places, pages: Pages) -> None:
    page = await pages.open(bench)
    (places.plugins / "acme").mkdir(parents=True)
    (places.plugins / "acme" / "plugin.toml").write_text(MANIFEST)
    (places.plugins / "acme" / "hooks.py").write_text("")
    page.list.header.again_asked.emit()
    await until(lambda: "acme-wizards" in page.list.views)
