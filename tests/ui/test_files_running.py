"""From a job file on the Files page to a run: saved, planned, reviewed, submitted."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.places import Places
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.widgets import ElidedLabel
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import JOB, FilesWindow, dialog_of, opened, pane_of, project, quiet, type_at_end, until


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    await made.open()
    yield made
    await made.close()


async def test_run_saves_plans_reviews_and_submits_that_very_plan(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    files.shell.actions["run.here"].trigger()
    review = await until(lambda: dialog_of(PlanReview))
    assert (files.folder / "job.yml").read_text() == JOB + "# mine\n"
    assert review.place.text().endswith("saved just now")
    assert review.processes.rowCount() == 2
    assert review.run_button.isEnabled()
    QTest.keyClick(review, Qt.Key.Key_Return)
    await until(lambda: files.backend.submitted)
    await quiet()
    assert files.backend.submitted[0] is review.plan
    assert ("show_run", "local://r-1") in files.shell.calls


async def test_a_job_that_can_not_be_planned_is_marked_in_place(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.change_to("code: src\ncommand: [1\n")
    await pane.check()
    files.page.run_file(pane.file.path)
    await until(pane.note.isVisible)
    await quiet()
    assert dialog_of(PlanReview) is None
    assert pane.editor.problems
    assert files.backend.planned == []


async def test_what_the_backend_refuses_is_said_in_place(files: FilesWindow) -> None:
    files.backend.refuses = UserError("No port is free.", hint="End another run.")
    files.page.run_file(files.folder / "job.yml")
    pane = pane_of(files.page)
    await until(pane.note.isVisible)
    assert pane.note.heading.text() == "No port is free."
    await quiet()
    assert files.page.editors.run_button.text() == "Run here"


async def test_what_can_not_be_run_says_why(files: FilesWindow) -> None:
    await opened(files, "conda.yml")
    files.shell.actions["run.here"].trigger()
    assert "Conda environment" in files.page.editors.message.heading.text()


async def test_what_can_not_be_run_names_the_job_to_run(files: FilesWindow) -> None:
    await opened(files, "src/train.py")
    files.shell.actions["run.here"].trigger()
    message = files.page.editors.message
    await until(lambda: message.hint.text() == "Open job.yml and run that.")
    assert message.heading.text().startswith("train.py is of the kind “Python”")
    offered = [each for each in message.findChildren(QPushButton) if each.text() == "Run job.yml"]
    offered[0].click()
    assert ("run_file", files.folder / "job.yml") in files.shell.calls
    assert not message.isVisible()
    await quiet()


async def test_a_job_that_is_saved_and_can_not_be_planned_says_both(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    files.backend.refuses = UserError("No port is free.", hint="End another run.")
    type_at_end(pane, "# mine\n")
    files.shell.actions["run.here"].trigger()
    await until(pane.note.isVisible)
    await quiet()
    assert pane.note.hint.text() == "End another run. job.yml was saved before planning."
    files.page.run_file(pane.file.path)
    await quiet()
    assert pane.note.hint.text() == "End another run."


async def test_errors_of_the_plan_keep_it_from_running(files: FilesWindow) -> None:
    files.backend.findings = [
        Diagnostic(Severity.ERROR, "x", "It can't.", "code", 3, 1, 3, 4),
        Diagnostic(Severity.WARNING, "y", "It is slow."),
    ]
    files.page.run_file(files.folder / "job.yml")
    review = await until(lambda: dialog_of(PlanReview))
    assert not review.run_button.isEnabled()
    assert "stands in the way" in review.state.text()
    review.submit()
    assert_sound(review)
    QTest.keyClick(review, Qt.Key.Key_Escape)
    await quiet()
    assert files.backend.submitted == []
    assert [each.line for each in pane_of(files.page).editor.problems] == [3]


async def test_a_run_that_is_being_started_can_be_cancelled(files: FilesWindow) -> None:
    files.backend.go.clear()
    files.page.run_file(files.folder / "job.yml")
    review = await until(lambda: dialog_of(PlanReview))
    review.submit()
    await until(lambda: review.state.text() == "Copying files")
    assert review.progress.isVisible()
    review.reject()
    await quiet()
    assert review.isVisible()
    assert review.run_button.isEnabled()
    assert files.backend.submitted == []
    review.reject()


async def test_the_row_and_the_cell_of_a_rank_are_chosen_together(files: FilesWindow) -> None:
    files.page.run_file(files.folder / "job.yml")
    review = await until(lambda: dialog_of(PlanReview))
    assert (review.process_table.currentIndex().row(), review.picture.picked) == (0, 0)
    review.process_table.selectRow(1)
    assert review.picture.picked == 1
    review.picture.pick(0)
    assert review.process_table.currentIndex().row() == 0
    review.reject()
    await quiet()


async def test_a_sentence_among_the_facts_wraps(files: FilesWindow) -> None:
    files.page.run_file(files.folder / "job.yml")
    review = await until(lambda: dialog_of(PlanReview))
    fact = "the others are ended after 5 s, and killed 5 s later"
    review.show_plan(dataclasses.replace(review.plan, facts=(("When a rank fails", fact), ("Python", "/a" * 60))))
    review.resize(560, 420)
    settle()
    found = {each.text(): each for each in review.findChildren(QLabel)}
    assert found[fact].wordWrap()
    assert isinstance(found["/a" * 60], ElidedLabel)
    wrapped = [each for each in found.values() if each.wordWrap() and each.isVisible()]
    assert not [each.text() for each in wrapped if each.height() < each.heightForWidth(each.width())]
    assert review.picture.height() >= review.picture.minimumSizeHint().height()
    assert review.run_button.geometry().bottom() < review.height()
    review.reject()
    await quiet()


async def test_a_folder_that_opens_gives_the_keyboard_to_its_file(files: FilesWindow) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    assert pane_of(files.page).isAncestorOf(focus)


async def test_picking_a_rank_shows_its_variables(files: FilesWindow) -> None:
    files.page.run_file(files.folder / "job.yml")
    review = await until(lambda: dialog_of(PlanReview))
    testers = [QAbstractItemModelTester(each) for each in (review.processes, review.variables, review.files)]
    review.picture.pick(1)
    cells = [review.variables.index(0, column).data() for column in range(3)]
    assert cells == ["RANK", "1", "rank 1"]
    assert_sound(review)
    review.reject()
    await quiet()
    del testers
