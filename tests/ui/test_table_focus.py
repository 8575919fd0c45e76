"""A table's cells: the one that has the focus shows as much of its text as it does without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop_app.ui.clouds.table_pane import TablePane
from tests.ui.conftest import settle

TEXT = "gpu-cluster"


@pytest.fixture
def pane() -> Iterator[TablePane]:
    made = TablePane("Compute targets", ("Name", "A"), 1)
    made.resize(500, 200)
    made.show_rows(2, lambda _row, _column: TEXT)
    made.show()
    made.activateWindow()
    made.view.setFocus()
    yield made
    made.close()
    made.deleteLater()
    settle()


def ink(pane: TablePane, row: int, column: int) -> list[int]:
    """Where in a cell, within its frame, something is painted from left to right; the ground is transparent."""
    settle()
    rect = pane.view.visualRect(pane.model.index(row, column)).adjusted(2, 3, -2, -3)
    picture = pane.view.viewport().grab(rect).toImage()
    lines = range(picture.height())
    return [x for x in range(picture.width()) if any(picture.pixelColor(x, y).alpha() > 100 for y in lines)]


def test_the_cell_that_has_the_focus_is_whole(pane: TablePane) -> None:
    pane.view.setCurrentIndex(pane.model.index(1, 1))
    pane.view.clearSelection()
    without = ink(pane, 0, 0)
    pane.view.setCurrentIndex(pane.model.index(0, 0))
    pane.view.clearSelection()
    assert pane.view.hasFocus()
    assert len(without) > len(TEXT)
    assert ink(pane, 0, 0) == without
