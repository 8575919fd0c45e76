"""Finding plugins in an index and among wheels, and the page of one plugin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from desktop_app.api import UserError
from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.plugins.installing.models import Choice, Order, PluginFacts, SearchResult
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.page import PluginsPage
from tests.helpers.told_plugins import AT, INDEX, held, offer
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.plugin_pages import Pages, add_acme, at_rest, pages, sheet_of, told, view
from tests.ui.windows import until

__all__ = ["pages"]

LONG = "Ünïcödé " * 30 + "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2


@pytest.fixture
async def page(bench: Workbench, pages: Pages) -> PluginsPage:
    """A page with a plugin of the person's own, installed from the index."""
    add_acme(bench)
    told(bench).here = {"acme": held("acme", "1.0.0", installed=AT)}
    return await pages.open(bench)


def texts(page: PluginsPage) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible())


async def test_nothing_is_asked_before_a_person_asks(page: PluginsPage, bench: Workbench) -> None:
    page.list.header.find_button.click()
    await at_rest()
    assert page.currentWidget() is page.find_page
    assert told(bench).calls == []
    assert "names that begin with rankzero-" in page.find_page.empty.text.text()
    assert_sound(page)
    page.find_page.everything.click()
    await until(lambda: bool(page.find_page.rows))
    assert told(bench).calls == [("search", "", None)]


async def test_what_was_found_says_what_fits_and_is_installed(page: PluginsPage, bench: Workbench) -> None:
    unfit = offer(version="2.0", why_not="it needs Python 3.13.")
    told(bench).results = SearchResult((
        Choice(offer(), (unfit,)), Choice(replace(unfit, distribution="rankzero-tpu")),
        Choice(offer("rankzero-acme", "1.0.0")), Choice(offer("rankzero-long", summary=LONG, author=LONG)),
    ))  # fmt: skip
    page.show_finder()
    QTest.keyClicks(page.find_page.field, "cluster")
    QTest.keyClick(page.find_page.field, Qt.Key.Key_Return)
    await until(lambda: len(page.find_page.rows) == 4)
    assert told(bench).calls == [("search", "cluster", None)]
    slurm, tpu, acme, _long = page.find_page.rows
    assert "2.0 is newer and does not fit: it needs Python 3.13." in texts(page)
    assert [each.action.isVisible() for each in (slurm, tpu, acme)] == [True, False, False]
    assert acme.plugin.has == "Installed"
    assert_sound(page)
    slurm.action.click()
    sheet = await sheet_of(page)
    assert told(bench).calls[-1] == ("plan_install", Order("rankzero-slurm==0.4.0"))
    sheet.go.click()
    await until(lambda: page.find_page.rows[0].plugin.has == "Installed")
    await at_rest()
    assert page.find_page.done.text.text() == "Installed Slurm backend 0.4.0."
    page.find_page.rows[2].opened.emit("acme")
    assert page.plugin_page.title.text() == "Acme wizards"
    await at_rest()


async def test_nothing_found_offers_to_install_by_name(page: PluginsPage, bench: Workbench) -> None:
    told(bench).results = SearchResult()
    page.show_finder()
    page.find_page.field.setText("rankzero-secret")
    page.find_page.search_button.click()
    await until(lambda: "rankzero-secret" in page.find_page.empty.heading.text())
    assert_sound(page)
    page.find_page.pre.click()
    page.find_page.by_name.click()
    (await sheet_of(page)).reject()
    assert told(bench).calls[-1] == ("plan_install", Order("rankzero-secret", None, pre=True))


async def test_an_index_that_is_away_is_said(page: PluginsPage, bench: Workbench) -> None:
    told(bench).results = SearchResult((), ("packages.example could not be reached.",))
    page.show_finder()
    page.find_page.search()
    await until(page.find_page.message.isVisible)
    assert page.find_page.message.heading.text() == "packages.example could not be reached."
    assert_sound(page)
    await at_rest()
    told(bench).error = UserError("There is no network.")
    page.find_page.search()
    await until(lambda: page.find_page.message.heading.text() == "There is no network.")


async def test_a_search_is_cancelled_by_esc_and_another_esc_leads_back(page: PluginsPage, bench: Workbench) -> None:
    told(bench).go.clear()
    page.show_finder()
    page.find_page.search()
    await until(page.find_page.strip.isVisible)
    QTest.keyClick(page.find_page, Qt.Key.Key_Escape)
    await until(lambda: not page.desk.work.is_busy)
    QTest.keyClick(page.find_page, Qt.Key.Key_Escape)
    assert page.currentWidget() is page.list


