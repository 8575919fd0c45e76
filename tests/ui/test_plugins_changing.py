"""Installing, updating, keeping, removing and taking back, as the Plugins page shows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu

from desktop_app.api import UserError
from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.plugins.installing.models import Act, Order, Plan, Source, SourceKind
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.page import PluginsPage
from desktop_app.ui.plugins.plan_sheet import PlanSheet
from tests.helpers.told_plugins import held, item
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.plugin_pages import Pages, add_acme, at_rest, pages, sheet_of, told, view
from tests.ui.windows import until

__all__ = ["pages"]

QUESTION = "This is the first plugin from packages.example. A plugin is code that runs as you. Do you trust it?"
LONG = "Ünïcödé " * 30 + "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3


@pytest.fixture
async def page(bench: Workbench, pages: Pages) -> PluginsPage:
    """A page with a plugin of the person's own, installed from the index."""
    add_acme(bench)
    told(bench).here = {"acme": held("acme", "1.0.0")}
    return await pages.open(bench)


def texts(sheet: PlanSheet) -> str:
    return "\n".join(each.text() for each in sheet.findChildren(QLabel))


async def test_what_will_be_done_is_seen_before_it_is_done(page: PluginsPage, bench: Workbench) -> None:
    page.desk.install(Order("rankzero-slurm"))
    sheet = await sheet_of(page)
    said = texts(sheet)
    for each in ("Install Slurm backend?", "0.4.0", "the package index at packages.example", "48 kB",
                 "submitit 1.5.3, cloudpickle 3.1.2", "runs as you"):  # fmt: skip
        assert each in said
    assert sheet.go.hasFocus()
    assert_sound(sheet)
    assert told(bench).calls == [("plan_install", Order("rankzero-slurm"))]
    sheet.go.click()
    await until(page.list.done.isVisible)
    assert told(bench).calls[-1] == ("apply", sheet.plan)
    assert page.list.done.text.text() == "Installed Slurm backend 0.4.0."
    assert page.list.done.undo.isVisible()
    assert_sound(page)


async def test_what_is_asked_has_to_be_agreed_to_and_enter_keeps_everything(
    page: PluginsPage, bench: Workbench
) -> None:
    told(bench).plan = Plan((item(),), (QUESTION,))
    page.desk.install(Order("rankzero-slurm"))
    sheet = await sheet_of(page)
    assert QUESTION in texts(sheet)
    assert sheet.cancel_button.hasFocus()
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await until(lambda: page.sheet is None)
    assert [each[0] for each in told(bench).calls] == ["plan_install"]
    page.desk.install(Order("rankzero-slurm"))
    sheet = await sheet_of(page)
    QTest.keyClick(sheet.go, Qt.Key.Key_Space)
    await until(page.list.done.isVisible)


async def test_esc_leaves_everything(page: PluginsPage, bench: Workbench) -> None:
    page.desk.install(Order("rankzero-slurm"))
    QTest.keyClick(await sheet_of(page), Qt.Key.Key_Escape)
    await until(lambda: page.sheet is None)
    assert [each[0] for each in told(bench).calls] == ["plan_install"]


async def test_long_texts_of_a_plan_are_whole(page: PluginsPage, bench: Workbench) -> None:
    offer = replace(item().offer, summary=LONG, author=LONG)
    plan = Plan((replace(item(title=LONG), offer=offer, requires=(LONG,), toolchains=(LONG,)),), (LONG,), (LONG,))
    told(bench).plan = plan
    page.desk.install(Order("x"))
    sheet = await sheet_of(page)
    assert_sound(sheet)
    sheet.reject()


async def test_work_is_shown_and_cancelled(page: PluginsPage, bench: Workbench) -> None:
    told(bench).go.clear()
    page.desk.install(Order("rankzero-slurm"))
    await until(page.list.strip.isVisible)
    assert page.list.strip.text.text() == "Looking at rankzero-slurm: Fetching rankzero-slurm 0.4.0"
    assert page.list.strip.bar.value() == 400
    assert_sound(page)
    page.list.strip.cancel_button.click()
    await until(lambda: not page.list.strip.isVisible())
    assert not page.desk.work.is_busy
    assert page.sheet is None


async def test_one_thing_at_a_time_is_said(page: PluginsPage, bench: Workbench) -> None:
    told(bench).go.clear()
    page.desk.install(Order("rankzero-slurm"))
    await until(lambda: told(bench).calls)
    page.do("acme", Do.REMOVE)
    assert page.list.message.heading.text() == "One thing at a time: Looking at rankzero-slurm goes on."
    page.desk.work.cancel()
    await at_rest()
    assert [each[0] for each in told(bench).calls] == ["plan_install"]


