"""The upload preview as a person uses it: files, what stays behind, a safe ignore file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QWidget

from desktop_app.ui.files.upload_preview import UploadPreviewDialog
from tests.helpers.window_driver import until
from tests.ui.audit import assert_sound

JOB = "code: src\ncommand: python train.py\nenvironment: azureml:mine:1\ninputs:\n  d: {type: uri_folder, path: data}\n"


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job with a secret in its code, and data."""
    for name, text in (("src/train.py", ""), ("src/.env", "A=1"), ("src/x.log", ""), ("data/a.png", "png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "src" / ".gitignore").write_text("*.log\n")
    (tmp_path / "job.yml").write_text(JOB)
    return tmp_path / "job.yml"


def shown(model: QAbstractItemModel) -> list[str]:
    """Return the files of the table."""
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


@pytest.fixture
async def open_preview() -> AsyncIterator[Callable[[Path, str | None], UploadPreviewDialog]]:
    """Open dialogs that the test needs not clean up."""
    made: list[QWidget] = []

    def show(path: Path, text: str | None = None) -> UploadPreviewDialog:
        dialog = UploadPreviewDialog(path, text, None)
        dialog.show()
        made.append(dialog)
        return dialog

    yield show
    for each in made:
        each.close()
        each.deleteLater()


Open = Callable[..., UploadPreviewDialog]


async def test_files_with_their_notes_and_a_part_for_each_folder(job: Path, open_preview: Open) -> None:
    dialog = open_preview(job)
    QAbstractItemModelTester(dialog.files, QAbstractItemModelTester.FailureReportingMode.Fatal)
    await until(dialog.files.rowCount, "the files")
    assert dialog.heading.text() == "4 files, 12 B would go up"
    assert shown(dialog.files) == [".env", ".gitignore", "train.py"]
    assert dialog.files.index(0, 2).data() == "looks like a secret"
    assert [dialog.parts.tabText(each) for each in range(2)] == ["code src (3)", "data data (1)"]
    dialog.parts.setCurrentIndex(1)
    assert shown(dialog.files) == ["a.png"]
    assert_sound(dialog)


async def test_what_stays_behind_and_typing(job: Path, open_preview: Open) -> None:
    dialog = open_preview(job)
    await until(dialog.files.rowCount, "the files")
    dialog.left_out.click()
    assert (shown(dialog.files), dialog.files.index(0, 2).data()) == (["x.log"], "line 1: *.log")
    dialog.left_out.click()
    dialog.filter_line.setText("train")
    assert shown(dialog.files) == ["train.py"]


async def test_a_safe_ignore_file_in_one_click(job: Path, open_preview: Open) -> None:
    dialog = open_preview(job)
    await until(dialog.files.rowCount, "the files")
    dialog.mend_button.click()
    await until(lambda: shown(dialog.files) == ["train.py"], "the mended list")
    assert "src/.amlignore" in dialog.message.heading.text()
    assert ".env is left out now, since it seems to hold a secret" in dialog.message.heading.text()
    assert (job.parent / "src" / ".amlignore").read_text().startswith("# from .gitignore\n*.log\n")


async def test_the_text_in_the_editor_counts(job: Path, open_preview: Open) -> None:
    dialog = open_preview(job, JOB.replace("code: src", "code: nowhere"))
    await until(dialog.notes.count, "the finding")
    assert dialog.rules.text()
    assert not dialog.left_out.isEnabled()


async def test_a_file_that_says_nothing_is_said_in_place(job: Path, open_preview: Open) -> None:
    dialog = open_preview(job, "code: [")
    await until(dialog.message.isVisible, "the error")
    assert dialog.heading.text() == "There is nothing to preview"
    assert not dialog.mend_button.isEnabled()


async def test_escape_closes_while_it_looks(job: Path, open_preview: Open) -> None:
    from PySide6.QtTest import QTest

    dialog = open_preview(job)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    await until(dialog.files.rowCount, "the look to end")
