"""Quota as bars: how many cores of each VM family are in use, and how many may be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.api import Quota
from desktop_app.presenters.clouds.compute import QuotaBar, bars, more_bars
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, IconLabel, label, link_button, scrolled
from desktop_app.ui.widgets.layouts import drop_contents

_SEEN = 9
"""Rows that are seen at once; the others are scrolled to."""


class QuotaBars(QWidget):
    """The fullest families first; the rest on request. Hidden where nothing is known."""

    def __init__(self) -> None:
        super().__init__()
        self._quotas: Sequence[Quota] = ()
        self._everything = False
        self._content = QWidget()
        self._grid = QGridLayout(self._content)
        self.area = scrolled(self._content, self.tr("Quota of the region"))
        self.more: QPushButton = link_button("", self._show_all)
        self._build()
        self.hide()

    def show_quotas(self, quotas: Sequence[Quota]) -> None:
        """Show these; where they are the same, whoever scrolls stays where they are."""
        if tuple(quotas) != tuple(self._quotas):
            self._quotas = quotas
            self._fill()

    def _show_all(self) -> None:
        self._everything = not self._everything
        self._fill()
        self.area.verticalScrollBar().setValue(0)

    def _fill(self) -> None:
        drop_contents(self._grid)
        found = bars(self._quotas, self._everything)
        for at, each in enumerate(found):
            self._add(at, each)
        more = more_bars(self._quotas)
        self.more.setVisible(bool(more))
        self.more.setText(self.tr("Show fewer") if self._everything else self.tr("%n more", "", more))
        self._fit((len(found) + 1) // 2)
        self.setVisible(bool(found))

    def _fit(self, rows: int) -> None:
        """Rows keep their height, however many there are; few of them need no scrolling, and are no stop of Tab."""
        whole = self._grid.sizeHint().height()
        one = (whole + Space.XS) / max(1, rows)
        self.area.setFixedHeight(min(whole, round(_SEEN * one)))
        policy = Qt.FocusPolicy.StrongFocus if rows > _SEEN else Qt.FocusPolicy.NoFocus
        self.area.setFocusPolicy(policy)

    def _add(self, at: int, bar: QuotaBar) -> None:
        row, column = at // 2, 3 * (at % 2)
        made = QProgressBar(textVisible=False)
        made.setRange(0, 1000)
        made.setValue(int(bar.part * 1000))
        made.setProperty("tight", bar.tight)
        made.setAccessibleName(f"{bar.title}: {bar.says}")
        says = IconLabel(icon("mdi6.alert-outline", "canceled") if bar.tight else None, bar.says, "small")
        for at_column, each in enumerate((ElidedLabel(bar.title), made, says), column):
            self._grid.addWidget(each, row, at_column)
            each.show()  # now, as it counts in the rows' height

    def _build(self) -> None:
        self._grid.setContentsMargins(0, 0, 0, 0)
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
        column_layout.addWidget(self.area)
