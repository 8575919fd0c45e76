"""How one comes to an export: a drop, the keys, a run's outputs, the tree of files, and an ONNX file that is opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton

from desktop_app.api import RunSnapshot, RunStatus, UserError
from desktop_app.presenters.models.export import Source
from desktop_app.presenters.models.sources import models_in, source_in_run
from desktop_app.services.workbench import Workbench
from desktop_app.ui.closing import may_close
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.outputs_tab import OutputsTab
from tests.helpers.fake_shell import FakeShell
from tests.helpers.snapshots import snapshot
from tests.helpers.told_exports import ToldExports, report, torch_offer
from tests.ui.conftest import settle
from tests.ui.windows import Windows, until

TITLE = snapshot("r-1", RunStatus.COMPLETED).display_name
NET = "def build(): ...\n"


@pytest.fixture
async def window(windows: Windows, bench: Workbench) -> MainWindow:
    cast("ToldExports", bench.exports).offers = [torch_offer()]
    return await windows.open(bench)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """What a run on this machine left: a script, a checkpoint and notes."""
    code = tmp_path / "run" / "code"
    (code / "outputs").mkdir(parents=True)
    (code / "train.py").write_text(NET)
    (code / "outputs" / "notes.txt").write_text("fine")
    return code.parent


def model_in(code: Path, name: str = "model.safetensors") -> Path:
    """Write weights of one number, which are told by what is in them."""
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    path = code / "outputs" / name
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0\0\0")
    return path


def run_at(folder: Path) -> RunSnapshot:
    """Return a run that is over."""
    return replace(snapshot("r-1", RunStatus.COMPLETED), folder=str(folder))


def models_page(window: MainWindow) -> ModelsPage:
    return cast("ModelsPage", window.pages.made("models"))


def models_count(window: MainWindow) -> int:
    """Return what stands beside the word Models at the left."""
    names = [each.accessibleName() for each in window.navigation.findChildren(QPushButton)]
    return int(next(each for each in names if each.startswith("Models")).partition(", ")[2] or 0)


def drop(window: MainWindow, path: Path) -> bool:
    """Drag a file onto the window and let it go; whether it was taken."""
    data, copy = QMimeData(), Qt.DropAction.CopyAction
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(QPointF(5, 5), copy, data, left, none)
    QApplication.sendEvent(window, event)
    return enter.isAccepted()


async def test_a_model_that_is_dropped_is_shown_ready_to_export(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(NET)
    assert drop(window, file)
    await until(
        lambda: window.pages.made("models") is not None and models_page(window).export_page.draft.model is not None
    )
    page = models_page(window)
    assert page.currentWidget() is page.export_page
    assert page.export_page.draft.source == Source(file, "build", tmp_path)
    assert not drop(window, tmp_path / "job.yml")


async def test_the_window_tells_of_an_export_that_goes_on_and_asks_before_it_closes(
    window: MainWindow, bench: Workbench, tmp_path: Path
) -> None:
    exports = cast("ToldExports", bench.exports)
    file = tmp_path / "net.py"
    file.write_text(NET)
    drop(window, file)
    await until(lambda: window.pages.made("models") is not None)
    page = models_page(window)
    await until(lambda: page.export_page.draft.model is not None)
    exports.gate.clear()
    page.export_page.export()
    await until(lambda: bool(exports.orders))
    names = [each.accessibleName() for each in window.status_row.findChildren(QPushButton) if each.isVisible()]
    assert "Exporting net.py" in names
    window.close_reason = "SIGTERM"
    assert await may_close(window)  # a machine that goes down waits for nobody
    window.close_reason = "Quit"
    for answer, closes in (("Keep the window open", False), ("Give the export up and close", True)):
        asking = asyncio.create_task(may_close(window))
        await until(lambda: window.findChildren(QMessageBox))
        box = window.findChildren(QMessageBox)[0]
        next(each for each in box.buttons() if each.accessibleName() == answer).click()
        assert await asking is closes
        await until(lambda: not window.findChildren(QMessageBox))
    exports.gate.set()
    await until(lambda: not page.exporting.is_busy)
    names = [each.accessibleName() for each in window.status_row.findChildren(QPushButton) if each.isVisible()]
    assert "Exporting net.py" not in names
    assert await may_close(window)


async def test_what_is_dropped_and_no_model_is_said_to_be_none(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "weights.pt"
    file.write_bytes(b"")
    drop(window, file)
    await until(window.message.isVisible)
    assert "weights.pt" in window.message.heading.text()


async def test_the_keys_and_the_menu_lead_to_an_export(window: MainWindow) -> None:
    action = window.actions_by_name["models.export"]
    assert action in window.actions_by_name.menus["file"].actions()
    window.activateWindow()
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_X, modifiers)
    await until(
        lambda: (
            window.pages.made("models") is not None
            and models_page(window).currentWidget() is models_page(window).export_page
        )
    )


async def test_an_onnx_file_that_is_opened_shows_its_graph_or_why_not(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"\x08\x0anothing")
    window.open_path(file)
    await until(lambda: window.pages.made("models") is not None and models_page(window).graph_page is not None)
    page = models_page(window).graph_page
    assert page is not None
    assert page.title.text() == "broken.onnx"
    page.back.emit()
    assert models_page(window).currentWidget() is models_page(window).list


async def test_an_export_that_ends_unseen_is_told_and_leads_to_its_report(
    window: MainWindow, bench: Workbench, tmp_path: Path
) -> None:
    exports = cast("ToldExports", bench.exports)
    exports.ends_with = report()
    file = tmp_path / "net.py"
    file.write_text(NET)
    drop(window, file)
    await until(
        lambda: window.pages.made("models") is not None and models_page(window).export_page.draft.model is not None
    )
    exports.gate.clear()
    models_page(window).export_page.export()
    await until(lambda: bool(exports.orders))
    window.show_page("plugins")
    assert models_count(window) == 1
    exports.gate.set()
    await until(window.message.isVisible)
    assert window.message.heading.text() == "Pass: the export of digits.pt is over."
    assert models_count(window) == 0


def test_models_of_a_run_come_with_its_code_and_scripts(run_folder: Path) -> None:
    run = run_at(run_folder)
    model = model_in(run_folder / "code")
    assert models_in(run) == [Source(model, "", run_folder / "code", ("train.py",), "r-1", TITLE)]
    assert source_in_run(run, model).scripts == ("train.py",)


@pytest.fixture
async def outputs(bench: Workbench, shell: FakeShell, run_folder: Path) -> AsyncIterator[OutputsTab]:
    deeds = RunActions(bench, shell, shell._owner)
    made = OutputsTab(deeds, shell)
    made.show_run(run_at(run_folder))
    yield made
    for each in (made.tools, made, deeds):
        each.deleteLater()
    settle()


async def test_a_file_of_a_run_s_outputs_is_exported_from_its_menu(
    outputs: OutputsTab, shell: FakeShell, run_folder: Path
) -> None:
    model = model_in(run_folder / "code")
    menu = outputs.menu_for(model, is_folder=False)
    next(each for each in menu.actions() if "ONNX" in each.text()).trigger()
    menu.deleteLater()
    await until(lambda: shell.calls)
    assert shell.calls == [("export_model", Source(model, "", run_folder / "code", ("train.py",), "r-1", TITLE))]


async def test_a_run_offers_its_model_or_a_choice_of_them_or_says_how_to_come_to_one(
    bench: Workbench, shell: FakeShell, run_folder: Path, outputs: OutputsTab
) -> None:
    run, failed = run_at(run_folder), list[UserError]()
    deeds = RunActions(bench, shell, shell._owner)
    deeds.failed.connect(failed.append)
    deeds.export(run)
    await until(lambda: failed)
    assert "left no model" in failed[0].message
    model_in(run_folder / "code")
    deeds.export(run)
    await until(lambda: shell.calls)
    model_in(run_folder / "code", "second.safetensors")
    deeds.export(run)
    await until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = cast("QMenu", QApplication.activePopupWidget())
    assert sorted(each.text() for each in menu.actions()) == ["model.safetensors", "second.safetensors"]
    menu.close()
    deeds.deleteLater()