async def test_wheels_and_the_index_are_told_apart(page: PluginsPage, bench: Workbench, tmp_path: Path) -> None:
    page.show_finder(tmp_path)
    await until(lambda: bool(page.find_page.rows))
    assert page.find_page.elsewhere.text() == "Look in the package index instead"
    page.find_page.elsewhere.click()
    assert page.find_page.wheelhouse is None
    await at_rest()
    assert told(bench).calls == [("search", "", tmp_path)]


async def test_a_folder_that_was_listed_before_is_listed_again(
    page: PluginsPage, bench: Workbench, tmp_path: Path
) -> None:
    for _time in range(2):
        page.show_finder(tmp_path)
        await until(lambda: bool(page.find_page.rows) and page.find_page.rows[0].isVisible())
        await at_rest()
        page.show_list()
    page.show_finder()
    assert page.find_page.everything.isVisible()
    page.find_page.everything.click()
    await until(lambda: bool(page.find_page.rows) and page.find_page.rows[0].isVisible())
    assert [each[-1] for each in told(bench).calls] == [tmp_path, tmp_path, None]


async def test_a_plugins_page_says_all_there_is_to_know(page: PluginsPage, bench: Workbench) -> None:
    told(bench).facts_of["acme"] = PluginFacts("acme", INDEX, size=2_300_000, sha256="ab" * 32, installed=AT,
                                               requires=("submitit==1.5.3",), hooks=("job_wizards",))  # fmt: skip
    view(page, "acme").name.click()
    await until(lambda: "submitit 1.5.3" in texts(page))
    said = texts(page)
    for each in ("Acme wizards", "acme-wizard", "MIT", "2.3 MB", "job_wizards", "ab" * 16, "packages.example"):
        assert each in said
    assert_sound(page)
    await at_rest()
    QTest.keyClick(page.plugin_page, Qt.Key.Key_Escape)
    assert page.currentWidget() is page.list
    await until(view(page, "acme").name.hasFocus)


async def test_its_homepage_opens_by_a_click_alone(
    page: PluginsPage, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    info = next(each for each in bench.plugins.plugins if each.id == "acme")
    monkeypatch.setattr(page.desk, "info", lambda _id: replace(info, homepage="https://acme.example/wizards"))
    page.show_plugin("acme")
    await at_rest()
    (link,) = (each for each in page.plugin_page.findChildren(QPushButton) if "acme.example" in each.text())
    assert opened == []
    link.click()
    assert opened == [QUrl("https://acme.example/wizards")]


async def test_files_that_changed_are_named_and_reinstalling_is_offered(page: PluginsPage, bench: Workbench) -> None:
    told(bench).edited = ("hooks.py", "data/notes.txt")
    page.show_plugin("acme")
    await until(lambda: "data/notes.txt" in texts(page))
    (copy,) = (each for each in page.plugin_page.findChildren(QPushButton) if each.text() == "Copy the list")
    copy.click()
    assert QGuiApplication.clipboard().text() == "hooks.py\ndata/notes.txt"
    assert_sound(page)
    card = page.plugin_page.card
    assert card is not None
    assert any(each.do is Do.REINSTALL for each in card.ways)
    await at_rest()


async def test_a_plugin_that_failed_says_why_on_its_page(bench: Workbench, pages: Pages) -> None:
    add_acme(bench, "import acme_core\n")
    bench.plugins.load()
    page = await pages.open(bench)
    page.show_plugin("acme")
    problem = page.plugin_page.problem
    assert problem.isVisible()
    assert "acme_core" in problem.heading.text()
    assert "ModuleNotFoundError" in problem.details.toPlainText()
    assert_sound(page)
    await at_rest()


async def test_what_is_done_on_a_plugins_page_shows_there(page: PluginsPage, bench: Workbench) -> None:
    page.show_plugin("acme")
    await at_rest()
    page.plugin_page.asked.emit("acme", Do.PIN)
    await until(page.plugin_page.done.isVisible)
    await at_rest()
    assert "kept at 1.0.0" in page.plugin_page.origin.text()
    assert "Kept Acme wizards at 1.0.0" in texts(page)
    page.plugin_page.asked.emit("acme", Do.DISABLE)
    await until(lambda: page.plugin_page.state.label.text() == "Off")
    await at_rest()
    assert_sound(page)


async def test_the_page_of_a_plugin_that_goes_leads_to_the_list(page: PluginsPage, bench: Workbench) -> None:
    page.show_plugin("acme")
    await at_rest()
    for each in (bench.places.plugins / "acme").iterdir():
        each.unlink()
    (bench.places.plugins / "acme").rmdir()
    bench.plugins.discover()
    await until(lambda: page.currentWidget() is page.list)
    settle()
    assert "acme" not in page.list.views
