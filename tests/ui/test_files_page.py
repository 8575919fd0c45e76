"""The Files page: edit, save, notice others, keep drafts, mend, run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.wizard.dialog import WizardDialog
from tests.helpers.fake_shell import FakeShell
from tests.helpers.rights import obeying_modes
from tests.ui.audit import assert_sound
from tests.ui.files_bench import JOB, FilesWindow, click, dialog_of, opened, pane_of, project, quiet, type_at_end, until


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    await made.open()
    yield made
    await made.close()


async def test_a_project_opens_with_its_job(files: FilesWindow) -> None:
    page = files.page
    assert pane_of(page).file.path == files.folder / "job.yml"
    assert pane_of(page).kind == "commandJob"
    assert page.editors.run_button.isEnabled()
    assert pane_of(page).editor.problems == ()
    assert ("set_problems", 0, 0) in files.shell.calls
    entry = page.tree.model.entry(page.tree.tree.currentIndex())
    assert entry is not None
    assert entry.name == "job.yml"


async def test_a_file_that_is_asked_for_with_its_folder_is_the_one_shown(files: FilesWindow, tmp_path: Path) -> None:
    page, other = files.page, project(tmp_path / "letters")
    sweep = other / "job-sweep.yml"
    sweep.write_text(JOB)
    page.open_folder(other)
    page.open_folder(other)
    page.open_file(sweep)
    await until(lambda: len(page.editors.panes) == 2)
    await quiet()
    assert pane_of(page).file.path == sweep
    assert [each.file.path for each in page.editors.panes] == [other / "job.yml", sweep]


async def test_editing_marks_the_tab_and_saving_keeps_every_other_byte(files: FilesWindow) -> None:
    path = files.folder / "job.yml"
    path.write_bytes(b"\xef\xbb\xbf" + JOB.replace("\n", "\r\n").encode())
    pane = pane_of(files.page)
    await until(lambda: not pane.editor.problems)
    await pane.look_at_disk()
    type_at_end(pane, "# end\n")
    assert files.page.editors.tabs.tabText(0) == "job.yml ●"
    files.shell.actions["files.save"].trigger()
    await until(lambda: not pane.is_modified)
    assert path.read_bytes() == b"\xef\xbb\xbf" + (JOB + "# end\n").replace("\n", "\r\n").encode()
    assert files.page.editors.tabs.tabText(0) == "job.yml"


async def test_typing_is_checked_and_a_fix_is_one_click(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    tester = QAbstractItemModelTester(pane.problems.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    pane.editor.change_to(JOB.replace("process_count", "proces_count"))
    await until(pane.problems.isVisible)
    await quiet()
    (found,) = [each for each in pane.editor.problems if each.fix]
    assert found.line == 10
    assert files.shell.calls[-1] == ("set_problems", 1, 0)
    row = pane.editor.problems.index(found)
    assert pane.problems.model.index(row, 2).data() == found.fix.title if found.fix else False
    pane.problems.table.setCurrentIndex(pane.problems.model.index(row, 0))
    QTest.keyClick(pane.problems.table, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    pane.problems.fix_asked.emit(found)
    await until(lambda: not pane.problems.isVisible())
    await quiet()
    assert pane.editor.text() == JOB
    pane.editor.undo()
    assert "proces_count" in pane.editor.text()
    pane.editor.redo()
    del tester


async def test_going_from_problem_to_problem(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.change_to(JOB.replace("process_count", "proces_count").replace("code: src", "code: gone"))
    await until(lambda: len(pane.editor.problems) >= 2)
    await quiet()
    pane.editor.go_to(1)
    lines = [each.line for each in pane.editor.problems]
    seen = []
    for _ in range(len(lines) + 1):
        pane.step_problem(1)
        seen.append(pane.editor.place[0])
    assert seen == [*lines, lines[0]]
    pane.step_problem(-1)
    assert pane.editor.place[0] == lines[-1]


async def test_validate_says_also_that_nothing_is_wrong(files: FilesWindow) -> None:
    click(files.page, "Validate")
    pane = pane_of(files.page)
    await until(pane.note.isVisible)
    assert pane.note.heading.text() == "job.yml: nothing is wrong."


async def test_a_script_is_checked_too(files: FilesWindow) -> None:
    pane = await opened(files, "src/train.py")
    assert pane.kind == "python"
    assert not files.page.editors.run_button.isEnabled()
    assert "only command jobs" in files.page.editors.run_button.toolTip()
    pane.editor.go_to(3)
    pane.editor.insertPlainText("def f(:\n")
    await until(lambda: pane.editor.problems_at(3))
    await quiet()
    assert "Python can't read this" in pane.editor.problems_at(3)[0].message


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("model.bin", b"a\0b", "no text"),
        ("old.yml", "ä: 1".encode("latin-1"), "UTF-8"),
        ("gone.yml", None, "not there"),
    ],
)
async def test_what_is_no_text_is_not_opened_and_said_why(
    files: FilesWindow, name: str, data: bytes | None, why: str
) -> None:
    if data is not None:
        (files.folder / name).write_bytes(data)
    files.page.open_file(files.folder / name)
    await until(files.page.editors.message.isVisible)
    assert why in files.page.editors.message.heading.text()
    assert len(files.page.editors.panes) == 1


# ----- other programs


async def test_a_change_from_outside_is_taken_where_nothing_is_unsaved(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.go_to(4, 3)
    (files.folder / "job.yml").write_text(JOB.replace("0.001", "0.5"))
    await until(lambda: "0.5" in pane.editor.text())
    await quiet()
    assert not pane.is_modified
    assert pane.editor.place == (4, 3)


async def test_a_change_from_outside_never_costs_unsaved_text(files: FilesWindow) -> None:
    pane, path = pane_of(files.page), files.folder / "job.yml"
    type_at_end(pane, "# mine\n")
    path.write_text(JOB + "# other\n")
    await until(pane.disk_bar.isVisible)
    assert not await pane.save()
    assert path.read_text() == JOB + "# other\n"
    assert pane.editor.text() == JOB + "# mine\n"
    click(pane, "Keep mine")
    await until(lambda: path.read_text() == JOB + "# mine\n")
    await quiet()
    assert not pane.disk_bar.isVisible()
    assert not pane.is_modified


async def test_reloading_takes_the_other_text_and_can_be_undone(files: FilesWindow) -> None:
    pane, path = pane_of(files.page), files.folder / "job.yml"
    type_at_end(pane, "# mine\n")
    path.write_text(JOB + "# other\n")
    await until(pane.disk_bar.isVisible)
    click(pane, "Take theirs")
    await until(lambda: not pane.is_modified)
    await quiet()
    assert pane.editor.text() == JOB + "# other\n"
    pane.editor.undo()
    assert pane.editor.text() == JOB + "# mine\n"


async def test_a_file_replaced_as_a_whole_is_still_followed(files: FilesWindow) -> None:
    pane, path = pane_of(files.page), files.folder / "job.yml"
    for number in ("0.2", "0.3"):
        other = files.folder / "other.tmp"
        wanted = JOB.replace("0.001", number)
        other.write_text(wanted)
        other.replace(path)
        await until(partial(shows, pane, wanted))
        await quiet()


def shows(pane: EditorPane, text: str) -> bool:
    return pane.editor.text() == text


async def test_a_file_deleted_outside_can_be_saved_again(files: FilesWindow) -> None:
    pane, path = pane_of(files.page), files.folder / "job.yml"
    path.unlink()
    await until(pane.disk_bar.isVisible)
    assert pane.is_modified
    click(pane, "Save it again")
    await until(path.exists)
    await quiet()
    assert path.read_text() == JOB
    assert not pane.disk_bar.isVisible()


async def test_a_file_deleted_outside_can_be_let_go(files: FilesWindow) -> None:
    await opened(files, "conda.yml")
    (files.folder / "conda.yml").unlink()
    await until(pane_of(files.page).disk_bar.isVisible)
    click(pane_of(files.page), "Close it")
    await until(lambda: len(files.page.editors.panes) == 1)


async def test_a_tab_follows_a_renamed_folder_with_its_unsaved_text(files: FilesWindow) -> None:
    pane = await opened(files, "src/train.py")
    type_at_end(pane, "# mine\n")
    (files.folder / "src").rename(files.folder / "code")
    files.page.tree.renamed.emit(files.folder / "src", files.folder / "code")
    await quiet()
    assert pane.file.path == files.folder / "code" / "train.py"
    assert await pane.save()
    assert (files.folder / "code" / "train.py").read_text().endswith("# mine\n")


async def test_a_read_only_file_says_so_before_one_types(files: FilesWindow) -> None:
    (files.folder / "conda.yml").chmod(0o400)
    with obeying_modes():
        pane = await opened(files, "conda.yml")
    assert pane.editor.isReadOnly()
    assert "read-only" in pane.note.heading.text()


async def test_lines_that_end_differently_keep_their_own_ends(files: FilesWindow) -> None:
    (files.folder / "mixed.yml").write_bytes(b"a: 1\r\nb: 2\nc: 3\r\r\n")
    pane = await opened(files, "mixed.yml")
    assert not pane.editor.isReadOnly()
    assert pane.editor.text() == "a: 1\nb: 2\nc: 3\n\n"
    type_at_end(pane, "d: 4")
    assert await pane.save()
    assert (files.folder / "mixed.yml").read_bytes() == b"a: 1\r\nb: 2\nc: 3\r\r\nd: 4"


@pytest.mark.parametrize(
    "text", ["a: x\u2028y\x85z\x0c\x0b\xa0\n", "\tb: 1 \n", "a: \U0001d4b3\u200b\ufeff\n", "", "\n\n", "a"]
)
async def test_what_is_opened_and_saved_keeps_its_bytes(files: FilesWindow, text: str) -> None:
    raws = {"odd.yml": text.encode(), "windows.yml": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()}
    for name, raw in raws.items():
        (files.folder / name).write_bytes(raw)
        pane = await opened(files, name)
        assert not pane.editor.isReadOnly()
        assert await pane.save()
        assert (files.folder / name).read_bytes() == raw


async def test_what_an_editor_would_change_is_shown_and_not_edited(files: FilesWindow) -> None:
    (files.folder / "odd.yml").write_text("a: x\u2029y\n", encoding="utf-8")
    pane = await opened(files, "odd.yml")
    assert pane.editor.isReadOnly()
    assert "would change" in pane.note.heading.text()
    pane.note.hide()
    assert not await pane.save()
    assert pane.note.isVisible(), "why it is not saved is said once more"
    pane.editor.toggle_comment()
    assert (files.folder / "odd.yml").read_text(encoding="utf-8") == "a: x\u2029y\n"
    assert not pane.is_modified
    copy = files.folder / "copy.yml"
    await pane.disk.save_copy(copy)
    assert copy.read_text(encoding="utf-8") == "a: x\u2029y\n"
    (files.folder / "odd.yml").unlink()
    await until(pane.disk_bar.isVisible)
    assert await pane.save(overwrite=True)
    assert (files.folder / "odd.yml").read_text(encoding="utf-8") == "a: x\u2029y\n"


async def test_no_fix_changes_what_is_only_read(files: FilesWindow) -> None:
    odd = JOB.replace("command:", "comand:") + "# a\u2029# b\n"
    (files.folder / "odd.yml").write_text(odd, encoding="utf-8")
    pane = await opened(files, "odd.yml")
    shown = pane.editor.text()
    found = await until(lambda: [each for each in pane.editor.problems if each.fix])
    pane.apply_fixes(found)
    await until(lambda: "can only be read" in pane.note.heading.text())
    with pytest.raises(UserError):
        pane.editor.change_to("other: text\n")
    assert pane.editor.text() == shown
    assert not pane.is_modified
    (files.folder / "odd.yml").write_text("another: program\u2029\n", encoding="utf-8")
    await until(lambda: "another" in pane.editor.text(), what="what another program wrote is shown")


async def test_a_text_that_becomes_one_that_an_editor_would_change_is_only_read(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    (files.folder / "job.yml").write_text("a: x\u2029y\n", encoding="utf-8")
    await until(pane.editor.isReadOnly)
    assert not await pane.save()
    assert (files.folder / "job.yml").read_text(encoding="utf-8") == "a: x\u2029y\n"


# ----- drafts


async def test_unsaved_text_survives_a_crash_and_a_restart(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    await pane.keep_draft()  # what the timer does; then the process dies
    page = await files.reopen()
    pane = pane_of(page)
    assert pane.editor.text() == JOB + "# mine\n"
    assert pane.is_modified
    assert "are back" in pane.note.heading.text()
    assert (files.folder / "job.yml").read_text() == JOB
    click(pane, "Discard them")
    assert pane.editor.text() == JOB
    assert not pane.is_modified
    await quiet()
    assert files.page.editors.drafts.all() == []


async def test_a_draft_is_written_by_itself_while_typing(files: FilesWindow) -> None:
    type_at_end(pane_of(files.page), "# mine\n")
    await until(files.page.editors.drafts.all)
    pane_of(files.page).editor.undo()
    await until(lambda: not files.page.editors.drafts.all())


async def test_a_draft_of_a_file_that_went_on_is_offered_not_taken(files: FilesWindow) -> None:
    type_at_end(pane_of(files.page), "# mine\n")
    await pane_of(files.page).keep_draft()
    await files.page.may_close()
    await files.close()
    (files.folder / "job.yml").write_text(JOB + "# other\n")
    files.page = files._page()
    await files.open()
    pane = pane_of(files.page)
    assert pane.editor.text() == JOB + "# other\n"
    click(pane, "Show my text")
    assert pane.editor.text() == JOB + "# mine\n"


async def test_open_files_and_cursors_come_back(files: FilesWindow) -> None:
    pane_of(files.page).editor.go_to(5, 3)
    pane = await opened(files, "src/train.py")
    pane.editor.go_to(7, 2)
    await opened(files, "conda.yml")
    files.page.editors.tabs.setCurrentIndex(1)
    page = await files.reopen()
    assert [each.file.path.name for each in page.editors.panes] == ["job.yml", "train.py", "conda.yml"]
    assert pane_of(page).file.path.name == "train.py"
    assert [each.editor.place for each in page.editors.panes] == [(5, 3), (7, 2), (1, 1)]


# ----- closing


@pytest.mark.parametrize(
    ("answer", "left", "saved"), [("Save", 0, True), ("Discard", 0, False), ("Cancel", 1, False), (None, 1, False)]
)
async def test_closing_a_tab_asks_what_becomes_of_unsaved_text(
    files: FilesWindow, answer: str | None, left: int, saved: bool
) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    files.shell.actions["files.close"].trigger()
    box = await until(lambda: dialog_of(QMessageBox))
    assert_sound(box)
    if answer is None:
        QTest.keyClick(box, Qt.Key.Key_Escape)
    else:
        click(box, answer)
    await quiet()
    assert len(files.page.editors.panes) == left
    assert ("# mine" in (files.folder / "job.yml").read_text()) is saved
    assert left or files.page.editors.drafts.all() == []


async def test_closing_a_saved_tab_asks_nothing(files: FilesWindow) -> None:
    assert await files.page.editors.close_tab(0)
    assert files.page.editors.panes == ()
    assert files.page.pane is None


# ----- the page itself


async def test_the_page_is_sound(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.change_to(JOB.replace("process_count", "proces_count"))
    await until(pane.problems.isVisible)
    await quiet()
    pane.find_bar.open_bar(replace=True)
    assert_sound(files.page)


async def test_without_a_project_the_page_teaches(places: Places, shell: FakeShell, tmp_path: Path) -> None:
    window = FilesWindow(places, shell, tmp_path)
    assert_sound(window.page)
    click(window.page, "Open the sample project")
    assert shell.calls[-1] == ("open_path", places.home / "samples" / "digits")
    (more,) = (each for each in window.page.findChildren(QPushButton) if each.text() == "Open &another sample")
    next(each for each in more.menu().actions() if each.text() == "Horovod with PyTorch").trigger()
    assert shell.calls[-1] == ("open_path", places.home / "samples" / "digits" / "horovod-pytorch.yml")
    await window.close()


async def test_a_new_job_asks_for_a_project_first(places: Places, shell: FakeShell, tmp_path: Path) -> None:
    window = FilesWindow(places, shell, project(tmp_path / "digits"))
    window.page.new_job("rankzero-pytorch/ddp")
    box = await until(lambda: dialog_of(QFileDialog))
    box.fileSelected.emit(str(window.folder))
    box.done(QFileDialog.DialogCode.Accepted)
    assert shell.calls[-1] == ("open_path", window.folder)
    window.page.open_folder(window.folder)
    wizard = await until(lambda: dialog_of(WizardDialog))
    await quiet()
    QTest.keyClick(wizard, Qt.Key.Key_Escape)
    await quiet()
    assert window.page.wizard is None
    assert "answers are kept" in window.page.editors.message.heading.text()
    await window.close()


async def test_the_wizards_job_is_opened_or_run(files: FilesWindow) -> None:
    files.page.new_job("rankzero-pytorch/ddp")
    wizard = await until(lambda: dialog_of(WizardDialog))
    await quiet()
    for _ in range(4):
        wizard.next()
    wizard.finish_job(runs=True)
    review = await until(lambda: dialog_of(PlanReview))
    assert pane_of(files.page).file.path == files.folder / "job-2.yml"
    review.reject()
    await quiet()


async def test_tabs_by_keyboard(files: FilesWindow) -> None:
    await opened(files, "conda.yml")
    await opened(files, "src/train.py")
    files.shell.actions["files.next"].trigger()
    assert pane_of(files.page).file.path.name == "job.yml"
    files.shell.actions["files.previous"].trigger()
    assert pane_of(files.page).file.path.name == "train.py"
    await quiet()


async def test_another_project_keeps_the_unsaved_text_of_this_one(files: FilesWindow, tmp_path: Path) -> None:
    type_at_end(pane_of(files.page), "# mine\n")
    first = files.folder
    files.page.open_folder(project(tmp_path / "other"))
    await until(lambda: files.page.folder == tmp_path / "other" and files.page.pane is not None)
    await quiet()
    assert pane_of(files.page).file.path == tmp_path / "other" / "job.yml"
    files.page.open_folder(first)
    await until(lambda: files.page.folder == first and files.page.pane is not None)
    await quiet()
    assert pane_of(files.page).editor.text() == JOB + "# mine\n"


async def test_a_long_file_comes_in_parts_and_is_whole(files: FilesWindow) -> None:
    text = "".join(f"key_{at}: value  # {at}\n" for at in range(20_000))
    (files.folder / "long.yml").write_text(text)
    pane = await opened(files, "long.yml")
    assert pane.editor.text() == text
    assert not pane.is_modified
    assert not pane.editor.isReadOnly()
    assert not pane.editor.document().isUndoAvailable()


async def test_a_long_file_has_its_tab_at_once_and_does_not_take_over_from_what_is_done_meanwhile(
    files: FilesWindow,
) -> None:
    (files.folder / "long.yml").write_text("".join(f"key_{at}: value\n" for at in range(60_000)))
    for name in ("first.yml", "second.yml"):
        (files.folder / name).write_text("a: 1\n")
        await opened(files, name)
    editors = files.page.editors
    files.page.open_file(files.folder / "long.yml")
    await until(lambda: editors.pane(files.folder / "long.yml"))
    last = editors.tabs.count() - 1
    assert editors.tabs.tabText(last) == "Opening long.yml…"
    editors.tabs.setCurrentIndex(0)
    await until(lambda: editors.tabs.tabText(last) == "long.yml")
    await quiet()
    assert editors.tabs.currentIndex() == 0
    long = editors.pane(files.folder / "long.yml")
    assert long is not None
    assert long.editor.text().endswith("key_59999: value\n")
