"""The Settings page."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QMessageBox, QScrollArea

from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.settings.toolchains import ToolchainView
from desktop_app.ui.settings_page import SettingsPage
from desktop_app.ui.tasks import cancel_all, running
from desktop_app.ui.theme import theme_manager
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.fake_toolchains import BROKEN, MISSING, READY, FakeToolchains
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


async def settings_page(bench: Workbench, shell: FakeShell) -> SettingsPage:
    page = SettingsPage(bench, shell)
    page.resize(900, 700)
    page.show()
    await until(lambda: page.toolchains._rows)
    await until(
        lambda: all(each.height() >= each.minimumSizeHint().height() for each in page.toolchains._rows.values())
    )
    return page


def view(page: SettingsPage, name: str) -> ToolchainView:
    return page.toolchains._rows[name]


async def test_a_page_that_is_closed_while_toolchains_are_listed_hurts_nobody(
    bench: Workbench, shell: FakeShell
) -> None:
    page = SettingsPage(bench, shell)
    page.show()
    page.deleteLater()
    settle()
    await until(lambda: not running())


async def test_looks_and_notifications_are_remembered(bench: Workbench, shell: FakeShell) -> None:
    page = await settings_page(bench, shell)
    page.appearance.choices["dark"].click()
    assert theme_manager().theme.is_dark
    await until(lambda: bench.settings.get("appearance.theme") == "dark")
    page.notifications.box.click()
    await until(lambda: bench.settings.get("notifications.runs") is False)
    bench.settings.set("notifications.runs", True)
    assert page.notifications.box.isChecked()
    page.deleteLater()


async def test_a_setting_that_cannot_be_saved_is_said(bench: Workbench, shell: FakeShell, places: Places) -> None:
    page = await settings_page(bench, shell)
    places.home.mkdir(parents=True, exist_ok=True)
    places.settings.mkdir()
    page.notifications.box.click()
    await until(lambda: bool(shell.said))
    assert "can't be saved" in shell.said[0].message
    assert page.notifications.box.isChecked()
    page.deleteLater()


async def test_toolchains_show_how_they_are(places: Places, shell: FakeShell) -> None:
    page = await settings_page(small_bench(places.home, toolchains=FakeToolchains(READY, MISSING, BROKEN)), shell)
    assert not view(page, "pytorch").create_button.isVisible()
    assert view(page, "tensorflow").create_button.text() == "Create"
    assert not view(page, "tensorflow").remove_button.isVisible()
    assert view(page, "horovod").create_button.text() == "Make anew"
    assert view(page, "horovod")._reason.text() == BROKEN.reason
    assert_sound(page)
    page.deleteLater()


async def test_making_a_toolchain_shows_progress_and_ends_ready(places: Places, shell: FakeShell) -> None:
    toolchains = FakeToolchains(MISSING)
    page = await settings_page(small_bench(places.home, toolchains=toolchains), shell)
    made = view(page, "tensorflow")
    made.create_button.click()
    await until(lambda: made.bar.value() == 400)
    assert made.cancel_button.isVisible()
    assert made._step.text() == "Downloading torch 2.13.0"
    toolchains.go.set()
    await until(lambda: made._state.label.text() == "Ready")
    assert not made.bar.isVisible()
    page.deleteLater()


async def test_cancel_stops_the_making(places: Places, shell: FakeShell) -> None:
    page = await settings_page(small_bench(places.home, toolchains=FakeToolchains(MISSING)), shell)
    made = view(page, "tensorflow")
    made.create_button.click()
    await until(lambda: made.bar.value() == 400)
    made.cancel_button.click()
    await until(made.create_button.isVisible)
    assert made._state.label.text() == "Not made yet"
    assert not page.toolchains.message.isVisible()
    page.deleteLater()


async def test_what_goes_wrong_is_said_where_it_happened(places: Places, shell: FakeShell) -> None:
    toolchains = FakeToolchains(MISSING)
    toolchains.fails = True
    toolchains.go.set()
    page = await settings_page(small_bench(places.home, toolchains=toolchains), shell)
    view(page, "tensorflow").create_button.click()
    await until(page.toolchains.message.isVisible)
    assert page.toolchains.message.heading.text() == "The toolchain could not be made."
    assert page.toolchains.message.details.toPlainText() == "pip said no"
    await cancel_all()
    page.deleteLater()


async def test_what_is_said_of_one_far_below_is_scrolled_to(places: Places, shell: FakeShell) -> None:
    many = [dataclasses.replace(MISSING, name=f"tf-{number}", title=f"TensorFlow {number}") for number in range(12)]
    toolchains = FakeToolchains(*many)
    toolchains.fails = True
    toolchains.go.set()
    page = await settings_page(small_bench(places.home, toolchains=toolchains), shell)
    area = next(each for each in page.findChildren(QScrollArea) if each.isAncestorOf(page.toolchains))
    bar = area.verticalScrollBar()
    await until(lambda: bar.maximum() > 200)
    bar.setValue(bar.maximum())
    page.toolchains.make("tf-11")  # a click would move the focus, and scroll by that
    await until(lambda: page.toolchains.message.visibleRegion().boundingRect().height() > 0)
    assert bar.value() < bar.maximum() - 100
    await cancel_all()
    page.deleteLater()


async def test_a_check_says_how_it_went(bench: Workbench, shell: FakeShell) -> None:
    page = await settings_page(bench, shell)
    view(page, "pytorch").check_button.click()
    await until(page.toolchains.message.isVisible)
    assert page.toolchains.message.heading.text() == "The toolchain PyTorch works."
    await cancel_all()
    page.deleteLater()


@pytest.mark.parametrize(("answer", "state"), [("Remove", "missing"), ("Keep", "ready")])
async def test_removing_asks_first(
    places: Places, shell: FakeShell, monkeypatch: pytest.MonkeyPatch, answer: str, state: str
) -> None:
    toolchains = FakeToolchains(READY)
    page = await settings_page(small_bench(places.home, toolchains=toolchains), shell)

    def press(box: QMessageBox) -> int:
        next(each for each in box.buttons() if each.text() == answer).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    view(page, "pytorch").remove_button.click()
    await until(lambda: not page.toolchains._jobs)
    assert toolchains.toolchains[0].state == state
    await cancel_all()
    page.deleteLater()


async def test_a_python_can_be_chosen_for_a_plugin(bench: Workbench, shell: FakeShell) -> None:
    page = await settings_page(bench, shell)
    page.toolchains.use("rankzero-pytorch", Path("/usr/bin/python3"))
    wanted = ("use", "rankzero-pytorch", "/usr/bin/python3")
    await until(lambda: wanted in cast("FakeToolchains", bench.toolchains).calls)
    await cancel_all()
    page.deleteLater()
