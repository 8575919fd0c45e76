"""One line above the cards: what is being done to plugins, how far it is, and its Cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent

from desktop_app.ui.plugins.telling import announce
from desktop_app.ui.plugins.working import PluginWork
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, button
from desktop_app.ui.widgets.progress_line import ProgressLine

_LATE_MS = 200


class PluginStrip(Card):
    """Shown once the work takes longer than a moment; what is over at once does not flicker."""

    def __init__(self, work: PluginWork) -> None:
        super().__init__(margin=Space.S, spacing=0)
        self._work = work
        self.cancel_button = button(self.tr("&Cancel"), "mdi6.close", work.cancel)
        self._line = ProgressLine(self.cancel_button)
        self.text, self.bar = self._line.text, self._line.bar
        self.body.addWidget(self._line)
        self._late = QTimer(self, interval=_LATE_MS, singleShot=True)
        self._late.timeout.connect(self._show)
        work.began.connect(self._late.start)
        work.told.connect(self._tell)
        work.ended.connect(self._end)
        self.hide()
        if work.is_busy:
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc cancels."""
        if event.key() == Qt.Key.Key_Escape:
            self._work.cancel()
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        if self._work.is_busy:
            self._tell()
            self.show()
            announce(self, self._work.what)

    def _tell(self) -> None:
        work = self._work
        self._line.tell(f"{work.what}: {work.message}" if work.message else f"{work.what} …", work.part)

    def _end(self) -> None:
        self._late.stop()
        self.hide()
