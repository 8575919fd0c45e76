"""The project tree: read off the window's thread, in step with the disk, and safe to work in."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest

from desktop_app.ui.files import tree_panel
from desktop_app.ui.files.tree_model import ProjectModel
from desktop_app.ui.files.tree_panel import TreePanel
from tests.ui.audit import assert_sound
from tests.ui.files_bench import click, project, quiet, until


@pytest.fixture
async def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TreePanel]:
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = project(tmp_path / "digits")
    made = TreePanel()
    tester = QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.resize(280, 500)
    made.show()
    made.activateWindow()
    made.set_folder(folder)
    await until(lambda: names(made.model, made.model.index(0, 0)))
    yield made
    await quiet()
    del tester
    made.close()
    made.deleteLater()


def names(model: QAbstractItemModel, parent: QModelIndex) -> list[str]:
    return [str(model.index(row, 0, parent).data()) for row in range(model.rowCount(parent))]


def root(panel: TreePanel) -> QModelIndex:
    return panel.model.index(0, 0)


async def show(panel: TreePanel, path: Path) -> None:
    panel.show_file(path)
    await quiet()
    entry = panel.model.entry(panel.tree.currentIndex())
    assert entry is not None
    assert entry.path == path


async def test_a_file_is_found_while_its_folder_is_just_being_read(tmp_path: Path) -> None:
    """The tree reads a project's folder by itself; a file that is opened meanwhile has to wait for that."""
    folder = project(tmp_path / "digits")
    model = ProjectModel()
    model.set_folder(folder)
    model.fetchMore(model.index(0, 0))
    await asyncio.sleep(0)  # the reading has begun, and goes on in its thread
    assert not model.canFetchMore(model.index(0, 0))
    entry = model.entry(await model.load(folder / "job.yml"))
    assert entry is not None
    assert entry.name == "job.yml"
    (folder / "new.yml").touch()
    both = asyncio.gather(model.refresh(folder), model.refresh(folder))
    await asyncio.sleep(0)
    (folder / "newer.yml").touch()
    await both
    assert model.index_of(folder / "newer.yml").isValid()
    model.deleteLater()


async def test_folders_are_read_when_they_are_opened(tmp_path: Path) -> None:
    panel = TreePanel()
    panel.show()
    panel.set_folder(project(tmp_path / "digits"))
    await until(lambda: names(panel.model, root(panel)) == ["conda.yml", "job.yml", "src"])
    src = panel.model.index_of(tmp_path / "digits" / "src")
    assert panel.model.hasChildren(src)
    assert panel.model.rowCount(src) == 0
    panel.tree.expand(src)
    await until(lambda: panel.model.rowCount(src) == 1)
    await quiet()
    assert names(panel.model, src) == ["train.py"]
    panel.deleteLater()


async def test_a_row_says_what_it_is(panel: TreePanel, tmp_path: Path) -> None:
    index = panel.model.index_of(tmp_path / "digits" / "job.yml")
    assert index.data(int(Qt.ItemDataRole.AccessibleTextRole)) == "job.yml, Command job"
    assert not index.data(int(Qt.ItemDataRole.DecorationRole)).isNull()
    assert str(tmp_path) in index.data(int(Qt.ItemDataRole.ToolTipRole))


