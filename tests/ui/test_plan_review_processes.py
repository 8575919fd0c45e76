"""The plan in the window: launchers, roles and their variables, to read and to copy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import Diagnostic, Fix, Job, ProcessSpec, Severity, SubmissionPlan, Topology
from desktop_app.places import Places
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.widgets import InlineMessage
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import PlanningBackend, bench_with

SHELL = ("/bin/bash", "-c", "python train.py")
TF_CONFIG = json.dumps({"cluster": {"ps": ["host0:2222"], "worker": ["host1:2222"]}})
MPIRUN = ("/usr/bin/mpirun", "-np", "2", "--host", "node0:1,node1:1", "a b")
Show = Callable[[SubmissionPlan], PlanReview]


@pytest.fixture
def show(places: Places) -> Iterator[Show]:
    made: list[PlanReview] = []
    bench = bench_with(places, PlanningBackend())

    async def again() -> SubmissionPlan | None:
        return None

    def open_one(plan: SubmissionPlan) -> PlanReview:
        review = PlanReview(plan, bench, None, again)
        made.append(review)
        review.open()
        settle()
        return review

    yield open_one
    for each in made:
        each.reject()
        each.deleteLater()


def plan(*processes: ProcessSpec, launchers: tuple[ProcessSpec, ...] = ()) -> SubmissionPlan:
    return SubmissionPlan("local", Job("x"), "job.yml", Topology(2, 1), processes, launchers=launchers)


def cells(review: PlanReview, row: int) -> list[str]:
    return [str(review.processes.index(row, column).data()) for column in range(review.processes.columnCount())]


def test_mpirun_and_its_ranks(show: Show) -> None:
    ranks = [ProcessSpec(each, 0, each, SHELL, {"OMPI_COMM_WORLD_RANK": str(each)}, launched=True) for each in (0, 1)]
    review = show(plan(*ranks, launchers=(ProcessSpec(0, 0, 0, MPIRUN, role="launcher"),)))
    assert cells(review, 0)[:4] == ["mpirun", "–", "–", "starts 2 ranks"]
    assert cells(review, 2) == ["1", "1", "0", "started by mpirun", "python train.py"]
    review.command.copy_button.setFocus()
    QTest.keyClick(review.command.copy_button, Qt.Key.Key_Space)
    assert QApplication.clipboard().text() == "/usr/bin/mpirun -np 2 --host node0:1,node1:1 'a b'"
    review.picture.pick(1)
    assert review.process_table.currentIndex().row() == 2
    assert review.variables.index(0, 2).data() == "rank 1"
    assert review.legend.isHidden()
    assert_sound(review)


def test_a_parameter_server_and_its_cluster(show: Show) -> None:
    server = ProcessSpec(0, 0, 0, SHELL, {"TF_CONFIG": TF_CONFIG}, "ps", serves=True)
    review = show(plan(server, ProcessSpec(1, 0, 1, SHELL, {"TF_CONFIG": TF_CONFIG})))
    assert cells(review, 0)[:4] == ["ps 0", "0", "0", "ends when the others are done"]
    assert review.legend.text == "1 parameter server, 1 worker"
    assert review.pane.isVisible()
    assert len(review.pane.text.toPlainText().splitlines()) > 5
    review.pane.buttons[0].click()
    assert QApplication.clipboard().text() == TF_CONFIG
    review.process_table.selectRow(1)
    assert review.picture.picked == 1
    assert review.variables.index(0, 2).data() == "worker 0"
    assert_sound(review)


def test_ranks_that_are_alike_have_no_notes(show: Show) -> None:
    review = show(plan(*(ProcessSpec(each, 0, each, SHELL, {"RANK": str(each)}) for each in (0, 1))))
    assert cells(review, 1) == ["1", "1", "0", "python train.py"]
    assert review.pane.isHidden()
    assert show(plan()).command.isHidden()


def test_a_fix_that_is_clicked_elsewhere_is_said_with_the_place(show: Show) -> None:
    found = Diagnostic(Severity.ERROR, "count", "Too many.", "a.b", 3, fix=Fix("Write 2", {"a.b": 2}))
    review = show(replace(plan(ProcessSpec(0, 0, 0, SHELL, {})), diagnostics=(found,)))
    first = review.messages.itemAt(0)
    assert first is not None
    said = first.widget()
    assert isinstance(said, InlineMessage)
    assert said.hint.text() == "Line 3, a.b. Cancel, then click “Write 2” at it in Files."
