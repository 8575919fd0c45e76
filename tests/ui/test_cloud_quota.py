"""The Cloud page's quota: bars of full height, however many families a region has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from desktop_app.api import Quota
from desktop_app.ui.clouds.quota_bars import QuotaBars
from tests.ui.conftest import settle

FAMILIES = [Quota(f"Standard N{number}v3 Family", 0, 100) for number in range(66)]


@pytest.fixture
def quota() -> Iterator[QuotaBars]:
    window, made = QWidget(), QuotaBars()
    column = QVBoxLayout(window)
    column.addWidget(QWidget(), 1)
    column.addWidget(made)
    window.resize(900, 500)
    window.show()
    yield made
    window.close()
    window.deleteLater()
    settle()


def names(quota: QuotaBars) -> list[QLabel]:
    return [each for each in quota.area.findChildren(QLabel) if "Family" in each.text() and not each.isHidden()]


def test_all_families_are_rows_of_full_height_that_scroll(quota: QuotaBars) -> None:
    quota.show_quotas(FAMILIES)
    settle()
    few = quota.area.height()
    assert quota.area.verticalScrollBar().maximum() == 0, "the first few need no scrolling"
    quota.more.click()
    settle()
    assert len(names(quota)) == len(FAMILIES)
    assert all(each.height() >= each.fontMetrics().height() for each in names(quota))
    assert 2 * few < quota.area.height() < 500 / 2, "the table above keeps its place"
    bar = quota.area.verticalScrollBar()
    assert bar.maximum() > 0
    quota.area.setFocus()
    QTest.keyClick(quota.area, Qt.Key.Key_PageDown)
    there = bar.value()
    assert there > 0
    quota.show_quotas([*FAMILIES[:-1], Quota(FAMILIES[-1].family, 1, 100)])
    settle()
    assert bar.value() == there, "another look moves nobody"


def test_fewer_are_as_they_were(quota: QuotaBars) -> None:
    quota.show_quotas(FAMILIES)
    settle()
    before = quota.area.height()
    quota.more.click()
    settle()
    quota.more.click()
    settle()
    assert quota.area.height() == before
    assert len(names(quota)) == 8
