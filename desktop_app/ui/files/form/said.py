"""What stands below a row: a sentence each, with an icon where something is wrong, and a link that mends it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from desktop_app.api import Diagnostic
from desktop_app.ui.files.marks import ICONS, ROLES, WORDS
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import label, link_button
from desktop_app.ui.widgets.tips import tip

_SHORT = 16  # letters of a fix that stands well beside the sentence


class Finding(QWidget):
    """One finding. `fix_asked`: the link was clicked; `chosen`: the sentence was."""

    fix_asked = Signal()
    chosen = Signal()

    def __init__(self, found: Diagnostic) -> None:
        super().__init__()
        self.found = found
        self._icon = icon(ICONS[found.severity], ROLES[found.severity])
        self._picture = QLabel()
        self.text = label(found.message, ROLES[found.severity], wraps=True)
        self.text.setAccessibleName(f"{WORDS[found.severity]}: {found.message}")
        self.fix: QPushButton | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S - 2)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        long = found.fix is not None and len(found.fix.title) > _SHORT
        sides = QBoxLayout.Direction.TopToBottom if long else QBoxLayout.Direction.LeftToRight
        words = QBoxLayout(sides)
        words.setSpacing(2 if long else Space.S)
        words.addWidget(self.text, 1)
        row.addLayout(words, 1)
        if found.fix is not None:
            self.fix = link_button(found.fix.title, self.fix_asked.emit)
            self.fix.setAccessibleDescription(found.message)
            self.fix.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self.fix.setMinimumWidth(Space.XL)
            words.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: a click on the sentence goes to its place."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: a long fix breaks in its middle, and is whole in the tool tip."""
        super().resizeEvent(event)
        if self.fix is None or self.found.fix is None:
            return
        title, room = self.found.fix.title, self.width() - icon_size().width() - 2 * Space.M
        shown = self.fix.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, room)
        if shown != self.fix.text():
            self.fix.setText(shown)
            self.fix.setToolTip(tip(title) if shown != title else "")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another font, another icon."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._redraw()

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(icon_size(), self.devicePixelRatioF()))
