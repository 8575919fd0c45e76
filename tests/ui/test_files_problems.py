"""The Problems panel: the whole folder's findings, their filter, the way to the line, and mending all of a kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import Diagnostic, Severity
from desktop_app.documents.checks import FileReport
from desktop_app.places import Places
from desktop_app.presenters.problems import Filter, ProjectProblems
from desktop_app.services.folder_check.check import CheckState
from desktop_app.ui.files.mend_dialog import MendDialog
from desktop_app.ui.files.problem_tree import FIX, ProblemTree
from desktop_app.ui.files.problems_page import ProblemsPanel
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.files_bench import JOB, FilesWindow, click, dialog_of, pane_of, project, quiet, type_at_end, until

BAD = JOB.replace("type: pytorch", "type: horovod")


@pytest.fixture
async def files(tmp_path: Path, places: Places, shell: FakeShell) -> AsyncIterator[FilesWindow]:
    folder = project(tmp_path / "digits")
    (folder / "more").mkdir()
    for name in ("bad.yml", "more/worse.yml"):
        (folder / name).write_text(BAD.replace("code: src", "code: ../src") if "/" in name else BAD)
    made = FilesWindow(places, shell, folder)
    await made.open()
    await until(lambda: made.page.project.state.is_done)
    yield made
    await made.close()


def names(panel: ProblemsPanel) -> list[str]:
    return [each.name for each in panel.model.problems.groups] if panel.model.problems else []


def told(files: FilesWindow) -> tuple[int, int]:
    """Return the errors and warnings that the status bar shows."""
    _, errors, warnings = [each for each in files.shell.calls if each[0] == "set_problems"][-1]
    assert isinstance(errors, int)
    assert isinstance(warnings, int)
    return errors, warnings


def row_with(panel: ProblemsPanel, words: str, file: str = "") -> QModelIndex:
    for top in range(panel.model.rowCount()):
        parent = panel.model.index(top, 0)
        for row in range(panel.model.rowCount(parent)):
            found = panel.model.index(row, 0, parent)
            if words in str(found.data()) and file in str(parent.data()):
                return found
    raise AssertionError(f"no problem {words!r} in {names(panel)}")


async def test_the_whole_folder_is_shown_and_counted(files: FilesWindow) -> None:
    page = files.page
    page.show_problems()
    assert page.problems.isVisible()
    assert names(page.problems) == ["bad.yml", "more/worse.yml"]
    assert page.problems.tree.hasFocus()
    assert not page.pane or not page.pane.problems.isVisible(), "nothing is said twice"
    assert told(files)[0] >= 2
    await quiet()
    assert_sound(page.problems)
    page.problems.closed.emit()
    assert not page.problems.isVisible()


async def test_enter_goes_to_the_line(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    panel.tree.setCurrentIndex(row_with(panel, "horovod", "worse"))
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    await until(lambda: files.page.pane and files.page.pane.file.path.name == "worse.yml")
    await quiet()
    assert pane_of(files.page).editor.place[0] == 9


async def test_typing_is_followed_before_it_is_saved(files: FilesWindow) -> None:
    files.page.show_problems()
    before = told(files)
    type_at_end(pane_of(files.page), "comand: x\n")
    await until(lambda: "job.yml" in names(files.page.problems))
    assert told(files) > before


async def test_a_fix_is_made_in_the_editor_and_can_be_undone(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    found = row_with(panel, "horovod", "bad.yml")
    panel.tree.clicked.emit(found.siblingAtColumn(FIX))
    await until(lambda: files.page.pane and "type: mpi" in files.page.pane.editor.text())
    await until(lambda: not any("horovod" in str(each.diagnostics) for each in _open_reports(files)))
    assert "horovod" in (files.folder / "bad.yml").read_text()
    pane_of(files.page).editor.undo()
    assert pane_of(files.page).editor.text() == BAD


def _open_reports(files: FilesWindow) -> list[FileReport]:
    pane = pane_of(files.page)
    return [FileReport(pane.file.path, pane.kind, pane.editor.problems)]


async def test_all_of_a_kind_are_shown_first_then_mended_and_undone(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    files.page.open_file(files.folder / "bad.yml")
    await until(lambda: files.page.pane and files.page.pane.file.path.name == "bad.yml" and files.page.pane.was_checked)
    panel.tree.setCurrentIndex(row_with(panel, "horovod", "worse"))
    panel.all_asked.emit(panel.model.problem(panel.tree.currentIndex()))
    dialog = await until(lambda: dialog_of(MendDialog))
    assert_sound(dialog)
    assert dialog.view.toPlainText().count("+  type: mpi") == 2
    assert "horovod" in (files.folder / "more" / "worse.yml").read_text()
    dialog.accept()
    await until(panel.message.isVisible)
    worse = (files.folder / "more" / "worse.yml").read_text()
    assert "type: mpi" in worse
    assert "horovod" in (files.folder / "bad.yml").read_text()
    assert "type: mpi" in pane_of(files.page).editor.text()
    await until(lambda: names(panel) == [])
    assert "No problems in 4 files" in panel.empty.text()
    click(panel, "Undo on disk")
    await until(lambda: "more/worse.yml" in names(panel))
    assert "horovod" in (files.folder / "more" / "worse.yml").read_text()
    assert not panel.undo_button.isVisible()


async def test_mending_can_be_undone_after_its_message_is_gone(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    assert not panel.undo_button.isVisible()
    panel.tree.setCurrentIndex(row_with(panel, "horovod", "worse"))
    panel.all_asked.emit(panel.model.problem(panel.tree.currentIndex()))
    dialog = await until(lambda: dialog_of(MendDialog))
    dialog.accept()
    await until(panel.message.isVisible)
    await until(lambda: names(panel) == [])
    panel.message.dismiss()
    panel.undo_button.click()
    await until(lambda: names(panel) == ["bad.yml", "more/worse.yml"])
    assert (files.folder / "bad.yml").read_text() == BAD
    assert not panel.undo_button.isVisible()


async def test_a_fix_for_an_earlier_text_is_not_made(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    index = row_with(panel, "horovod", "bad.yml")
    found = panel.model.problem(index)
    assert found is not None
    other = JOB.replace("type: pytorch", "type: tensorflow")
    (files.folder / "bad.yml").write_text(other)
    panel.fix_asked.emit(files.folder / "bad.yml", found)
    await until(lambda: files.page.pane and files.page.pane.file.path.name == "bad.yml")
    pane = pane_of(files.page)
    await until(lambda: "not there any more" in pane.note.heading.text())
    await quiet()
    assert pane.editor.text() == other


async def test_only_what_changed_on_disk_has_an_open_text_checked_again(files: FilesWindow) -> None:
    pane, again = pane_of(files.page), []
    pane.check_again = lambda: again.append(pane.file.path)  # type: ignore[method-assign]
    report = FileReport(pane.file.path, "commandJob", ())
    files.page.project.take_reports((report,), frozenset())
    assert again == []
    files.page.project.take_reports((report,), frozenset([pane.file.path]))
    assert again == [pane.file.path]


async def test_the_filter(files: FilesWindow) -> None:
    panel = files.page.problems
    files.page.show_problems()
    panel.filter_edit.setText("worse")
    await until(lambda: names(panel) == ["more/worse.yml"])
    panel.filter_edit.setText("nothing is called so")
    await until(lambda: names(panel) == [])
    assert "fits the filter" in panel.empty.text()
    panel.filter_edit.clear()
    panel.severities[Severity.ERROR].click()
    await until(lambda: all(each.severity is not Severity.ERROR for _, each in _shown(panel)))


def _shown(panel: ProblemsPanel) -> list[tuple[str, Diagnostic]]:
    assert panel.model.problems is not None
    return [(group.name, each) for group in panel.model.problems.groups for each in group.problems]


async def test_code_that_comes_back_takes_its_error_with_it(files: FilesWindow) -> None:
    panel = files.page.problems
    (files.folder / "src").rename(files.folder / "away")
    await until(lambda: any("src" in each.message for each in pane_of(files.page).editor.problems))
    (files.folder / "away").rename(files.folder / "src")
    await until(lambda: not any("src" in each.message for each in pane_of(files.page).editor.problems))
    assert "job.yml" not in names(panel)


def many(folder: Path, count: int) -> list[FileReport]:
    found = [
        Diagnostic(Severity.WARNING if line % 3 else Severity.ERROR, "x", f"Say what line {line} is.", "", line, 1)
        for line in range(1, 11)
    ]
    return [FileReport(folder / f"f{number % 50}" / f"{number}.yml", "commandJob", tuple(found))
            for number in range(count)]  # fmt: skip


def test_the_model_keeps_its_word_while_files_come_change_and_go(qapp: QApplication, tmp_path: Path) -> None:
    model = ProblemTree()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    problems = ProjectProblems(tmp_path)
    model.show(problems)
    model.refresh([problems.take(each) for each in many(tmp_path, 30)])
    model.refresh([problems.take(each) for each in many(tmp_path, 40)[::-1]])
    assert [each.key for each in problems.groups] == sorted(each.key for each in problems.groups)
    for number, each in enumerate(many(tmp_path, 40)):
        model.refresh([problems.take(FileReport(each.path, each.kind, each.diagnostics[: number % 4]))])
    assert problems.counts.all == sum(number % 4 for number in range(40))
    model.set_filter(Filter("", frozenset({Severity.WARNING})))
    assert {str(each.severity) for group in problems.groups for each in group.problems} == {"warning"}
    assert [model.rowCount(model.index(row, 0)) for row in range(model.rowCount())] == [
        len(each.problems) for each in problems.groups
    ]
    for each in many(tmp_path, 40):
        assert each.path is not None
        model.refresh([problems.forget(each.path)])
    assert model.rowCount() == 0
    del tester


def test_ten_thousand_problems_scroll(qapp: QApplication, tmp_path: Path) -> None:
    panel, problems = ProblemsPanel(), ProjectProblems(tmp_path)
    panel.resize(900, 300)
    panel.show()
    panel.show_folder(problems)
    reports = many(tmp_path, 1000)
    for first in range(0, 1000, 100):
        panel.refresh([problems.take(each) for each in reports[first : first + 100]])
        qapp.processEvents()
    panel.show_state(CheckState(1000, 0, True), problems.counts)
    bar = panel.tree.verticalScrollBar()
    assert bar.maximum() > 10_000, "every row has its room"
    slowest = 0.0
    for step in range(40):
        started = time.perf_counter()
        bar.setValue(bar.maximum() * step // 40)
        qapp.processEvents()
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.5, "an order above what it takes on a quiet machine"
    panel.close()
    panel.deleteLater()


async def test_a_folder_of_fifty_thousand_files_opens_without_a_hang(
    places: Places, shell: FakeShell, tmp_path: Path
) -> None:
    folder = project(tmp_path / "many")
    (folder / "images").mkdir()
    for number in range(50_000):
        (folder / "images" / str(number)).touch()
    (folder / "images" / "last.yml").write_text(BAD)
    made = FilesWindow(places, shell, folder)
    slowest, at = 0.0, time.perf_counter()
    made.page.open_folder(folder)
    while not made.page.project.state.is_done:
        await asyncio.sleep(0.001)
        slowest, at = max(slowest, time.perf_counter() - at), time.perf_counter()
    assert "images/last.yml" in names(made.page.problems)
    await made.page.tree.model.load(folder / "images" / "last.yml")
    assert slowest < 1.0
    await made.close()


@pytest.mark.parametrize("name", ["latin.yml", "nul.yml", "huge.yml", "job2.yml", "gone.yml"])
async def test_what_can_not_be_shown_is_said_above_the_texts(files: FilesWindow, name: str) -> None:
    folder = files.folder
    (folder / "latin.yml").write_bytes(JOB.encode() + b"description: caf\xe9\n")
    (folder / "nul.yml").write_bytes(JOB.encode() + b"\0")
    with (folder / "huge.yml").open("wb") as file:
        file.truncate(100_000_000)
    (folder / "job2.yml").mkdir()
    before = (folder / name).read_bytes() if (folder / name).is_file() and name != "huge.yml" else b""
    files.page.open_file(folder / name)
    await until(files.page.editors.message.isVisible)
    await quiet()
    assert len(files.page.editors.panes) == 1
    if before:
        assert (folder / name).read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 10_000 + "]" * 10_000, "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x]",
     *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])],
    ids=["deep", "bomb"],
)  # fmt: skip
async def test_a_text_made_to_break_readers_is_shown_and_told_of(files: FilesWindow, text: str) -> None:
    (files.folder / "odd.yml").write_text(JOB + text + "\n")
    files.page.open_file(files.folder / "odd.yml")
    await until(lambda: files.page.pane and files.page.pane.file.path.name == "odd.yml")
    slowest, at = 0.0, time.perf_counter()
    while not pane_of(files.page).was_checked:
        await asyncio.sleep(0.001)
        slowest, at = max(slowest, time.perf_counter() - at), time.perf_counter()
    await quiet()
    assert pane_of(files.page).editor.problems
    assert pane_of(files.page).editor.text() == JOB + text + "\n"
    assert slowest < 1.0
