"""Labels: plain ones by role, elided ones, and a run's state as icon, word and colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop_app.ui.icons import state_icon
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets.tips import tip

if TYPE_CHECKING:
    from desktop_app.api import RunStatus

_WORDS = {"NotStarted": "Not started", "CancelRequested": "Canceling"}


def label(text: str = "", role: str = "plain", *, wraps: bool = False, selectable: bool = False) -> QLabel:
    """Return a plain-text label; `role` is plain, muted, small, section, strong, heading, title, error, ...."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wraps)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


class ElidedLabel(QLabel):
    """One line that gives way: too long a text ends (or starts, or breaks) in …, and is whole in the tool tip.

    A tool tip of its own stays, below the text.
    """

    def __init__(
        self, text: str = "", role: str = "plain", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__(text)
        self._mode = mode
        self._tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a few letters are enough."""
        return QSize(QFontMetrics(self.font()).horizontalAdvance("mmm…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another part of the text may be hidden now."""
        super().resizeEvent(event)
        self._fit_tip()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show another text."""
        super().setText(text)
        self._fit_tip()

    def setToolTip(self, tip: str) -> None:  # noqa: N802 - Qt's name
        """Say more when pointed at."""
        self._tip = tip
        self._fit_tip()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt to paint the part of the text that fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.contentsRect(), int(self.alignment()), self._shown())

    def _fit_tip(self) -> None:
        whole = self.text() if self._shown() != self.text() else ""
        super().setToolTip(tip("\n".join(each for each in (whole, self._tip) if each)))

    def _shown(self) -> str:
        return QFontMetrics(self.font()).elidedText(self.text(), self._mode, self.contentsRect().width())


class IconLabel(QWidget):
    """An icon and a text beside it."""

    def __init__(self, picture: QIcon | None = None, text: str = "", role: str = "plain") -> None:
        super().__init__()
        self._picture = QLabel()
        self.label = label(text, role)
        self._icon = QIcon()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S - 2)
        row.addWidget(self._picture)
        row.addWidget(self.label)
        theme_manager().changed.connect(self._redraw)
        if picture is not None:
            self.set_icon(picture)

    def set_icon(self, picture: QIcon) -> None:
        """Show another icon."""
        self._icon = picture
        self._redraw()

    def set_text(self, text: str) -> None:
        """Show another text."""
        self.label.setText(text)

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(icon_size(), self.devicePixelRatioF()))


class StateLabel(IconLabel):
    """A state as icon, word and colour; `note` follows after a dot (`Running · 00:41`)."""

    def __init__(self, status: RunStatus | str = "Unknown", note: str = "") -> None:
        super().__init__()
        self._status = status
        self.label.setProperty("role", "strong")
        self.set_state(status, note)

    def set_state(self, status: RunStatus | str, note: str = "") -> None:
        """Show another state."""
        if status is not self._status or self._icon.isNull():  # a live run's note changes every second
            self._status = status
            self.set_icon(state_icon(status))
        self.set_text(f"{state_word(status)} · {note}" if note else state_word(status))
        self.setAccessibleName(self.label.text())

    def _redraw(self) -> None:
        super()._redraw()
        self.label.setStyleSheet(f"color: {theme_manager().theme.state_color(self._status)}")


def state_word(status: RunStatus | str) -> str:
    """Return the word for a state, as a person reads it."""
    return _WORDS.get(str(status), str(status))