async def test_the_tree_follows_the_disk_and_stays_open(panel: TreePanel, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    await show(panel, folder / "src" / "train.py")
    (folder / "a.yml").write_text("command: x\ncode: y\n")
    (folder / "conda.yml").unlink()
    await until(lambda: names(panel.model, root(panel)) == ["a.yml", "job.yml", "src"])
    await quiet()
    assert panel.tree.isExpanded(panel.model.index_of(folder / "src"))
    entry = panel.model.entry(panel.tree.currentIndex())
    assert entry is not None
    assert entry.name == "train.py"


async def test_a_file_that_becomes_a_folder_is_no_longer_a_file(panel: TreePanel, tmp_path: Path) -> None:
    path = tmp_path / "digits" / "conda.yml"
    path.unlink()
    path.mkdir()
    await until(lambda: names(panel.model, root(panel)) == ["job.yml", "conda.yml", "src"])


async def test_a_project_that_is_gone_is_told(panel: TreePanel, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "digits")
    await until(panel.message.isVisible)
    await quiet()
    assert "can't be read" in panel.message.heading.text()


async def test_a_huge_folder_is_read_without_holding_the_window_up(tmp_path: Path) -> None:
    for at in range(3000):
        (tmp_path / f"file-{at:04}.txt").touch()
    model = ProjectModel()
    model.set_folder(tmp_path)
    model.fetchMore(model.index(0, 0))
    assert model.rowCount(model.index(0, 0)) == 0
    await until(lambda: model.rowCount(model.index(0, 0)) == 3000)
    await quiet()
    model.deleteLater()


async def test_a_new_file_by_keyboard(panel: TreePanel, tmp_path: Path) -> None:
    opened: list[Path] = []
    panel.file_chosen.connect(opened.append)
    await show(panel, tmp_path / "digits" / "src" / "train.py")
    panel.new_file()
    bar = panel.name_bar
    assert bar.heading.text() == "New file in src"
    QTest.keyClicks(bar.name, "train.py")
    assert bar.problem.text() == "“train.py” is there already."
    QTest.keyClick(bar.name, Qt.Key.Key_Return)
    assert bar.isVisible()
    bar.name.clear()
    QTest.keyClicks(bar.name, "eval.py")
    assert not bar.problem.isVisible()
    QTest.keyClick(bar.name, Qt.Key.Key_Return)
    await until(lambda: opened)
    await quiet()
    assert opened == [tmp_path / "digits" / "src" / "eval.py"]
    assert opened[0].read_text() == ""
    assert not bar.isVisible()


async def test_escape_lets_everything_be(panel: TreePanel) -> None:
    panel.new_folder()
    QTest.keyClicks(panel.name_bar.name, "x")
    QTest.keyClick(panel.name_bar, Qt.Key.Key_Escape)
    await quiet()
    assert not panel.name_bar.isVisible()
    assert names(panel.model, root(panel)) == ["conda.yml", "job.yml", "src"]


async def test_renaming_selects_the_stem_and_tells(panel: TreePanel, tmp_path: Path) -> None:
    told: list[tuple[Path, Path]] = []
    panel.renamed.connect(lambda old, new: told.append((old, new)))
    folder = tmp_path / "digits"
    await show(panel, folder / "conda.yml")
    panel.rename()
    assert panel.name_bar.name.selectedText() == "conda"
    QTest.keyClicks(panel.name_bar.name, "env")
    QTest.keyClick(panel.name_bar.name, Qt.Key.Key_Return)
    await until(lambda: told)
    await quiet()
    assert told == [(folder / "conda.yml", folder / "env.yml")]
    assert names(panel.model, root(panel)) == ["env.yml", "job.yml", "src"]


async def test_deleting_can_be_undone(panel: TreePanel, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    await show(panel, folder / "src" / "train.py")
    text = (folder / "src" / "train.py").read_text()
    panel.delete()
    await until(panel.message.isVisible)
    assert not (folder / "src" / "train.py").exists()
    assert panel.message.heading.text() == "train.py is in the trash."
    click(panel, "Undo")
    await until((folder / "src" / "train.py").exists)
    await quiet()
    assert (folder / "src" / "train.py").read_text() == text
    assert not list((tmp_path / "data" / "Trash" / "info").iterdir())


async def test_without_a_trash_it_is_asked_before_deleting(
    panel: TreePanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_panel, "move_to_trash", lambda _path: None)
    asked: list[str] = []

    async def keep(_parent: object, _title: str, text: str, _choices: object, _detail: str = "") -> str:
        asked.append(text)
        return "keep" if len(asked) == 1 else "delete"

    monkeypatch.setattr(tree_panel, "ask", keep)
    await show(panel, tmp_path / "digits" / "conda.yml")
    panel.delete()
    await quiet()
    assert (tmp_path / "digits" / "conda.yml").exists()
    panel.delete()
    await quiet()
    assert asked == ["Delete conda.yml for good?"] * 2
    assert not (tmp_path / "digits" / "conda.yml").exists()


async def test_the_project_itself_is_neither_renamed_nor_deleted(panel: TreePanel, tmp_path: Path) -> None:
    panel.tree.setCurrentIndex(root(panel))
    panel.rename()
    panel.delete()
    await quiet()
    assert not panel.name_bar.isVisible()
    assert (tmp_path / "digits").is_dir()


async def test_enter_opens_files_and_folders(panel: TreePanel, tmp_path: Path) -> None:
    opened: list[Path] = []
    panel.file_chosen.connect(opened.append)
    panel.tree.setFocus()
    await show(panel, tmp_path / "digits" / "src")
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    await until(lambda: panel.tree.isExpanded(panel.model.index_of(tmp_path / "digits" / "src")))
    await quiet()
    QTest.keyClick(panel.tree, Qt.Key.Key_Down)
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    assert opened == [tmp_path / "digits" / "src" / "train.py"]


async def test_the_panel_is_sound(panel: TreePanel) -> None:
    panel.new_file()
    panel.name_bar.name.setText("job.yml")
    assert_sound(panel)
