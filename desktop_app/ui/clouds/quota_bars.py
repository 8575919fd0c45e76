"""Quota as bars: how many cores of each VM family are in use, and how many may be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.api import Quota
from desktop_app.presenters.clouds.compute import QuotaBar, bars, more_bars
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, IconLabel, label, link_button
from desktop_app.ui.widgets.layouts import drop_contents


class QuotaBars(QWidget):
    """The fullest families first; the rest on request. Hidden where nothing is known."""

    def __init__(self) -> None:
        super().__init__()
        self._quotas: Sequence[Quota] = ()
        self._everything = False
        self._grid = QGridLayout()
        self.more: QPushButton = link_button("", self._show_all)
        self._build()
        self.hide()

    def show_quotas(self, quotas: Sequence[Quota]) -> None:
        """Show these."""
        self._quotas = quotas
        self._fill()

    def _show_all(self) -> None:
        self._everything = not self._everything
        self._fill()

    def _fill(self) -> None:
        drop_contents(self._grid)
        found = bars(self._quotas, self._everything)
        for at, each in enumerate(found):
            self._add(at, each)
        more = more_bars(self._quotas)
        self.more.setVisible(bool(more))
        self.more.setText(self.tr("Show fewer") if self._everything else self.tr("%n more", "", more))
        self.setVisible(bool(found))

    def _add(self, at: int, bar: QuotaBar) -> None:
        row, column = at // 2, 3 * (at % 2)
        made = QProgressBar(textVisible=False)
        made.setRange(0, 1000)
        made.setValue(int(bar.part * 1000))
        made.setProperty("tight", bar.tight)
        made.setAccessibleName(f"{bar.title}: {bar.says}")
        self._grid.addWidget(ElidedLabel(bar.title), row, column)
        self._grid.addWidget(made, row, column + 1)
        says = IconLabel(icon("mdi6.alert-outline", "canceled") if bar.tight else None, bar.says, "small")
        self._grid.addWidget(says, row, column + 2)

    def _build(self) -> None:
        self._grid.setHorizontalSpacing(Space.M)
        self._grid.setVerticalSpacing(Space.XS)
        for column in (0, 3):
            self._grid.setColumnStretch(column, 3)
            self._grid.setColumnStretch(column + 1, 2)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Quota of the region"), "section"))
        head.addStretch()
        head.addWidget(self.more)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        column_layout.setSpacing(Space.XS)
        column_layout.addLayout(head)
        column_layout.addLayout(self._grid)
