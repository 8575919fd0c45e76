"""A decision asked for in place: what would happen, and the buttons for it; Esc keeps everything as it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, theme_manager
from desktop_app.ui.widgets import button, danger_button, label


class Confirm(QFrame):
    """Hidden until something is asked; asking anew replaces what was asked before."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", "warning")
        self._then: Callable[[], object] | None = None
        self._picture = QLabel()
        self.heading, self.text = label(role="strong", wraps=True), label(role="muted", wraps=True)
        self.danger = danger_button("", "", self._accept)
        self.keep = button(self.tr("&Keep it"), on_click=self.dismiss)
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    def ask(self, heading: str, text: str, yes: str, then: Callable[[], object]) -> None:
        """Ask; `then` is called on `yes`."""
        self._then = then
        self.heading.setText(heading)
        self.text.setText(text)
        self.danger.setText(yes)
        self.danger.setAccessibleName(yes)
        self.setAccessibleName(f"{heading} {text}")
        self.show()
        self.keep.setFocus()

    def dismiss(self) -> None:
        """Do nothing."""
        self._then = None
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc keeps everything as it is."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _accept(self) -> None:
        then = self._then
        self.dismiss()
        if then is not None:
            then()

    def _build(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(Space.XS)
        texts.addWidget(self.heading)
        texts.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(texts, 1)
        for each in (self.danger, self.keep):
            row.addWidget(each)

    def _redraw(self) -> None:
        picture = icon("mdi6.help-circle-outline", "canceled")
        self._picture.setPixmap(picture.pixmap(QSize(ICON, ICON), self.devicePixelRatioF()))
