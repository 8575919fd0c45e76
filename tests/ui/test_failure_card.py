"""What a failed run opens on: the picture of who fell when, its keys, and the ways on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.api import Fix, Remedy, RemedyKind
from desktop_app.core.diagnosis.model import Fall, Part
from desktop_app.presenters.failures.falls import fall_rows
from desktop_app.presenters.run_failure import FailureView
from desktop_app.ui.runs.failure_card import FailureCard
from desktop_app.ui.theme import theme_manager
from tests.ui.audit import assert_sound

BEGAN = datetime(2026, 11, 22, 7, 0, 12, tzinfo=UTC)
FALLS = (
    Fall(3, Part.CAUSE, 0, BEGAN, 1, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"),
    *(
        Fall(rank, Part.ECHO, 1, BEGAN + timedelta(seconds=0.3), 1, "Connection closed by peer [127.0.0.1]:41877")
        for rank in (0, 1, 2)
    ),
)
VIEW = FailureView(
    "Rank 3 failed first: exit 1",
    "node 1 · 07:00:12.6",
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)",
    "It ended with exit code 1.",
    rank=3,
    cause="Two tensors that are multiplied do not fit each other.",
    advice=("Compare the batch's last dimension with the layer's in_features.",),
    links=("https://example.org/shapes/", "file:///etc/passwd"),
    falls=fall_rows(FALLS),
    remedy=Remedy(RemedyKind.FIND_UNUSED_PARAMETERS),
)
AGAIN = Fix("Run again with NCCL_DEBUG=INFO", {"environment_variables.NCCL_DEBUG": "INFO"})


def shown(qtbot: QtBot) -> tuple[FailureCard, list[str]]:
    opened: list[str] = []
    card = FailureCard(opened.append)
    qtbot.addWidget(card)
    card.resize(1000, 800)
    card.show_failure(VIEW)
    card.offer_steps([AGAIN])
    assert VIEW.remedy is not None
    card.offer_remedy(VIEW.remedy, "Set find_unused_parameters in the script")
    card.show()
    qtbot.waitUntil(lambda: len(buttons(card)) == 5)
    return card, opened


def buttons(card: FailureCard) -> list[QPushButton]:
    return [each for each in card.findChildren(QPushButton) if each.isVisible()]


def test_ranks_that_fell_alike_are_one_row_and_lead_to_their_log(qtbot: QtBot) -> None:
    card, _opened = shown(qtbot)
    names = [each.accessibleName() for each in card.falls.buttons]
    assert names == [
        "rank 3, the cause: RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)",
        "ranks 0–2, an echo, 0.3 s after the first: Connection closed by peer [127.0.0.1]:41877",
    ]
    asked: list[int] = []
    card.rank_asked.connect(asked.append)
    card.falls.buttons[1].click()
    card.falls.buttons[0].setFocus()
    QTest.keyClick(card.falls.buttons[0], Qt.Key.Key_Space)
    assert asked == [0, 3]
    assert_sound(card)


def test_a_further_run_a_remedy_and_pages_to_read_are_a_click_away(qtbot: QtBot) -> None:
    card, opened = shown(qtbot)
    steps: list[Fix] = []
    remedies: list[Remedy] = []
    card.step_asked.connect(steps.append)
    card.remedy_asked.connect(remedies.append)
    for name in ("Run again with NCCL_DEBUG=INFO", "Set find_unused_parameters in the script"):
        next(each for each in buttons(card) if each.accessibleName() == name).click()
    assert (steps, remedies) == ([AGAIN], [VIEW.remedy])
    links = [each for each in buttons(card) if each.property("role") == "link"]
    assert [each.text() for each in links] == ["example.org/shapes"], "nothing but pages is opened"
    links[0].click()
    assert opened == ["https://example.org/shapes/"]


def test_another_view_takes_all_of_the_former_away(qtbot: QtBot) -> None:
    card, _opened = shown(qtbot)
    card.show_failure(FailureView("The run failed", "", "", "Its files do not say why."))
    card.offer_steps(())
    assert (card.falls.isHidden(), card.remedy.isHidden()) == (True, True)
    assert [each.accessibleName() for each in buttons(card)] == ["Copy"]
    card.show_failure(None)
    assert card.isHidden()


def test_it_paints_in_both_themes_and_copies_all_it_says(qtbot: QtBot) -> None:
    card, _opened = shown(qtbot)
    mode = theme_manager().mode
    try:
        for each in ("light", "dark"):
            theme_manager().set_mode(each)
            assert not card.grab().isNull()
    finally:
        theme_manager().set_mode(mode)
    copied: list[str] = []
    card.copy_asked.connect(copied.append)
    card.copy.click()
    assert "- ranks 0–2, an echo, 0.3 s after the first: Connection closed by peer" in copied[0]
