"""A message in its place: what happened, what to do next; details fold out and can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, mono_font, theme_manager
from desktop_app.ui.widgets.buttons import button, link_button, tool_button
from desktop_app.ui.widgets.labels import label
from desktop_app.ui.widgets.passing_note import PassingNote

if TYPE_CHECKING:
    from desktop_app.api import UserError

_ICONS = {
    "error": ("mdi6.alert-circle-outline", "failed"),
    "warning": ("mdi6.alert-outline", "canceled"),
    "info": ("mdi6.information-outline", "accent"),
}
_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}


class InlineMessage(QFrame):
    """An error, a warning or a note in place; hidden until something is shown in it."""

    dismissed = Signal()
    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None, *, can_close: bool = True) -> None:
        super().__init__(parent)
        self.setProperty("role", "message")
        self._tone = "info"
        self._picture = QLabel()
        self.heading = label(role="strong", wraps=True, selectable=True)
        self.hint = label(role="muted", wraps=True, selectable=True)
        self.fold = link_button(self.tr("Details"), self._toggle)
        self.copy = button(self.tr("Copy details"), "mdi6.content-copy", self._copy)
        self.close_button = tool_button("mdi6.close", self.tr("Dismiss"), self.dismiss)
        self.details = QPlainTextEdit(readOnly=True)
        self._extra, self._texts = QHBoxLayout(), QVBoxLayout()
        self._row = QHBoxLayout(self)
        self._build(can_close)
        theme_manager().changed.connect(self._redraw)
        self.hide()

    def show_error(self, error: UserError) -> None:
        """Show what a `UserError` says."""
        self.show_text("error", error.message, error.hint, error.details)

    def show_passing(self, text: str) -> None:
        """Tell in passing that something was done: what stood here is over."""
        self.dismiss()
        PassingNote.over(self).tell(text)

    def show_text(self, tone: str, text: str, hint: str = "", details: str = "") -> None:
        """Show a message; `tone` is error, warning or info."""
        self._tone = tone
        self.setProperty("tone", tone)
        self.heading.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.details.setPlainText(details)
        self.details.setVisible(False)
        self.fold.setVisible(bool(details))
        self.fold.setText(self.tr("Details"))
        self.copy.setVisible(bool(details))
        self.setAccessibleName(f"{_WORDS[tone]}: {text} {hint}".strip())
        self.style().unpolish(self)
        self.style().polish(self)
        self._redraw()
        self.show()

    def add_button(self, made: QPushButton) -> None:
        """Offer a way out, such as the button that mends it."""
        self._extra.insertWidget(self._extra.count() - 1, made)

    def clear_buttons(self) -> None:
        """Take back what `add_button` added."""
        for index in reversed(range(self._extra.count())):
            item = self._extra.itemAt(index)
            widget = item.widget() if item is not None else None
            if widget is not None and widget not in (self.fold, self.copy):
                self._extra.removeWidget(widget)
                widget.deleteLater()

    def setVisible(self, visible: bool) -> None:  # noqa: N802 - Qt's name and signature
        """Called by Qt and by `show` and `hide`: whoever keeps room for the message is told."""
        super().setVisible(visible)
        self.toggled.emit(visible)

    def dismiss(self) -> None:
        """Hide the message."""
        self.hide()
        self.dismissed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc dismisses."""
        if event.key() == Qt.Key.Key_Escape and self.close_button.isVisible():
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _build(self, can_close: bool) -> None:
        self.details.setFont(mono_font())
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setMaximumHeight(220)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        if not can_close:
            self.close_button.hide()  # never shown here: it has no parent yet, and would be a window for a moment
        self._extra.setSpacing(Space.S)
        self._extra.addWidget(self.fold)
        self._extra.addWidget(self.copy)
        self._extra.addStretch()
        texts = self._texts
        texts.setSpacing(Space.XS)
        for each in (self.heading, self.hint):
            texts.addWidget(each)
        texts.addLayout(self._extra)
        texts.addWidget(self.details)
        row = self._row
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.setAlignment(texts, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)

    def _toggle(self) -> None:
        shown = not self.details.isVisible()
        self.details.setVisible(shown)
        self.fold.setText(self.tr("Hide details") if shown else self.tr("Details"))

    def _copy(self) -> None:
        parts = (self.heading.text(), self.hint.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n".join(each for each in parts if each))

    def _redraw(self) -> None:
        picture = icon(*_ICONS[self._tone])
        self._picture.setPixmap(picture.pixmap(icon_size(), self.devicePixelRatioF()))
        self._align()

    def _align(self) -> None:
        """Let the icon, the first line and the button that closes have their middles at one height."""
        self.heading.ensurePolished()
        line = max(self.heading.fontMetrics().height(), icon_size().height())
        tallest = self.close_button.sizeHint().height() if not self.close_button.isHidden() else line
        lead = max(0, (tallest - line) // 2)
        self._picture.setFixedHeight(line + lead)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignBottom)
        self._picture.setContentsMargins(0, 0, 0, (line - icon_size().height()) // 2)
        self._texts.setContentsMargins(0, lead + (line - self.heading.fontMetrics().height()) // 2, 0, lead)
        edge = max(0, Space.M - lead)
        self._row.setContentsMargins(Space.M, edge, Space.S, edge)
