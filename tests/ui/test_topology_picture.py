"""The picture of nodes and ranks: any size is painted, and ranks are picked by mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop_app.api import Topology
from desktop_app.ui.topology_picture import TopologyPicture
from tests.ui.conftest import settle


@pytest.fixture
def picture() -> Iterator[TopologyPicture]:
    made = TopologyPicture()
    made.resize(600, 200)
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize(
    "topology",
    [Topology(1, 1), Topology(2, 4), Topology(12_500, 8), Topology(1, 1000), Topology(0, 4), Topology(-1, 2)],
)
def test_any_topology_is_painted(picture: TopologyPicture, topology: Topology) -> None:
    picture.show_topology(topology)
    settle()
    assert not picture.grab().isNull()
    bar = picture.verticalScrollBar()
    bar.setValue(bar.maximum())
    settle()
    assert not picture.grab().isNull()


def test_the_mouse_and_the_keys_pick_ranks(picture: TopologyPicture) -> None:
    picture.show_topology(Topology(2, 4))
    settle()
    picked: list[int] = []
    picture.rank_picked.connect(picked.append)
    QTest.mouseClick(picture.viewport(), Qt.MouseButton.LeftButton, pos=picture.viewport().rect().topLeft())
    assert picked == []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_Left):
        QTest.keyClick(picture, key)
    assert picked == [0, 1, 7, 0]
    found = next((x, y) for y in range(0, 80, 2) for x in range(0, 500, 2) if picture.rank_at(x, y) == 5)
    assert picture.rank_at(*found) == 5


def test_picking_far_away_scrolls_there(picture: TopologyPicture) -> None:
    picture.show_topology(Topology(2000, 8))
    settle()
    picture.pick(15_999)
    assert picture.verticalScrollBar().value() > 0
    picture.show_topology(Topology(1, 2))
    assert picture.picked == 1
