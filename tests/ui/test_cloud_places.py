"""Where jobs run: the menu at the top, the workspaces in it, what is offered, dropped and remembered."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.clouds.connect_dialog import ConnectDialog
from desktop_app.ui.clouds.hooks import CloudHooks
from desktop_app.ui.clouds.page import TABS
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.tasks import running
from tests.helpers.benches import small_bench
from tests.helpers.snapshots import snapshot
from tests.helpers.window_cloud import EAST, WEST, ToldCloud, ToldFault, waiting
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import Windows, until


@pytest.fixture
def cloud() -> ToldCloud:
    return ToldCloud.with_workspaces(EAST, WEST)


@pytest.fixture
def cloud_bench(places: Places, cloud: ToldCloud) -> Workbench:
    return small_bench(places.home, cloud=cloud)


def hooks(window: MainWindow) -> CloudHooks:
    assert window._session is not None
    return window._session.clouds


def entries(window: MainWindow) -> list[str]:
    return [each.text().replace("&", "") for each in menu_of(window).actions() if not each.isSeparator()]


def menu_of(window: MainWindow) -> QMenu:
    menu: QMenu = window.title_row.place.menu()
    menu.aboutToShow.emit()
    return menu


def entry(window: MainWindow, start: str) -> QAction:
    return next(each for each in menu_of(window).actions() if each.text().replace("&", "").startswith(start))


async def test_the_menu_has_this_machine_and_each_workspace_with_how_it_stands(
    windows: Windows, cloud_bench: Workbench
) -> None:
    window = await windows.open(cloud_bench)
    await until(lambda: len(entries(window)) == 5)
    assert entries(window) == [
        "This machine", "ml-east – not checked yet", "ml-west – not checked yet", "Connect a workspace…", "Manage…",
    ]  # fmt: skip
    assert window.backend == "local"
    assert entry(window, "This machine").isChecked()


async def test_a_workspace_that_is_chosen_is_used_asked_and_remembered(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud
) -> None:
    window = await windows.open(cloud_bench)
    await until(lambda: len(entries(window)) == 5)
    entry(window, "ml-west").trigger()
    assert (window.backend, window.title_row.place.text()) == ("azureml", "ml-west")
    await until(lambda: "signed in" in window.title_row.place.accessibleName())
    assert set(cloud.calls("use")) == {WEST.key}
    window.state.save()
    again = await windows.open(cloud_bench)
    await until(lambda: again.title_row.place.text() == "ml-west")
    entry(again, "This machine").trigger()
    assert again.backend == "local"


@pytest.mark.parametrize(
    ("kind", "word"), [("offline", "offline"), ("signed-out", "signed out"), ("forbidden", "refused")]
)
async def test_a_workspace_that_does_not_answer_says_so(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud, kind: str, word: str
) -> None:
    cloud.faults["check"] = ToldFault(kind)
    window = await windows.open(cloud_bench)
    await until(lambda: len(entries(window)) == 5)
    entry(window, "ml-east").trigger()
    await until(lambda: f"ml-east – {word}" in entries(window))
    assert window.title_row.place.accessibleName().endswith(f"ml-east, {word}")


async def test_a_workspace_that_is_gone_gives_way_to_this_machine(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud
) -> None:
    window = await windows.open(cloud_bench)
    await until(lambda: len(entries(window)) == 5)
    entry(window, "ml-west").trigger()
    await until(lambda: "ml-west – signed in" in entries(window))
    del cloud.known[WEST.key]
    await hooks(window).desk.read()
    await until(lambda: window.backend == "local")


async def test_a_config_of_the_open_folder_is_offered_in_the_menu(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud, tmp_path: Path
) -> None:
    del cloud.known[EAST.key]
    cloud.config = EAST
    folder = tmp_path / "digits"
    folder.mkdir()
    window = await windows.open(cloud_bench)
    window.open_path(folder)
    await until(lambda: "Connect ml-east (config.json in digits)" in entries(window))
    entry(window, "Connect ml-east").trigger()
    dialog = shown_dialog()
    assert dialog.form.workspace.key == EAST.key
    dialog.reject()


async def test_a_config_that_is_dropped_asks_once_in_place(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud, tmp_path: Path
) -> None:
    del cloud.known[EAST.key]
    cloud.config = EAST
    window = await windows.open(cloud_bench)
    drop(window, tmp_path / "config.json")
    await until(lambda: "Connect the workspace ml-east?" in window.message.heading.text())
    assert not dialogs(), "nothing is done before the person says so"
    connect = next(
        each for each in window.message.findChildren(type(window.title_row.new_job)) if "Connect" in each.text()
    )
    connect.click()
    assert window.message.isHidden()
    dialog = shown_dialog()
    assert dialog.form.lines["name"].text() == "ml-east"
    dialog.reject()


async def test_a_config_that_can_not_be_read_offers_no_other_one(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud, tmp_path: Path
) -> None:
    del cloud.known[EAST.key]
    cloud.config = EAST
    window = await windows.open(cloud_bench)
    drop(window, tmp_path / "config.json")
    await until(lambda: "Connect the workspace ml-east?" in window.message.heading.text())
    cloud.config = None
    drop(window, tmp_path / "config.json")
    await until(lambda: "ml-east" not in window.message.heading.text())
    settle()
    assert not [each.text() for each in window.message.findChildren(QPushButton) if "Connect" in each.text()]


async def test_other_files_are_not_taken(windows: Windows, cloud_bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(cloud_bench)
    assert not drop(window, tmp_path / "job.yml")


async def test_the_status_bar_says_what_waits_and_leads_there(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud
) -> None:
    cloud.outbox = [waiting()]
    window = await windows.open(cloud_bench)
    part = window.status_row._outbox
    await until(part.isVisible)
    assert part.text() == "Offline: 1 job waiting to be sent"
    part.click()
    await until(lambda: window.pages.made("cloud"))
    page = window.pages.made("cloud")
    assert page is not None
    await until(lambda: not running() or page.isVisible())
    assert page.tabs.index == TABS.index("outbox")  # type: ignore[attr-defined]
    cloud.outbox = []
    await hooks(window).desk.read_outbox()
    assert part.isHidden()


async def test_a_config_over_a_text_is_the_window_s_and_other_drops_stay_the_text_s(tmp_path: Path) -> None:
    editor = CodeEditor("job.yml")
    config, words = QMimeData(), QMimeData()
    config.setUrls([QUrl.fromLocalFile(str(tmp_path / "config.json"))])
    words.setText("epochs")
    assert not editor.canInsertFromMimeData(config)
    assert editor.canInsertFromMimeData(words)
    editor.deleteLater()


async def test_a_run_that_can_not_be_seen_makes_the_window_ask_its_workspace(
    windows: Windows, cloud_bench: Workbench, cloud: ToldCloud
) -> None:
    window = await windows.open(cloud_bench)
    await until(lambda: len(entries(window)) == 5)
    entry(window, "ml-east").trigger()
    await until(lambda: "ml-east – signed in" in entries(window))
    cloud.faults["check"] = ToldFault("offline")
    lost = dataclasses.replace(
        snapshot("r-1", RunStatus.UNKNOWN), handle=f"azureml://{EAST.key}/r-1", backend="azureml"
    )
    cloud_bench.store.update([lost])
    for _look in range(5):
        hooks(window).desk._look_at_outbox()
    await until(lambda: "ml-east – offline" in entries(window))
    del cloud.faults["check"]
    for _look in range(5):
        hooks(window).desk._look_at_outbox()
    await until(lambda: "ml-east – signed in" in entries(window))


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_the_window_with_a_workspace_is_sound(windows: Windows, cloud_bench: Workbench, mode: str) -> None:
    from desktop_app.ui.theme import theme_manager

    theme_manager().set_mode(mode)
    window = await windows.open(cloud_bench)
    window.resize(1280, 800)
    window.show_page("cloud")
    page = window.pages.made("cloud")
    await until(lambda: page is not None and page.compute.pane.model.rowCount() == 1)  # type: ignore[attr-defined]
    settle()
    assert_sound(window)


def dialogs() -> list[ConnectDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, ConnectDialog) and each.isVisible()]


def shown_dialog() -> ConnectDialog:
    (found,) = dialogs()
    return found


def drop(window: MainWindow, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, plain = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    over = QDragEnterEvent(QPoint(5, 5), copy, data, left, plain)
    over.ignore()
    QApplication.sendEvent(window, over)
    if over.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), copy, data, left, plain))
    return over.isAccepted()
