"""What is being typed in the form counts as soon as anything asks for the text: running, closing, saving, checking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMessageBox

from desktop_app.places import Places
from desktop_app.ui.files.upload_preview import UploadPreviewDialog
from desktop_app.ui.plan_review import PlanReview
from tests.helpers.fake_shell import FakeShell
from tests.ui.files_bench import JOB, FilesWindow, click, dialog_of, pane_of, project, quiet, until
from tests.ui.test_files_form import form_of, line

CHANGED = JOB.replace("code: src", "code: lib")


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    (made.folder / "lib").mkdir()
    (made.folder / "lib" / "train.py").write_text("import argparse\n")
    made.page.resize(1400, 800)
    await made.open()
    yield made
    await made.close()


async def typed(files: FilesWindow, text: str = "lib") -> QLineEdit:
    """Type another code folder in the form, and leave the keyboard there."""
    found = line(await form_of(pane_of(files.page)), "code")
    found.setFocus()
    found.selectAll()
    if text:
        QTest.keyClicks(found, text)
    else:
        QTest.keyClick(found, Qt.Key.Key_Delete)
    assert not pane_of(files.page).is_modified, "the pause after typing is not over"
    return found


async def test_what_runs_is_what_the_form_shows(files: FilesWindow) -> None:
    await typed(files)
    files.page.run_current()
    review = await until(lambda: dialog_of(PlanReview))
    assert files.backend.planned[-1].job.code == "lib"
    assert (files.folder / "job.yml").read_text() == CHANGED
    review.reject()


async def test_closing_a_tab_asks_about_what_is_being_typed(files: FilesWindow) -> None:
    await typed(files)
    closing = asyncio.create_task(files.page.editors.close_tab(0))
    question = await until(lambda: dialog_of(QMessageBox))
    click(question, "Save")
    assert await closing
    assert (files.folder / "job.yml").read_text() == CHANGED


async def test_a_form_that_is_discarded_asks_for_nothing_more(files: FilesWindow) -> None:
    await typed(files)
    closing = asyncio.create_task(files.page.editors.close_tab(0))
    question = await until(lambda: dialog_of(QMessageBox))
    click(question, "Discard")
    assert await closing
    await quiet()
    assert (files.folder / "job.yml").read_text() == JOB


async def test_a_field_that_goes_with_its_tab_asks_for_nothing_more(files: FilesWindow) -> None:
    await typed(files)
    link = pane_of(files.page).views.link
    files.page.editors.close_all()
    link.refill()
    await quiet()
    assert (files.folder / "job.yml").read_text() == JOB


async def test_saving_all_takes_the_form_along(files: FilesWindow) -> None:
    await typed(files)
    assert await files.page.editors.save_all()
    assert (files.folder / "job.yml").read_text() == CHANGED


async def test_a_field_that_was_cleared_counts(files: FilesWindow) -> None:
    await typed(files, "")
    assert await files.page.editors.save_all()
    assert "code" not in (files.folder / "job.yml").read_text()


async def test_validating_sees_what_is_being_typed(files: FilesWindow) -> None:
    await typed(files, "nowhere")
    files.page.editors.validate()
    await until(lambda: any(each.code == "missing-code" for each in pane_of(files.page).editor.problems))
    assert "code: nowhere" in pane_of(files.page).editor.text()


async def test_the_upload_preview_shows_what_is_being_typed(files: FilesWindow) -> None:
    await typed(files)
    files.page.editors.preview_upload()
    dialog = await until(lambda: dialog_of(UploadPreviewDialog))
    assert pane_of(files.page).editor.text() == CHANGED
    await quiet()
    dialog.reject()


async def test_deleting_a_file_keeps_the_tab_that_is_being_typed_in(files: FilesWindow) -> None:
    await typed(files)
    (files.folder / "job.yml").unlink()
    files.page.tree.deleted.emit(files.folder / "job.yml")
    await quiet()
    assert pane_of(files.page).editor.text() == CHANGED


async def test_the_window_closes_with_what_is_being_typed_as_a_draft(files: FilesWindow) -> None:
    await typed(files)
    await files.reopen()
    assert pane_of(files.page).editor.text() == CHANGED
    assert (files.folder / "job.yml").read_text() == JOB


async def test_a_kill_loses_no_more_of_the_form_than_of_the_text(files: FilesWindow) -> None:
    found = await typed(files, "")
    name = line(await form_of(pane_of(files.page)), "inputs.lr", name=True)
    drafts = files.page.editors.drafts
    kept = await until(lambda: drafts.all()[0].data["text"] if drafts.all() else None)
    assert kept == JOB.replace("code: src\n", "")
    assert not pane_of(files.page).is_modified
    assert found.hasFocus()
    assert found.text() == "", "whoever types goes on"
    QTest.keyClicks(found, "src")
    name.setFocus()
    name.selectAll()
    QTest.keyClicks(name, "rate")
    await until(lambda: drafts.all() and "  rate: 0.001" in str(drafts.all()[0].data["text"]))
    assert pane_of(files.page).editor.text() == JOB
    name.selectAll()
    QTest.keyClicks(name, "lr")
    await until(lambda: not drafts.all(), what="nothing is unsaved any more")
