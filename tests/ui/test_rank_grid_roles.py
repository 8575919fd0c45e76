"""Cells of ranks that differ in what they are carry their names."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import RankState, RunStatus
from desktop_app.ui.runs.rank_grid import RankGrid
from tests.ui.conftest import settle

RANKS = tuple(
    RankState(rank, 0, rank, RunStatus.RUNNING, role=role) for rank, role in enumerate(("head", *3 * ("worker",)))
)


def test_names_have_room_and_are_spoken(dressed_app: QApplication) -> None:
    grid = RankGrid()
    grid.resize(500, 80)
    grid.show_ranks([dataclasses.replace(each, role="worker") for each in RANKS], 4, None)
    small, plain = grid.cell, grid.grab().toImage()
    grid.show_ranks(RANKS, 4, None)
    grid.show()
    settle()
    assert grid.cell > small
    assert grid.grab().toImage() != plain
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert grid.accessibleDescription().endswith("worker 0")
    QTest.keyClick(grid, Qt.Key.Key_Home)
    assert grid.accessibleDescription().startswith("Rank 0: Running")
    assert grid.accessibleDescription().endswith("head")
    grid.deleteLater()


def test_a_launcher_is_not_called_a_rank(dressed_app: QApplication) -> None:
    grid = RankGrid()
    alone = RankState(0, 0, 0, RunStatus.RUNNING)
    titles = []
    for ranks, nodes in (((alone,), 1), ((dataclasses.replace(alone, role="agent"),), 1), ((alone,), 2)):
        grid.show_ranks(ranks, nodes, None)
        titles.append(grid._label(0))
    assert titles == ["ranks", "launcher", "node 0"]
    grid.deleteLater()
