"""The wizard's way to its review: the order of Tab, letters of buttons, numbers that are too many, warnings kept."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QScrollArea, QWidget

from desktop_app.presenters.wizard import StepState
from desktop_app.ui.wizard.dialog import WizardDialog
from desktop_app.ui.wizard.fields import WholeNumberEditor
from tests.ui.files_bench import press, until, write
from tests.ui.test_wizard_dialog import Opener, step_name, wizard

__all__ = ["wizard"]

ALT = Qt.KeyboardModifier.AltModifier


def to_review(dialog: WizardDialog) -> None:
    for _ in range(4):
        dialog.next()
    assert step_name(dialog) == "review"


def count_of(dialog: WizardDialog, name: str) -> QAbstractSpinBox:
    assert dialog.page is not None
    return cast("WholeNumberEditor", dialog.page.form.editor(name)).spin


def walk(count: int, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    seen = []
    for _ in range(count):
        press(key)
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(focus)
    return seen


async def test_tab_goes_from_above_to_below_on_the_review(wizard: Opener) -> None:
    dialog = await wizard.open()
    to_review(dialog)
    assert dialog.page is not None
    assert dialog.file_name is not None
    form = dialog.page.form
    questions = [form.editor(each).controls[0] for each in ("display_name", "experiment", "timeout")]
    dialog.rail.controls[-1].setFocus()
    assert walk(4) == [dialog.file_name.line, *questions]
    assert walk(3, Qt.Key.Key_Backtab)[-1] is dialog.file_name.line


async def test_every_stop_of_tab_shows_that_it_has_the_focus(wizard: Opener) -> None:
    dialog = await wizard.open()
    to_review(dialog)
    seen = walk(25)
    assert not [each for each in seen if isinstance(each, QScrollArea)]
    ranks = await wizard.open()
    ranks.next()
    assert not [each for each in walk(25) if isinstance(each, QScrollArea)]


async def test_a_letter_of_a_button_that_is_off_is_no_text(wizard: Opener) -> None:
    (wizard.folder / "src" / "other.py").write_text("")
    dialog = await wizard.open()
    assert dialog.page is not None
    script = cast("QComboBox", dialog.page.form.editor("script").controls[0])
    assert not dialog.next_button.isEnabled()
    QTest.keyClick(script, Qt.Key.Key_N, ALT)
    QTest.keyClick(script, Qt.Key.Key_R, ALT)
    assert script.currentText() == ""
    assert script.property("invalid"), "what stands in the way is shown instead"
    script.setEditText("src/train.py")
    dialog.page.form.editor("script").edited.emit()
    await until(dialog.next_button.isEnabled)
    QTest.keyClick(script, Qt.Key.Key_N, ALT)
    await until(lambda: step_name(dialog) == "ranks")
    to_end = cast("QLineEdit", dialog.file_name and dialog.file_name.line)
    for _ in range(3):
        dialog.next()
    to_end.setFocus()
    QTest.keyClick(to_end, Qt.Key.Key_N, ALT)
    assert to_end.text() == "job-2.yml"


@pytest.mark.parametrize(
    ("name", "typed", "limit"), [("nodes", "99999", "1 to 1000"), ("processes_per_node", "5000", "1 to 64")]
)
async def test_a_count_that_is_too_much_stays_and_its_limit_is_said(
    wizard: Opener, name: str, typed: str, limit: str
) -> None:
    dialog = await wizard.open()
    dialog.next()
    spin = count_of(dialog, name)
    spin.setFocus()
    spin.selectAll()
    write(typed)
    assert spin.text() == typed
    assert limit in dialog.reason.text()
    assert not dialog.next_button.isEnabled()
    press(Qt.Key.Key_Down)
    assert int(spin.text()) == int(limit.rsplit(maxsplit=1)[-1]), "the arrows lead back to what is possible"
    assert dialog.reason.text() == ""


async def test_a_warning_marks_its_page_and_is_said_again_on_the_review(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog.next()
    spin = count_of(dialog, "nodes")
    spin.setFocus()
    spin.selectAll()
    write("900")
    for _ in range(3):
        dialog.next()
    assert dialog.session is not None
    assert dialog.session.state(0) is StepState.DONE
    assert dialog.session.state(1) is StepState.WARNING
    assert dialog.rail._buttons[1].accessibleName() == "Ranks, done, with a warning"
    assert dialog.page is not None
    assert dialog.page.note.isVisible()
    assert dialog.page.note.property("tone") == "warning"
    assert "Ranks: 1,800 ranks are too many to try on this machine" in dialog.page.note.heading.text()


@pytest.mark.parametrize("name", ["job 'x'/../ü.yml", 'job"x".yml', "../job.yml"])
async def test_one_rule_for_what_a_file_may_be_called(wizard: Opener, name: str) -> None:
    dialog = await wizard.open()
    to_review(dialog)
    assert dialog.file_name is not None
    dialog.file_name.line.setText(name)
    assert dialog.file_name.problem.startswith("A name holds none of")
    assert not dialog.run_button.isEnabled()
    dialog.file_name.line.setText("job 'x' ü.yml")
    assert dialog.file_name.problem == ""


async def test_data_can_be_browsed_for(wizard: Opener) -> None:
    dialog = await wizard.open()
    for _ in range(3):
        dialog.next()
    assert step_name(dialog) == "data"
    assert dialog.page is not None
    assert [each.accessibleName() for each in dialog.page.form.editor("data_path").controls] == [
        "Data",
        "Browse for Data",
    ]
