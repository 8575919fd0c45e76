"""The wizard's parts by themselves: the choice, the list of pages, the preview, the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from desktop_app.presenters.wizard import Preview, StepState, WizardCard
from desktop_app.ui.wizard.chooser import Chooser
from desktop_app.ui.wizard.preview import YamlPreview
from desktop_app.ui.wizard.saving import FileName
from desktop_app.ui.wizard.steps_rail import StepsRail
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


@pytest.fixture
def stage() -> Iterator[QWidget]:
    """A window that is in front."""
    made = QWidget()
    QVBoxLayout(made)
    made.resize(700, 500)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


def put(stage: QWidget, widget: QWidget) -> None:
    layout = stage.layout()
    assert layout is not None
    layout.addWidget(widget)
    settle()


# ----- the choice

CARDS = [
    WizardCard(f"acme/{name}", name.title(), f"Makes jobs that {name}.", "mdi6.fire", "Acme")
    for name in ("train", "tune", "export")
]


def test_arrows_go_round_the_cards_and_a_key_takes_one(stage: QWidget) -> None:
    made = Chooser(CARDS, [])
    chosen: list[str] = []
    made.chosen.connect(chosen.append)
    stage.resize(500, 500)
    put(stage, made)
    made.focus_first()
    for key, there in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Down, 0), (Qt.Key.Key_Up, 2)):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        assert QApplication.focusWidget() is made.buttons[there]
    QTest.keyClick(made.buttons[2], Qt.Key.Key_Space)
    assert chosen == ["acme/export"]
    assert_sound(stage)


MANY = [
    WizardCard("rankzero-ray/ray", "Ray cluster", "A head and workers.", "mdi6.fire", "Ray", ("ray",), "Clusters."),
    *(WizardCard(f"rankzero-pytorch/{each}", f"PyTorch, {each}", "Ranks.", "mdi6.fire", "PyTorch", (each,), "DDP jobs.")
      for each in ("ddp", "torchrun", "deepspeed")),
    *(WizardCard(f"rankzero-horovod/{each}", f"Horovod with {each}", "By mpirun.", "mdi6.fire", "Horovod", (), "MPI.")
      for each in ("PyTorch", "TensorFlow")),
    WizardCard("rankzero-sdk-v1/v1", "I have v1 code", "From SDK v1.", "mdi6.fire", "SDK v1"),
    WizardCard("acme/own", "Ours", "The team's own way.", "mdi6.fire", "Acme"),
]  # fmt: skip


def titles(made: Chooser) -> list[str]:
    return [each.card.title for each in made.shown]


def test_many_cards_stand_by_framework_and_the_usual_one_is_first(stage: QWidget) -> None:
    made = Chooser(MANY, [])
    put(stage, made)
    assert titles(made) == [
        "PyTorch, ddp", "PyTorch, torchrun", "PyTorch, deepspeed", "Horovod with PyTorch", "Horovod with TensorFlow",
        "Ray cluster", "Ours", "I have v1 code",
    ]  # fmt: skip
    assert "Not sure?" in made.hint.text()
    assert made.search.isVisible()
    assert_sound(stage)


def test_letters_find_a_card_and_enter_takes_it(stage: QWidget) -> None:
    made = Chooser(MANY, [])
    chosen: list[str] = []
    made.chosen.connect(chosen.append)
    put(stage, made)
    made.focus_first()
    QTest.keyClick(made.buttons[0], Qt.Key.Key_M)
    assert made.search.hasFocus()
    QTest.keyClicks(made.search, "pirun tensor")
    assert titles(made) == ["Horovod with TensorFlow"]
    QTest.keyClick(made.search, Qt.Key.Key_Return)
    assert chosen == ["rankzero-horovod/TensorFlow"]
    made.search.setText("nonsense")
    assert titles(made) == []
    assert "nonsense" in made.nothing.text()
    QTest.keyClick(made.search, Qt.Key.Key_Escape)
    assert len(titles(made)) == len(MANY)
    QTest.keyClick(made.search, Qt.Key.Key_Down)
    assert made.shown[0].hasFocus()


def test_who_comes_from_v1_finds_that_card_without_scrolling(stage: QWidget) -> None:
    made = Chooser(MANY, [])
    chosen: list[str] = []
    made.chosen.connect(chosen.append)
    put(stage, made)
    assert [each.text() for each in made.shortcuts] == ["I have v1 code"]
    assert stage.rect().contains(made.shortcuts[0].mapTo(stage, made.shortcuts[0].rect().bottomRight()))
    made.shortcuts[0].setFocus()
    QTest.keyClick(made.shortcuts[0], Qt.Key.Key_Return)
    assert chosen == ["rankzero-sdk-v1/v1"]


def test_a_card_alone_is_no_higher_than_among_others(stage: QWidget) -> None:
    made = Chooser(MANY, [])
    stage.resize(1200, 1400)
    put(stage, made)
    card = next(each for each in made.buttons if each.card.title == "Horovod with TensorFlow")
    before = card.height()
    made.search.setText("pirun tensor")
    settle()
    assert made.shown == [card]
    assert card.height() <= before


def test_arrows_follow_the_columns(stage: QWidget) -> None:
    made = Chooser(MANY, [])
    stage.resize(1200, 900)
    put(stage, made)
    made.focus_first()
    by_title = {each.card.title: each for each in made.shown}
    for key, there in (
        (Qt.Key.Key_Down, "PyTorch, deepspeed"), (Qt.Key.Key_Down, "Horovod with PyTorch"),
        (Qt.Key.Key_Right, "Horovod with TensorFlow"), (Qt.Key.Key_Up, "PyTorch, deepspeed"),
        (Qt.Key.Key_Up, "PyTorch, ddp"), (Qt.Key.Key_Up, "I have v1 code"), (Qt.Key.Key_Down, "PyTorch, ddp"),
        (Qt.Key.Key_Left, "I have v1 code"),
    ):  # fmt: skip
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        assert QApplication.focusWidget() is by_title[there]


def test_few_cards_need_no_field(stage: QWidget) -> None:
    made = Chooser(CARDS, [])
    put(stage, made)
    assert not made.search.isVisible()


def test_a_card_that_was_begun_says_so_to_eyes_and_ears(stage: QWidget) -> None:
    made = Chooser(CARDS, ["acme/tune"])
    put(stage, made)
    spoken = [each.accessibleDescription() for each in made.buttons]
    assert spoken[0] == "Makes jobs that train."
    assert "goes on where you stopped" in spoken[1]
    assert [each.accessibleName() for each in made.buttons] == ["Train", "Tune", "Export"]


def test_a_click_anywhere_on_a_card_takes_it(stage: QWidget) -> None:
    made = Chooser(CARDS, [])
    chosen: list[str] = []
    made.chosen.connect(chosen.append)
    put(stage, made)
    first = made.buttons[0]
    for text in (each for each in first.children() if isinstance(each, QWidget)):
        at = stage.childAt(text.mapTo(stage, text.rect().center()))
        assert at is first, "the texts take no click"
    QTest.mouseClick(first, Qt.MouseButton.LeftButton)
    assert chosen == ["acme/train"]


def test_without_wizards_there_is_nothing_to_focus(stage: QWidget) -> None:
    made = Chooser([], [])
    put(stage, made)
    made.focus_first()
    assert made.buttons == []


# ----- the list of pages

STEPS = [("Script", StepState.DONE, True), ("R & D", StepState.CURRENT, True), ("Review", StepState.TODO, False)]


def rail(stage: QWidget) -> tuple[StepsRail, list[QPushButton]]:
    made = StepsRail()
    put(stage, made)
    made.show_steps(STEPS)
    settle()
    return made, made.findChildren(QPushButton)


def test_pages_say_how_they_are(stage: QWidget) -> None:
    made, buttons = rail(stage)
    assert [each.accessibleName() for each in buttons] == ["Script, done", "R & D, this page", "Review, to do"]
    assert [each.isEnabled() for each in buttons] == [True, True, False]
    assert buttons[1].text() == "R && D", "no letter of a title is a shortcut"
    made.show_steps([(STEPS[0][0], StepState.ERROR, True), *STEPS[1:]])
    assert buttons[0].accessibleName() == "Script, to mend"
    assert_sound(stage)


def test_a_page_is_asked_for_and_the_mark_waits_for_the_answer(stage: QWidget) -> None:
    made, buttons = rail(stage)
    asked: list[int] = []
    made.chosen.connect(asked.append)
    buttons[0].setFocus()
    QTest.keyClick(buttons[0], Qt.Key.Key_Space)
    QTest.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    QTest.mouseClick(buttons[2], Qt.MouseButton.LeftButton)
    assert asked == [0, 1], "a page that may not be shown yet is not asked for"
    assert [each.isChecked() for each in buttons] == [False, True, False]


def test_another_wizard_has_as_many_pages_as_it_has(stage: QWidget) -> None:
    made, _ = rail(stage)
    for count in (1, 3, 2):
        made.show_steps(STEPS[:count])
        settle()
        assert [each.accessibleName().split(",")[0] for each in made.findChildren(QPushButton)] == [
            each[0] for each in STEPS[:count]
        ]


# ----- the preview


def preview(stage: QWidget) -> YamlPreview:
    made = YamlPreview("job.yml")
    put(stage, made)
    made.show_preview(Preview("command: python train.py\nresources:\n  instance_count: 1\n"))
    return made


def test_what_the_last_answer_changed_is_in_sight_and_marked(stage: QWidget) -> None:
    made = preview(stage)
    long = "".join(f"  key_{number}: 1\n" for number in range(200))
    made.show_preview(Preview(f"command: python train.py\ninputs:\n{long}"))
    made.show_preview(Preview(f"command: python train.py\ninputs:\n{long.replace('key_150: 1', 'key_150: 2')}"))
    assert made.editor.textCursor().blockNumber() == 152
    assert made.editor.viewport().rect().contains(made.editor.cursorRect().center())


def test_a_line_longer_than_the_preview_is_wide_is_wrapped(stage: QWidget) -> None:
    made = preview(stage)
    stage.resize(320, 400)
    address = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"
    made.show_preview(Preview(f"environment: {address}\ncode: src\n"))
    settle()
    assert made.editor.horizontalScrollBar().maximum() == 0
    first, second = (made.editor.document().findBlockByNumber(each) for each in (0, 1))
    assert first.layout().lineCount() > 1
    tops = [top for block, top in made.editor.visible_lines(made.editor.viewport().rect()) if block in (first, second)]
    assert tops[1] - tops[0] > 2 * made.editor.fontMetrics().height() - 4
    assert made.editor.text().startswith(f"environment: {address}\n")


def test_an_answer_that_makes_no_job_leaves_the_last_one(stage: QWidget) -> None:
    made = preview(stage)
    text = made.editor.text()
    made.show_preview(Preview(problem="A script is needed."))
    assert made.editor.text() == text
    assert made.problem.isVisible()
    assert made.problem.text() == "A script is needed."
    made.show_preview(Preview(text))
    assert not made.problem.isVisible()


def test_the_preview_is_read_and_copied_by_keyboard_and_not_typed_into(stage: QWidget) -> None:
    made = preview(stage)
    text = made.editor.text()
    made.editor.setFocus()
    QTest.keyClicks(made.editor, "x")
    QTest.keyClick(made.editor, Qt.Key.Key_Delete)
    assert made.editor.text() == text
    made.editor.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClick(made.editor, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(made.editor, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "command: python train.py"
    assert made.editor.accessibleName() == "Preview of job.yml"
    made.show_name("job-2.yml")
    assert made.heading.text() == "job-2.yml (live)"
    assert_sound(stage)


# ----- the file's name


def file_name(stage: QWidget, folder: Path) -> FileName:
    made = FileName(folder, "job.yml", stage)
    put(stage, made)
    made.show()
    settle()
    return made


@pytest.mark.parametrize(
    ("typed", "name"),
    [("other", "other.yml"), ("other.YAML", "other.YAML"), ("  a b ", "a b.yml"), ("v1.5", "v1.5.yml")],
)
def test_a_name_becomes_a_job_file(stage: QWidget, tmp_path: Path, typed: str, name: str) -> None:
    made = file_name(stage, tmp_path)
    made.line.setText(typed)
    assert made.path == tmp_path / name
    assert made.problem == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "A name is needed."), ("a/b", "holds none of"), ("../up", "holds none of"), ("taken", "already")],
)
def test_a_name_that_will_not_do_says_why_at_once(stage: QWidget, tmp_path: Path, typed: str, said: str) -> None:
    (tmp_path / "taken.yml").write_text("")
    made = file_name(stage, tmp_path)
    changes: list[bool] = []
    made.changed.connect(lambda: changes.append(True))
    made.line.setFocus()
    made.line.selectAll()
    QTest.keyClick(made.line, Qt.Key.Key_Backspace)
    QTest.keyClicks(made.line, typed)
    assert said in made.problem_line.text()
    assert made.problem_line.isVisible()
    assert made.line.accessibleDescription() == made.problem, "it is spoken as well"
    assert len(changes) == 1 + len(typed)
    made.line.setText("free")
    assert not made.problem_line.isVisible()
    assert made.line.accessibleDescription() == ""
    assert_sound(stage)
