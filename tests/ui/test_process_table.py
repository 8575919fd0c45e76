"""What every process sees, in the window: rows as they are painted, roles in the picture, variables to copy."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop_app.api import Job, RankRow, RankTable, Topology
from desktop_app.presenters.rank_pages import RankPages
from desktop_app.services.rank_tables import PAGE
from desktop_app.ui.role_legend import RoleLegend, role_color
from desktop_app.ui.topology_picture import TopologyPicture
from desktop_app.ui.wizard.process_table import ProcessTable
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


class Cluster:
    """A parameter server, and `workers` workers with their TF_CONFIG; notes which pages were asked for."""

    def __init__(self, workers: int) -> None:
        self.total = 1 + workers
        self.pages: list[int] = []

    def __call__(self, _job: Job, first: int, count: int) -> RankTable:
        self.pages.append(first // PAGE)
        ranks = range(self.total)[first : first + count]
        return RankTable(Topology(self.total, 1), tuple(map(self._row, ranks)))

    def _row(self, rank: int) -> RankRow:
        kind, index = ("worker", rank - 1) if rank else ("ps", 0)
        variables = {"TF_CONFIG": config(kind, index), "SHORT": str(rank)}
        return RankRow(rank, rank, 0, f"{kind} {index}", f"{kind[0]}{index}", "0", variables)


def config(kind: str, index: int) -> str:
    return json.dumps({"cluster": {"worker": ["host0:2222"]}, "task": {"type": kind, "index": index}})


@pytest.fixture
def stage() -> Iterator[QWidget]:
    made = QWidget()
    QVBoxLayout(made)
    made.resize(640, 600)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def table(stage: QWidget) -> ProcessTable:
    made = ProcessTable()
    layout = stage.layout()
    assert layout is not None
    layout.addWidget(made)
    settle()
    return made


def row(table: ProcessTable, at: int) -> list[str]:
    return [str(table.rows.index(at, column).data()) for column in range(table.rows.columnCount())]


def headers(table: ProcessTable) -> list[str]:
    across, shown = Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole
    return [table.rows.headerData(column, across, shown) for column in range(table.rows.columnCount())]


def test_a_column_for_each_short_variable(table: ProcessTable) -> None:
    tester = QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.show_pages(RankPages(Job("x"), Cluster(3)))
    assert headers(table) == ["Process", "Node", "Local rank", "GPU", "SHORT"]
    assert row(table, 2) == ["worker 1", "2", "0", "0", "2"]
    numbers = (RankRow(0, 0, 0, "0", environment={"RANK": "0"}),)
    table.show_pages(RankPages(Job("y"), lambda _job, _first, _count: RankTable(Topology(), numbers)))
    assert headers(table) == ["Rank", "Node", "Local rank", "RANK"]
    del tester


def test_the_variables_of_the_picked_process_are_shown_to_read_and_copied_as_they_are(
    stage: QWidget, table: ProcessTable
) -> None:
    table.show_pages(RankPages(Job("x"), Cluster(3)))
    table.table.selectRow(2)
    assert table.pane.heading.text() == "worker 1 (rank 2): node 2, local rank 0, GPU 0"
    shown = table.pane.text.toPlainText()
    assert shown.startswith("TF_CONFIG={\n")
    assert '\n    "index": 1' in shown
    assert shown.endswith("SHORT=2")
    (copy,) = table.pane.buttons
    copy.setFocus()
    QTest.keyClick(copy, Qt.Key.Key_Space)
    assert QApplication.clipboard().text() == config("worker", 1)
    assert_sound(stage)


def test_short_variables_are_copied_together(table: ProcessTable) -> None:
    rows = (RankRow(0, 0, 0, "0", environment={"RANK": "0", "WORLD_SIZE": "1"}),)
    table.show_pages(RankPages(Job("x"), lambda _job, _first, _count: RankTable(Topology(), rows)))
    table.pane.buttons[0].click()
    assert QApplication.clipboard().text() == "RANK=0\nWORLD_SIZE=1"


def test_of_thousands_only_those_that_are_seen_are_asked_for(table: ProcessTable) -> None:
    cluster = Cluster(4095)
    table.show_pages(RankPages(Job("x"), cluster))
    settle()
    table.grab()
    assert cluster.pages == [0]
    table.table.scrollToBottom()
    settle()
    table.grab()
    assert set(cluster.pages) <= {0, 62, 63}
    assert row(table, 4095)[0] == "worker 4094"


def test_another_job_keeps_the_picked_process_and_asks_for_what_is_seen(table: ProcessTable) -> None:
    table.show_pages(RankPages(Job("x"), Cluster(999)))
    table.table.selectRow(500)
    other = Cluster(998)
    table.show_pages(RankPages(Job("y"), other))
    settle()
    assert table.table.currentIndex().row() == 500
    assert table.pane.heading.text().startswith("worker 499 ")
    assert len(set(other.pages)) <= 3
    table.show_pages(RankPages(Job("z"), Cluster(2)))
    assert table.table.currentIndex().row() == 2


def test_without_variables_there_is_no_pane(table: ProcessTable) -> None:
    rows = (RankRow(0, 0, 0, "0"),)
    table.show_pages(RankPages(Job("x"), lambda _job, _first, _count: RankTable(Topology(), rows)))
    assert table.pane.isHidden()
    table.show_pages(RankPages(Job("y"), lambda _job, _first, _count: RankTable(Topology(0, 0))))
    assert table.rows.rowCount() == 0


def test_roles_stand_in_the_picture_and_the_legend_says_them(stage: QWidget) -> None:
    picture, legend = TopologyPicture(), RoleLegend()
    layout = stage.layout()
    assert layout is not None
    layout.addWidget(picture)
    layout.addWidget(legend)
    pages = RankPages(Job("x"), Cluster(3))
    picture.show_cells(pages)
    legend.show_roles(pages)
    settle()
    assert legend.isVisible()
    assert legend.text == "1 parameter server, 3 workers"
    assert picture.accessibleDescription() == "4 nodes: 3 workers, 1 parameter server"
    picture.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_End):
        QTest.keyClick(picture, key)
    assert picture.accessibleDescription().endswith("worker 2 (rank 3): node 3, local rank 0")
    assert role_color("ps") != role_color("worker")
    before = picture.grab().toImage()
    picture.show_topology(Topology(4, 1))
    legend.show_roles(RankPages(Job("y"), lambda _job, _first, _count: RankTable(Topology(), ())))
    assert picture.grab().toImage() != before
    assert not legend.isVisible()
