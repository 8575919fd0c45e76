"""A colleague's bundle in the window: from the command line, dropped, and from the menu; its page says whose it is."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.services.run_bundle import bundle_run
from desktop_app.services.run_open import open_bundle
from desktop_app.services.run_staging import Taking
from desktop_app.services.workbench import Workbench
from desktop_app.ui.runs.bundles import BundleHooks
from tests.helpers.run_folders import fail, make_run, train
from tests.ui.audit import assert_sound
from tests.ui.files_bench import dialog_of
from tests.ui.files_bench import until as found
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import Windows, stand_in, until

__all__ = ["runs_bench"]
NAME = "r-20261121-7f3k"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A failed run's bundle, from another home."""
    made = make_run(tmp_path / "sender" / "runs", NAME, RunStatus.COMPLETED, nodes=2)
    train(made, 40)
    bundle_run(fail(made, 3).snapshot, tmp_path / "sent.zip")
    return tmp_path / "sent.zip"


@pytest.fixture
async def windows(places: Places) -> AsyncIterator[Windows]:
    """Makes windows."""
    made = Windows(places)
    yield made
    await made.close()


async def test_its_page_is_like_any_and_says_whose_it_is(runs_bench: RunsBench, bundle: Path) -> None:
    opened = open_bundle(bundle, runs_bench.places.runs)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(opened.handle)
    page = runs_bench.page.run_page
    assert page is not None
    await until(lambda: page.logs.view.page.rows)
    header = page.header
    assert header.origin.isVisible()
    assert header.origin.width() >= header.origin.fontMetrics().horizontalAdvance("from a bundle")
    assert header.origin.text() == f"from a bundle: {opened.origin}"
    assert not any(each.isVisible() for each in (header.cancel, header.again, header.download, header.export))
    menu = header.menu()
    texts = {each.text(): each.isEnabled() for each in menu.actions()}
    menu.deleteLater()
    assert texts["&Remove…"]
    assert "Fault &drill" not in texts
    host = opened.origin.rpartition(", ")[0]
    assert runs_bench.page.list.model.where(runs_bench.workbench.store.runs[opened.handle]) == f"Bundle: {host}"
    own = await runs_bench.add_failed("r-own")
    runs_bench.page.show_run(own.snapshot.handle)
    assert not header.origin.isVisible()
    assert header.again.isVisible()
    await quiet()


async def test_it_opens_from_the_command_line_once(windows: Windows, workbench: Workbench, bundle: Path) -> None:
    window = await windows.open(workbench)
    window.open_path(bundle)
    runs = stand_in(window, "runs")
    await until(lambda: runs.asked == [("show_run", f"local://{NAME}")])
    assert workbench.store.runs[f"local://{NAME}"].from_bundle
    window.open_path(bundle)
    await until(window.message.isVisible)
    assert window.message.heading.text() == f"sent.zip can't be opened: a run {NAME} is here already."


async def test_it_opens_where_it_is_dropped(windows: Windows, workbench: Workbench, bundle: Path) -> None:
    window = await windows.open(workbench)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(bundle))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, data, left, none))
    await until(lambda: f"local://{NAME}" in workbench.store.runs)


async def test_it_opens_from_the_menu(windows: Windows, workbench: Workbench, bundle: Path) -> None:
    window = await windows.open(workbench)
    window.actions_by_name["runs.open_bundle"].trigger()
    box = await found(lambda: dialog_of(QFileDialog))
    box.fileSelected.emit(str(bundle))
    box.close()
    await until(lambda: f"local://{NAME}" in workbench.store.runs)


async def test_a_zip_of_logs_opens_as_logs_and_what_was_cut_off_is_said(
    windows: Windows, workbench: Workbench, bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "sent logs.zip", "w") as archive:
        archive.writestr("job/rank0.log", "ValueError: bad sample 17\n")
    window = await windows.open(workbench)
    window.open_path(tmp_path / "sent logs.zip")
    await until(lambda: workbench.store.runs)
    (run,) = workbench.store.runs.values()
    assert (run.display_name, len(run.ranks)) == ("sent logs.zip", 1)
    (tmp_path / "cut.zip").write_bytes(bundle.read_bytes()[:2_000])
    window.open_path(tmp_path / "cut.zip")
    await until(window.message.isVisible)
    assert window.message.heading.text().startswith(
        "cut.zip can't be opened: it is no zip file, or its end was cut off"
    )


async def test_a_zip_that_is_none_opens_as_any_file(windows: Windows, workbench: Workbench, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("x", "y")
    window = await windows.open(workbench)
    window.open_path(tmp_path / "data.zip")
    files = stand_in(window, "files")
    await until(lambda: ("open_file", tmp_path / "data.zip", None) in files.asked)
    assert not workbench.store.runs


async def test_what_takes_long_says_how_far_it_is_and_its_cancel_leaves_nothing(
    windows: Windows, workbench: Workbench, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = await windows.open(workbench)
    session = window.findChild(BundleHooks)
    assert session is not None
    strip, reached, may_go_on = session.strip, threading.Event(), threading.Event()
    begin = Taking.begin

    def held(taking: Taking, what: str, total: int = 0) -> None:
        begin(taking, what, total)
        if total:
            reached.set()
            may_go_on.wait(30)

    monkeypatch.setattr(Taking, "begin", held)
    assert not strip.isVisible()
    window.open_path(bundle)
    await until(lambda: strip.isVisible() and reached.is_set())
    await until(lambda: strip.line.text.text().startswith("Unpacking sent.zip: 0 B of"))
    assert strip.line.bar.maximum() > 0
    assert_sound(strip)
    window.open_path(bundle)
    await until(window.message.isVisible)
    assert window.message.heading.text() == "Something else is being opened."
    strip.cancel_button.click()
    may_go_on.set()
    await until(lambda: not strip.isVisible())
    assert list(workbench.places.runs.iterdir()) == []
    assert not workbench.store.runs
