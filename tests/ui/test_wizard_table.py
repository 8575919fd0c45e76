"""A table in a wizard, a question that can't be answered now, and the way from a job file to its tuning."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from desktop_app.api import Choice, Field, FieldKind, FormSpec, Row, Value
from desktop_app.documents.job_document import read_job
from desktop_app.places import Places
from desktop_app.ui.wizard.choices import ChoiceEditor
from desktop_app.ui.wizard.dialog import WizardDialog
from desktop_app.ui.wizard.form import FormView
from desktop_app.ui.wizard.table_field import TableEditor
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import FilesWindow, dialog_of, pane_of, project, quiet, until

JOB = """\
# as the team trains it
command: python train.py --lr 0.01 --batch-size 32
code: src
environment: azureml:acme@latest
"""


KINDS = (Choice("uniform", "Uniform"), Choice("choice", "One of"))


def rows(kind: str = "uniform") -> tuple[Row, ...]:
    number = (Field("low", "from", FieldKind.NUMBER, default=0.1), Field("high", "to", FieldKind.NUMBER, default=1.0))
    text = (Field("values", "values", FieldKind.TEXT, default="1, 2"),)
    which = Field("type", "Spread", FieldKind.CHOICE, default="uniform", choices=KINDS)
    return (
        Row("lr", "--lr", (which, *(number if kind == "uniform" else text)), "0.1 now", "from 0.1 to 1"),
        Row("a&b", "--a&b", text, "2 now"),
    )


class Table:
    """A form with one table, answered as the wizard would answer it."""

    def __init__(self, folder: Path) -> None:
        self.form = FormView(folder)
        self.answer: Value = None
        self.form.answered.connect(self._take)
        self.show("uniform", {"lr": {}})
        self.form.show()
        settle()

    def show(self, kind: str, value: Value, disabled: str = "") -> None:
        field = Field("space", "Tried out", FieldKind.TABLE, default={"lr": {}}, rows=rows(kind), disabled=disabled)
        self.form.update_form(FormSpec((field,)), lambda _field: value, lambda _name: ())
        settle()

    @property
    def editor(self) -> TableEditor:
        made = self.form.editor("space")
        assert isinstance(made, TableEditor)
        return made

    def _take(self, _name: str, value: Value) -> None:
        self.answer = value


@pytest.fixture(name="table")
def made_table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    yield made
    made.form.close()
    made.form.deleteLater()
    settle()


def test_only_picked_rows_are_asked_and_answered(table: Table) -> None:
    lr, other = table.editor.rows.values()
    assert (lr.box.text(), other.box.text(), lr.note.text()) == ("--lr", "--a&&b", "0.1 now")
    assert lr.editors["low"].isVisible()
    assert not other.editors["values"].isVisible()
    other.box.click()
    assert table.answer == {"lr": {}, "a&b": {}}
    assert other.editors["values"].isVisible()
    lr.box.click()
    assert table.answer == {"a&b": {}}
    assert_sound(table.form)


def test_what_is_answered_otherwise_than_by_default_is_kept(table: Table) -> None:
    (lr, _other) = table.editor.rows.values()
    line = lr.editors["low"].controls[0]
    line.setFocus()
    line.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(line, "0.5")
    assert table.answer == {"lr": {"low": 0.5}}
    table.show("uniform", table.answer)
    assert line.hasFocus(), "who types goes on typing"
    assert line.text() == "0.5"  # type: ignore[attr-defined]


def test_another_kind_asks_other_questions_and_keeps_the_choice(table: Table) -> None:
    (lr, _other) = table.editor.rows.values()
    which = lr.editors["type"]
    assert isinstance(which, ChoiceEditor)
    which.box.setCurrentIndex(1)
    which.box.activated.emit(1)
    assert table.answer == {"lr": {"type": "choice"}}
    table.show("choice", table.answer)
    assert list(lr.editors) == ["type", "values"]
    assert lr.editors["type"] is which
    assert lr.editors["values"].isVisible()
    names = [each.accessibleName() for each in table.editor.controls]
    assert names == ["--lr", "--lr: Spread", "--lr: values", "--a&b"]


def test_a_question_that_can_not_be_answered_now_is_grey_and_says_why(table: Table) -> None:
    table.show("uniform", {"lr": {}}, disabled="Not with that sampling.")
    assert not table.editor.isEnabled()
    assert table.form._questions["space"].help.text() == "Not with that sampling."


# ----- from a job to the wizard


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    (made.folder / "job.yml").write_text(JOB, encoding="utf-8")
    await made.open()
    yield made
    await made.close()


async def tuning(files: FilesWindow) -> WizardDialog:
    files.shell.actions["run.tune"].trigger()
    await until(lambda: files.page.wizard is not None)
    await quiet()
    dialog = dialog_of(WizardDialog)
    assert dialog is not None
    return dialog


async def test_a_job_is_tuned_from_its_page(files: FilesWindow) -> None:
    assert files.page.editors.tune_button.isVisible()
    pane_of(files.page).editor.change_to(JOB.replace("0.01", "0.02"))
    dialog = await tuning(files)
    assert dialog.session is not None
    assert dialog.session.answers == {"job": "job.yml"}
    assert (files.folder / "job.yml").read_text(encoding="utf-8") == JOB.replace("0.01", "0.02"), "saved before"
    dialog.next()
    assert dialog.page is not None
    table = dialog.page.form.editor("space")
    assert isinstance(table, TableEditor)
    assert [(each.box.text(), each.box.isChecked()) for each in table.rows.values()] == [
        ("--lr", True), ("--batch-size", False),
    ]  # fmt: skip
    table.rows["batch_size"].box.click()
    await until(lambda: "${{search_space.batch_size}}" in dialog.preview.editor.text())
    assert "  # as the team trains it" in dialog.preview.editor.text()
    assert_sound(dialog)
    dialog.next()
    metric = dialog.page.form.editor("metric")
    assert isinstance(metric, ChoiceEditor)
    metric.box.setEditText("accuracy")
    metric.edited.emit()
    dialog.next()
    dialog.next()
    assert dialog.heading.text() == "20 trials, at most 4 at once"
    assert dialog.file_name is not None
    assert dialog.file_name.path == files.folder / "sweep.yml"
    dialog.finish_job(runs=False)
    await until((files.folder / "sweep.yml").is_file)
    await quiet()
    job = read_job((files.folder / "sweep.yml").read_text(encoding="utf-8")).job
    assert job is not None
    assert job.sweep is not None
    assert list(job.sweep.search_space) == ["lr", "batch_size"]


async def test_the_tree_offers_it_for_job_files_alone(files: FilesWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = files.page.tree
    index = tree.tree.currentIndex()
    for kind, offered in (("commandJob", True), ("sweepJob", False)):
        entry = tree.model.entry(index)
        assert entry is not None
        shown = dataclasses.replace(entry, kind=kind)
        monkeypatch.setattr(tree, "_entry", lambda shown=shown: shown)
        tree._show_menu(tree.tree.visualRect(index).center())
        (menu,) = [each for each in tree.findChildren(QMenu) if each.isVisible()]
        texts = [each.text() for each in menu.actions()]
        assert ("&Tune hyperparameters…" in texts, "&Run here…" in texts) == (offered, True)
        if offered:
            menu.actions()[texts.index("&Tune hyperparameters…")].trigger()
        menu.close()
        settle()
    await until(lambda: files.page.wizard is not None)
    dialog = dialog_of(WizardDialog)
    assert dialog is not None
    assert dialog.session is not None
    assert dialog.session.answers == {"job": "job.yml"}
