"""A note that something was done, over the foot of its window: nothing moves for it, and it goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets.buttons import tool_button
from desktop_app.ui.widgets.labels import label

PASSING_MS = 8000
"""How long a note stays; long enough to be read twice."""
_WIDEST = 640
_ABOVE_FOOT = 44


class PassingNote(QFrame):
    """One for each window; a new note takes the place of the one before."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("role", "message")
        self.setProperty("tone", "info")
        self.timer = QTimer(self, interval=PASSING_MS, singleShot=True)
        self.timer.timeout.connect(self.hide)
        self.text = label(role="strong", wraps=True, selectable=True)
        self._picture = QLabel()
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.S, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        row.addWidget(tool_button("mdi6.close", self.tr("Dismiss"), self.hide))
        window.installEventFilter(self)
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    @classmethod
    def over(cls, widget: QWidget) -> PassingNote:
        """Return the note of a widget's window, made where there is none yet."""
        window = widget.window()
        found = window.findChild(cls, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return found if isinstance(found, cls) else cls(window)

    def tell(self, text: str) -> None:
        """Show a note for a while, and have screen readers say it."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self.timer.start()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name and signature
        """Called by Qt: keep the place when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        """Stand in the middle above the window's foot, as wide as the words need and the window has room for."""
        window = self._window
        room = window.width() - 2 * Space.L
        wanted = self.text.fontMetrics().horizontalAdvance(self.text.text()) + 4 * Space.L + 3 * icon_size().width()
        width = max(1, min(wanted, _WIDEST, room))
        height = self._row.heightForWidth(width)
        self.resize(width, height if height > 0 else self.sizeHint().height())
        self.move((window.width() - width) // 2, max(0, window.height() - self.height() - _ABOVE_FOOT))

    def _redraw(self) -> None:
        self._picture.setPixmap(
            icon("mdi6.check-circle-outline", "accent").pixmap(icon_size(), self.devicePixelRatioF())
        )
