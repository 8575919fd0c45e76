"""One line above the exports: that one goes on, or waits for an answer, and the way there."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from desktop_app.ui.models.exporting import Exporting
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, ElidedLabel, button

_BAR = 160


class ExportStrip(Card):
    """Hidden while no export goes on; `shown_asked` when it is to be seen."""

    shown_asked = Signal()

    def __init__(self, exporting: Exporting) -> None:
        super().__init__(margin=Space.S, spacing=0)
        self._exporting = exporting
        self.text = ElidedLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress of the export"))
        self.bar.setFixedWidth(_BAR)
        self.show_button = button(self.tr("&Show"), "mdi6.arrow-right", self.shown_asked.emit)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(Space.S, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.show_button)
        self.body.addWidget(holder)
        for signal in (exporting.began, exporting.told, exporting.asked, exporting.done, exporting.failed):
            signal.connect(self._show)
        exporting.given_up.connect(self._show)
        self._show()

    def _show(self) -> None:
        going = self._exporting
        self.setVisible(going.is_busy)
        if going.is_busy and going.order is not None:
            what = self.tr("It waits for an answer.") if going.waits else going.message
            self.text.setText(self.tr("Exporting {}: {}").format(going.order.model.path.name, what))
            self.text.setAccessibleName(self.text.text())
            self.bar.setRange(0, 0 if going.part is None else 1000)
            self.bar.setValue(int((going.part or 0) * 1000))
