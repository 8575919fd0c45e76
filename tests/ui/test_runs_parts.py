"""The parts of a run's page by themselves: questions in place, the failure card, the phases, the ranks' cells."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget

from desktop_app.api import RankState, RunStatus
from desktop_app.presenters.run_failure import FailureView
from desktop_app.presenters.run_page import PhaseView
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.runs.failure_card import FailureCard
from desktop_app.ui.runs.rank_grid import RankGrid
from desktop_app.ui.runs.timeline import Timeline
from desktop_app.ui.theme import theme_manager
from tests.helpers.run_folders import make_run
from tests.helpers.waiting import wait_until
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


@pytest.fixture
def stage() -> Iterator[QWidget]:
    """A window that is in front."""
    made = QWidget()
    QVBoxLayout(made)
    made.resize(700, 300)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    QToolTip.hideText()
    made.close()
    made.deleteLater()


def put(stage: QWidget, widget: QWidget) -> None:
    layout = stage.layout()
    assert layout is not None
    layout.addWidget(widget)
    settle()


def pointed_at(widget: QWidget, at: QPoint) -> str:
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, at, widget.mapToGlobal(at)))
    return QToolTip.text()


def tip_is_gone() -> bool:
    settle()
    return not QToolTip.isVisible()


# ----- questions


def asked(stage: QWidget, done: list[str], name: str = "digits") -> Confirm:
    made = stage.findChild(Confirm)
    if made is None:
        made = Confirm()
        put(stage, made)
    made.ask(f"Cancel {name}?", "This can't be undone.", "Cancel the run", lambda: done.append(name))
    settle()
    return made


def test_a_question_takes_the_keyboard_to_what_does_no_harm(stage: QWidget) -> None:
    done: list[str] = []
    made = asked(stage, done)
    assert QApplication.focusWidget() is made.keep
    assert made.accessibleName() == "Cancel digits? This can't be undone."
    assert_sound(stage)
    QTest.keyClick(made.keep, Qt.Key.Key_Space)
    assert (done, made.isVisible()) == ([], False)


def test_escape_keeps_everything_as_it_is(stage: QWidget) -> None:
    done: list[str] = []
    made = asked(stage, done)
    QTest.keyClick(made.danger, Qt.Key.Key_Escape)
    assert (done, made.isVisible()) == ([], False)
    made.danger.click()
    assert done == [], "what was dismissed is not done later"


def test_yes_is_done_once_and_to_what_was_asked_last(stage: QWidget) -> None:
    done: list[str] = []
    asked(stage, done)
    made = asked(stage, done, "letters")
    made.danger.setFocus()
    QTest.keyClick(made.danger, Qt.Key.Key_Space)
    made.danger.click()
    assert done == ["letters"]
    assert not made.isVisible()


# ----- the failure card

FAILURE = FailureView("Rank 1 fell first", "exit 1 · 12:04", "RuntimeError: no <b>shape</b>", "The shapes differ.", 1)


def test_nothing_is_shown_of_a_run_that_did_not_fail(stage: QWidget) -> None:
    made = FailureCard()
    put(stage, made)
    for view, seen in ((None, False), (FAILURE, True), (None, False)):
        made.show_failure(view)
        assert made.isVisible() is seen


def test_the_cause_is_spoken_and_leads_to_log_and_code(stage: QWidget) -> None:
    made, led = FailureCard(), []
    made.log_asked.connect(lambda: led.append("log"))
    made.code_asked.connect(lambda: led.append("code"))
    put(stage, made)
    made.show_failure(FAILURE)
    made.offer_code("train.py:41")
    settle()
    assert made.accessibleName() == "Rank 1 fell first. RuntimeError: no <b>shape</b>"
    assert made.text.text() == "RuntimeError: no <b>shape</b>"
    assert made.text.textFormat() == Qt.TextFormat.PlainText
    for each in (made.show_log, made.open_code):
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Space)
    assert led == ["log", "code"]
    assert made.open_code.accessibleName() == "Open train.py:41"
    assert_sound(stage)


def test_a_failure_without_rank_and_line_offers_no_way_there(stage: QWidget) -> None:
    made = FailureCard()
    put(stage, made)
    made.show_failure(dataclasses.replace(FAILURE, rank=None, text=""))
    made.offer_code("")
    settle()
    assert [each.isVisible() for each in (made.show_log, made.open_code, made.text)] == [False] * 3


# ----- the phases

PHASES = (
    PhaseView("Preparing", RunStatus.COMPLETED, "done", "00:02", 2.0, happened=True, lasts=False),
    PhaseView("Running", RunStatus.RUNNING, "going on", "00:41", 41.0, happened=True, lasts=True),
    PhaseView("Finalizing", RunStatus.NOT_STARTED, "to come", "", 0.0, happened=False, lasts=False),
)


def test_the_phases_are_spoken_and_each_says_more_when_pointed_at(stage: QWidget) -> None:
    made = Timeline()
    put(stage, made)
    made.show_phases(PHASES)
    assert made.accessibleName() == "Phases"
    assert "Running going on 00:41" in made.accessibleDescription()
    middles = [area.center().toPoint() for _, area in made._places()]
    assert [pointed_at(made, each) for each in middles] == [
        "Preparing: done, 00:02", "Running: going on, 00:41", "Finalizing: to come",
    ]  # fmt: skip


def test_the_phases_fill_the_width_and_the_longest_gets_most(stage: QWidget) -> None:
    made = Timeline()
    put(stage, made)
    made.show_phases(PHASES)
    areas = [area for _, area in made._places()]
    assert areas[0].left() == 0
    assert areas[-1].right() == pytest.approx(made.width(), abs=1)
    assert max(areas, key=lambda each: each.width()) == areas[1]
    assert all(one.right() < other.left() for one, other in itertools.pairwise(areas))


def test_what_took_but_a_moment_is_a_dot_however_wide_its_name(stage: QWidget) -> None:
    made = Timeline()
    put(stage, made)
    moment = dataclasses.replace(PHASES[0], duration="< 0.1 s", seconds=0.003)
    colors = []
    for phases in (PHASES, (moment, *PHASES[1:])):
        made.show_phases(phases)
        area = made._places()[0][1]
        picture = made.grab().toImage()
        y = made.height() - 4
        colors.append([picture.pixelColor(int(area.left()) + x, y).name() for x in (4, int(area.width()) - 8)])
    (start, end), (dot, rest) = colors
    assert start == end == dot
    assert rest != dot


def test_no_phase_yet_paints_nothing_and_says_nothing(stage: QWidget) -> None:
    made = Timeline()
    put(stage, made)
    assert made.accessibleDescription() == ""
    before = made.grab().toImage()
    assert pointed_at(made, QPoint(5, 5)) == ""
    made.show_phases(PHASES)
    assert made.grab().toImage() != before


# ----- the ranks


def grid(stage: QWidget, tmp_path: Path, nodes: int = 2, processes: int = 4) -> tuple[RankGrid, list[int]]:
    made = RankGrid()
    put(stage, made)
    run = make_run(tmp_path, "r-1", nodes=nodes, processes=processes).snapshot
    made.show_ranks(run.ranks, run.nodes, None)
    settle()
    picked: list[int] = []
    made.picked.connect(picked.append)
    made.setFocus()
    return made, picked


def here(grid: RankGrid) -> str:
    return grid.accessibleDescription().split(":")[0]


def test_arrows_go_from_rank_to_rank_and_stop_at_the_ends(stage: QWidget, tmp_path: Path) -> None:
    made, picked = grid(stage, tmp_path)
    keys = Qt.Key
    for key, there in (
        (keys.Key_Right, 1), (keys.Key_Left, 0), (keys.Key_Left, 0), (keys.Key_End, 7), (keys.Key_Right, 7),
        (keys.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(made, key)
        assert here(made) == f"Rank {there}"
    assert picked == []
    assert_sound(stage)


def test_enter_picks_and_escape_takes_back(stage: QWidget, tmp_path: Path) -> None:
    made, picked = grid(stage, tmp_path)
    QTest.keyClick(made, Qt.Key.Key_Right)
    QTest.keyClick(made, Qt.Key.Key_Return)
    QTest.keyClick(made, Qt.Key.Key_Escape)
    QTest.keyClick(made, Qt.Key.Key_Space)
    QTest.keyClick(made, Qt.Key.Key_Space)
    assert picked == [1, -1, 1, -1]


def test_ten_thousand_ranks_cost_what_a_screenful_costs(
    stage: QWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, painted = RankGrid(), list[int]()
    made.setParent(stage)
    made.resize(1000, 200)
    few = make_run(tmp_path, "r-0", nodes=1, processes=8).snapshot.ranks
    ranks = tuple(dataclasses.replace(few[number % 8], rank=number, node=number // 8) for number in range(10_000))
    made.show_ranks(ranks, 1250, 3333)
    paint = made._paint_cell

    def painting(painter: QPainter, rank: RankState, area: QRect) -> None:
        painted.append(rank.rank)
        paint(painter, rank, area)

    monkeypatch.setattr(made, "_paint_cell", painting)
    made.show()
    made.grab()
    assert 0 < len(painted) < 400
    QTest.keyClick(made, Qt.Key.Key_End)
    painted.clear()
    made.grab()
    assert painted[-1] == 9_999
    area = made._area_at(9_999)
    assert area is not None
    picked: list[int] = []
    made.picked.connect(picked.append)
    place = area.center() - QPoint(0, made.verticalScrollBar().value())
    QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picked == [9_999]


def test_a_cell_tells_its_rank_when_pointed_at(stage: QWidget, tmp_path: Path) -> None:
    made, _ = grid(stage, tmp_path)
    area = made._area_at(5)
    assert area is not None
    place = area.center()
    assert "node 1, local rank 1" in pointed_at(made.viewport(), place)
    pointed_at(made.viewport(), QPoint(made.viewport().width() - 1, 1))
    wait_until(tip_is_gone, what="the tip to go: beside the cells there is nothing to tell")


def test_keys_in_a_grid_without_ranks_do_no_harm(stage: QWidget) -> None:
    made = RankGrid()
    put(stage, made)
    made.show_ranks((), 1, None)
    picked: list[int] = []
    made.picked.connect(picked.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Escape):
        QTest.keyClick(made, key)
    assert (picked, made.accessibleDescription()) == ([], "")


def test_fewer_ranks_than_before_leave_nobody_outside(stage: QWidget, tmp_path: Path) -> None:
    made, _ = grid(stage, tmp_path)
    QTest.keyClick(made, Qt.Key.Key_End)
    one = (RankState(0, 0, 0, RunStatus.FAILED, exit_code=1),)
    made.show_ranks(one, 1, 0)
    made.grab()
    QTest.keyClick(made, Qt.Key.Key_Left)
    assert "first to fail" in made.accessibleDescription()
    theme_manager().set_mode("dark")
    made.grab()
