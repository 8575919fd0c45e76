"""What another program does to an open file: said in a bar, settled in a difference, and no text is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog

from desktop_app.places import Places
from desktop_app.presenters.difference import Side
from desktop_app.ui.files.difference import DifferencePanel
from desktop_app.ui.files.editor_pane import EditorPane
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.files_bench import JOB, FilesWindow, click, dialog_of, pane_of, project, quiet, type_at_end, until

THEIRS = JOB.replace("lr: 0.001", "lr: 0.5").replace("# tuned by hand", "# theirs")


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    await made.open()
    yield made
    await made.close()


def buttons(pane: EditorPane) -> dict[str, QAbstractButton]:
    found = pane.disk_bar.findChildren(QAbstractButton)
    return {each.text().replace("&", ""): each for each in found if each.isVisible() and each.text()}


async def in_conflict(files: FilesWindow) -> EditorPane:
    """Return the pane of a text that both sides changed, one line of it on both."""
    pane = pane_of(files.page)
    pane.editor.change_to(JOB.replace("# tuned by hand", "# mine") + "# more of mine\n")
    (files.folder / "job.yml").write_text(THEIRS)
    await until(pane.disk_bar.isVisible)
    return pane


async def compared(pane: EditorPane) -> DifferencePanel:
    click(pane, "Compare…")
    return await until(lambda: pane.disk.panel)


async def test_a_conflict_is_settled_change_by_change(files: FilesWindow) -> None:
    pane = await in_conflict(files)
    panel = await compared(pane)
    assert not pane.views.isVisible()
    assert [panel.found.parts[each].taken for each in panel.found.changes] == [None, Side.THEIRS, Side.MINE]
    assert not panel.save_button.isEnabled()
    await quiet()
    assert_sound(panel)
    panel.decide(panel.found.changes[0], Side.MINE)
    assert panel.save_button.isEnabled()
    click(panel, "Save the result")
    await until(lambda: not pane.is_modified)
    wanted = THEIRS.replace("# theirs", "# mine") + "# more of mine\n"
    assert (files.folder / "job.yml").read_text() == pane.editor.text() == wanted
    assert pane.views.isVisible()
    assert not pane.disk_bar.isVisible()
    pane.editor.undo()
    assert "# more of mine" in pane.editor.text()
    assert "lr: 0.001" in pane.editor.text()


async def test_the_keyboard_decides(files: FilesWindow) -> None:
    pane = await in_conflict(files)
    panel = await compared(pane)
    choice = panel._choices[panel.found.changes[0]]
    await until(choice[Side.THEIRS].hasFocus)
    QTest.keyClick(choice[Side.THEIRS], Qt.Key.Key_Space)
    assert panel.found.open == 0
    QTest.keyClick(choice[Side.THEIRS], Qt.Key.Key_Right)
    assert panel.found.parts[panel.found.changes[0]].taken is Side.MINE
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert pane.views.isVisible()
    assert pane.is_modified
    assert (files.folder / "job.yml").read_text() == THEIRS


async def test_a_save_that_would_overwrite_shows_the_difference(files: FilesWindow) -> None:
    pane = await in_conflict(files)
    assert not await pane.save()
    panel = await until(lambda: pane.disk.panel)
    click(panel, "All theirs")
    click(panel, "Save the result")
    await until(lambda: not pane.is_modified)
    assert pane.editor.text() == THEIRS


async def test_a_file_that_changes_while_it_is_compared_is_compared_again(files: FilesWindow) -> None:
    pane = await in_conflict(files)
    panel = await compared(pane)
    (files.folder / "job.yml").write_text("# once more\n")
    click(panel, "All mine")
    click(panel, "Save the result")
    await until(lambda: pane.disk.panel not in (panel, None))
    assert (files.folder / "job.yml").read_text() == "# once more\n"


async def test_taking_theirs_keeps_mine_one_step_back_and_says_so(files: FilesWindow) -> None:
    pane = await in_conflict(files)
    mine = pane.editor.text()
    click(pane, "Take theirs")
    await until(lambda: pane.editor.text() == THEIRS)
    await until(pane.note.isVisible)
    click(pane, "Bring it back")
    assert pane.editor.text() == mine
    assert pane.is_modified


async def test_buttons_that_take_the_place_of_others_wait_for_a_moment(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    (files.folder / "job.yml").unlink()
    await until(lambda: "Save it again" in buttons(pane))
    (files.folder / "job.yml").write_text(THEIRS)
    await until(lambda: "Compare…" in buttons(pane))
    assert not any(each.isEnabled() for each in buttons(pane).values()), "a click meant for the others is for none"
    await until(lambda: all(each.isEnabled() for each in buttons(pane).values()))
    assert "# mine" in pane.editor.text()


async def test_a_folder_that_is_moved_away_is_noticed_and_so_is_its_return(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    away = files.folder.with_name("away")
    files.folder.rename(away)
    await until(pane.disk_bar.isVisible)
    away.rename(files.folder)
    await until(lambda: not pane.disk_bar.isVisible())
    assert not pane.is_modified, "it is on disk again as it is here"


async def test_saving_again_makes_the_folder_that_is_gone(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    files.folder.rename(files.folder.with_name("away"))
    await until(lambda: "Save it again" in buttons(pane))
    click(pane, "Save it again")
    await until((files.folder / "job.yml").exists)
    await quiet()
    assert (files.folder / "job.yml").read_text() == JOB
    assert not pane.disk_bar.isVisible()


async def test_a_text_that_can_not_be_saved_is_kept_and_a_copy_offered(files: FilesWindow, tmp_path: Path) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    (files.folder / "job.yml").unlink()
    (files.folder / "job.yml").mkdir()
    assert not await pane.save(overwrite=True)
    assert pane.is_modified
    await asyncio.sleep(0)
    click(pane, "Save a copy…")
    dialog = await until(lambda: dialog_of(QFileDialog))
    dialog.fileSelected.emit(str(tmp_path / "elsewhere" / "copy.yml"))
    dialog.reject()
    await until((tmp_path / "elsewhere" / "copy.yml").exists)
    await quiet()
    assert (tmp_path / "elsewhere" / "copy.yml").read_text() == JOB + "# mine\n"
    assert pane.is_modified, "the file itself is not saved yet"


async def test_typing_while_another_text_is_taken_in_loses_nothing(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    (files.folder / "job.yml").write_text(THEIRS)
    taking_in = asyncio.create_task(pane.reload())
    await asyncio.sleep(0)
    type_at_end(pane, "# typed meanwhile\n")
    await taking_in
    assert "# typed meanwhile" in pane.editor.text()
    assert pane.is_modified
    assert pane.disk_bar.isVisible()


async def test_saving_while_another_text_is_taken_in_overwrites_none(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    (files.folder / "job.yml").write_text(THEIRS)
    await asyncio.gather(pane.reload(), pane.save())
    assert (files.folder / "job.yml").read_text() == pane.editor.text() == THEIRS
    assert not pane.is_modified


async def test_what_changes_while_a_file_gets_another_name_is_not_overwritten(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    type_at_end(pane, "# mine\n")
    await pane.keep_draft()
    old, new = files.folder / "job.yml", files.folder / "train.yml"
    old.rename(new)
    new.write_text(THEIRS)
    files.page.tree.renamed.emit(old, new)
    await until(pane.disk_bar.isVisible)
    assert not await pane.save()
    assert new.read_text() == THEIRS
    assert "# mine" in pane.editor.text()
    await quiet()
    (kept,) = files.page.editors.drafts.all()
    assert kept.key == str(new)
    assert "# mine" in str(kept.data["text"])
