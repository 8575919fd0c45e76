"""What stands where there is nothing yet, and teaches what to do about it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets.buttons import primary_button
from desktop_app.ui.widgets.labels import label

_SIZE = 40


class EmptyState(QWidget):
    """An icon, a title, a sentence, and at most a few things to do."""

    def __init__(self, icon_name: str, title: str, text: str, action: QAction | QPushButton | None = None) -> None:
        super().__init__()
        self._icon = icon(icon_name, "muted")
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.heading = label(title, "heading")
        self.text = label(text, "muted", wraps=True)
        self._actions = QHBoxLayout()
        self._build()
        if action is not None:
            self.add_action(action)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def add_action(self, action: QAction | QPushButton) -> None:
        """Offer one more thing to do; a `QAction` becomes a primary button."""
        if isinstance(action, QAction):
            action = primary_button(action.text(), on_click=action.trigger)
        self._actions.insertWidget(self._actions.count() - 1, action)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: in little room the words matter more than the picture."""
        super().resizeEvent(event)
        needed = super().minimumSizeHint().height() + (_SIZE + Space.S if self._picture.isHidden() else 0)
        self._picture.setVisible(self.height() >= needed)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.S)
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._actions.setSpacing(Space.S)
        self._actions.addStretch()
        self._actions.insertStretch(0)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addSpacing(Space.S)
        column.addLayout(self._actions)
        column.addStretch(3)

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(QSize(_SIZE, _SIZE), self.devicePixelRatioF()))
