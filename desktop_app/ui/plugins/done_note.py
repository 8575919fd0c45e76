"""One line that says what was done to plugins, with its Undo in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from desktop_app.ui.icons import icon
from desktop_app.ui.plugins.telling import announce
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import button, label, tool_button
from desktop_app.ui.widgets.tips import tip


class DoneNote(QFrame):
    """Hidden until something was done; `undo_asked` carries the change's number."""

    undo_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", "info")
        self._number = 0
        self._picture = QLabel()
        self.text = label(role="strong", wraps=True, selectable=True)
        self.undo = button(self.tr("U&ndo"), "mdi6.undo", self._undo)
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    def say(self, text: str, number: int) -> None:
        """Show what was done, and have screen readers say it; `number` is that of the change, 0 where it stays."""
        self._number = number
        self.text.setText(text)
        self.setAccessibleName(text)
        self.undo.setVisible(number > 0)
        self.undo.setToolTip(tip(self.tr("Undo: {}").format(text)))
        self.show()
        announce(self, text)

    def look(self, newest: int) -> None:
        """Be gone once something else was changed: Undo would take that back."""
        if self._number and newest > self._number:
            self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc dismisses."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _undo(self) -> None:
        self.hide()
        self.undo_asked.emit(self._number)

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.XS + 2, Space.S, Space.XS + 2)
        row.setSpacing(Space.S)
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        row.addWidget(self.undo)
        row.addWidget(tool_button("mdi6.close", self.tr("Dismiss"), self.hide))
        self.undo.hide()

    def _redraw(self) -> None:
        picture = icon("mdi6.check-circle-outline", "accent")
        self._picture.setPixmap(picture.pixmap(icon_size(), self.devicePixelRatioF()))