async def test_what_goes_wrong_is_said_with_its_details(page: PluginsPage, bench: Workbench) -> None:
    told(bench).error = UserError("rankzero-slurm can't be had.", hint="Try later.", details="uv: no solution")
    page.desk.install(Order("rankzero-slurm"))
    await until(page.list.message.isVisible)
    message = page.list.message
    assert (message.heading.text(), message.hint.text()) == ("rankzero-slurm can't be had.", "Try later.")
    assert message.details.toPlainText() == "uv: no solution"
    assert_sound(page)


async def test_removing_asks_nothing_and_can_be_undone_in_place(page: PluginsPage, bench: Workbench) -> None:
    page.activateWindow()
    view(page, "acme").name.setFocus()
    QTest.keyClick(view(page, "acme").name, Qt.Key.Key_Delete)
    await until(page.list.done.isVisible)
    assert page.list.done.text.text() == "Removed Acme wizards."
    page.list.done.undo.click()
    await until(lambda: ("undo",) in told(bench).calls)
    await at_rest()
    assert page.list.done.text.text() == "Took back a change of Acme wizards."
    assert not page.list.done.undo.isVisible()


async def test_undo_in_place_goes_once_something_else_was_changed(page: PluginsPage, bench: Workbench) -> None:
    page.do("acme", Do.PIN)
    await until(page.list.done.isVisible)
    await at_rest()
    assert page.list.done.isVisible()
    await told(bench).switch("acme", False)  # by another window
    await until(lambda: not page.list.done.isVisible())
    await at_rest()


async def test_what_ships_is_not_removed_by_a_key(page: PluginsPage, bench: Workbench) -> None:
    QTest.keyClick(view(page).name, Qt.Key.Key_Delete)
    assert told(bench).calls == []


async def test_updates_are_looked_for_and_then_offered(page: PluginsPage, bench: Workbench) -> None:
    told(bench).plan = Plan((item("acme", "Acme wizards", "1.0.0", "1.1.0"),), notes=("2.0 does not fit.",))
    header = page.list.header
    assert header.update_button.text() == "Look for &updates"
    header.update_button.click()
    await until(lambda: view(page, "acme").action.text() == "Update")
    assert header.update_button.text() == "&Update all (1)"
    assert page.list.message.heading.text() == "2.0 does not fit."
    assert "1.0.0 → 1.1.0" in view(page, "acme").card.origin
    assert page.desk.badge == 1
    assert_sound(page)
    await at_rest()
    view(page, "acme").action.click()
    sheet = await sheet_of(page)
    assert sheet.words.title == "Update Acme wizards?"
    sheet.go.click()
    await until(page.list.done.isVisible)
    await at_rest()
    assert header.update_button.text() == "Look for &updates"
    assert page.desk.badge == 0
    assert [each[:2] for each in told(bench).calls[:2]] == [("plan_update",), ("plan_update", "acme")]


async def test_nothing_newer_is_said(page: PluginsPage, bench: Workbench) -> None:
    told(bench).plan = Plan(())
    page.list.header.look_asked.emit()
    await until(page.list.message.isVisible)
    assert page.list.message.heading.text() == "Everything is up to date."


async def test_a_version_is_kept_and_let_go(page: PluginsPage, bench: Workbench) -> None:
    page.do("acme", Do.PIN)
    await until(lambda: "kept at 1.0.0" in view(page, "acme").card.origin)
    assert page.list.done.text.text() == "Kept Acme wizards at 1.0.0."
    await at_rest()
    page.do("acme", Do.UNPIN)
    await until(lambda: "kept" not in view(page, "acme").card.origin)
    assert page.list.done.text.text() == "Let Acme wizards be updated again."


INDEX = Source(SourceKind.INDEX, "https://packages.example")


@pytest.mark.parametrize(
    ("source", "order"),
    [
        (INDEX, Order("rankzero-acme==1.0.0", source=INDEX)),
        (Source(SourceKind.WHEEL, "{}/a.whl"), Order("{}/a.whl")),
        (Source(SourceKind.WHEEL, "{}"), Order("rankzero-acme==1.0.0", Path("{}"))),
    ],
)
async def test_reinstalling_asks_where_it_came_from(
    page: PluginsPage, bench: Workbench, tmp_path: Path, source: Source, order: Order
) -> None:
    (tmp_path / "a.whl").touch()
    page.desk.installed = {"acme": held("acme", "1.0.0", replace(source, where=source.where.format(tmp_path)))}
    wheelhouse = Path(str(order.wheelhouse).format(tmp_path)) if order.wheelhouse else None
    page.do("acme", Do.REINSTALL)
    (await sheet_of(page)).reject()
    assert told(bench).calls == [
        ("plan_install", Order(order.target.format(tmp_path), wheelhouse, source=order.source))
    ]


async def test_what_can_not_be_reinstalled_says_why(page: PluginsPage) -> None:
    page.desk.installed = {"acme": held("acme", "1.0.0", Source(SourceKind.WHEEL, "/gone/a.whl"))}
    page.do("acme", Do.REINSTALL)
    assert page.list.message.heading.text() == "The file /gone/a.whl is not there any more."


async def test_the_menu_of_a_card_has_what_its_button_has_not(page: PluginsPage) -> None:
    card = view(page, "acme")
    assert card.action.text() == "Disable"
    menu = card.menu()
    words = [each.text().replace("&", "") for each in menu.actions() if not each.isSeparator()]
    assert words == ["Show details", "Look for a newer one", "Reinstall", "Keep this version", "Open its folder",
                     "Remove"]  # fmt: skip
    menu.deleteLater()
    QTest.mouseClick(card.more, Qt.MouseButton.LeftButton)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QMenu)
    popup.close()
    settle()


async def test_what_was_done_is_listed_and_the_last_taken_back(page: PluginsPage, bench: Workbench) -> None:
    page.show_history()
    assert page.history_page._stack.currentIndex() == 0
    assert_sound(page)
    page.show_list()
    page.do("acme", Do.DISABLE)
    await at_rest()
    page.do("acme", Do.ENABLE)
    await at_rest()
    page.show_history()
    shown = page.history_page.panel.lines
    assert [each._line.text for each in shown] == ["Enabled Acme wizards", "Disabled Acme wizards"]
    assert [each.undo.isVisible() for each in shown] == [True, False]
    assert_sound(page)
    shown[0].undo.click()
    await until(lambda: told(bench).changes[-1].act is Act.UNDO)
    await at_rest()
    assert page.history_page.panel.lines[1]._line.undone
    QTest.keyClick(page.history_page, Qt.Key.Key_Escape)
    assert page.currentWidget() is page.list


async def test_undo_takes_back_what_it_says_or_nothing(page: PluginsPage, bench: Workbench) -> None:
    await page.desk.manager.switch("acme", False)
    await at_rest()
    menu = page.list.header.more_menu()
    undo = next(each for each in menu.actions() if each.text().replace("&", "") == "Undo: Disabled Acme wizards")
    told(bench)._note(Act.PIN, "garb", "Garb")  # a verb's
    await at_rest()
    undo.trigger()
    await until(page.list.message.isVisible)
    assert page.list.message.heading.text() == "Nothing was taken back: the last change is another one now, of Garb."
    assert [each.undone for each in told(bench).changes] == [False, False]
    await at_rest()
    assert ("look_again",) in told(bench).calls
    menu.deleteLater()


async def test_the_header_says_what_undo_takes_back(page: PluginsPage) -> None:
    menu = page.list.header.more_menu()
    undo = next(each for each in menu.actions() if "ndo" in each.text())
    assert not undo.isEnabled()
    page.do("acme", Do.DISABLE)
    await at_rest()
    again = page.list.header.more_menu()
    undo = next(each for each in again.actions() if "ndo" in each.text())
    assert undo.text().replace("&", "") == "Undo: Disabled Acme wizards"
    for each in (menu, again):
        each.deleteLater()


async def test_a_file_or_folder_is_asked_for(page: PluginsPage, bench: Workbench, tmp_path: Path) -> None:
    wheel = tmp_path / "rankzero_slurm-0.4.0-py3-none-any.whl"
    wheel.touch()
    page.list.header.file_asked.emit()
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(wheel))
    dialog.close()
    (await sheet_of(page)).reject()
    assert told(bench).calls == [("plan_install", Order(str(wheel)))]
    page.take(tmp_path / "notes.txt")
    assert page.list.message.heading.text() == "notes.txt is no plugin."


async def test_a_folder_of_wheels_is_looked_into(page: PluginsPage, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a-1-py3-none-any.whl").touch()
    page.list.header.wheelhouse_asked.emit()
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    await until(lambda: bool(page.find_page.rows))
    assert told(bench).calls == [("search", "", tmp_path)]
    assert str(tmp_path) in page.find_page.where.text()
    assert page.find_page.where.isVisible()


async def test_safe_mode_is_said(bench: Workbench, pages: Pages) -> None:
    bench.plugins.safe_mode = True
    page = await pages.open(bench)
    assert page.list.safe.isVisible()
    assert "Safe mode" in page.list.safe.heading.text()
    assert_sound(page)
