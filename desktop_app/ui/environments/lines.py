"""Findings and results, a line each: icon, word and sentence; what is longer folds out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_app.presenters.environments import Line
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, mono_font, theme_manager
from desktop_app.ui.widgets import label, link_button, scrolled
from desktop_app.ui.widgets.layouts import drop_contents

_ICONS = {
    "error": ("mdi6.close-circle-outline", "failed"),
    "warning": ("mdi6.alert-outline", "canceled"),
    "info": ("mdi6.information-outline", "accent"),
    "success": ("mdi6.check-circle-outline", "completed"),
}
_DETAILS = 180


class LineList(QWidget):
    """Scrolls where there are many."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, Space.S, 0, Space.S)
        self._column.setSpacing(Space.S)
        self._column.addStretch()
        self.lines: list[Line] = []
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(self._content, name))

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines."""
        drop_contents(self._column)
        self.lines = list(lines)
        for each in lines:
            self._column.insertWidget(self._column.count() - 1, LineView(each))


class LineView(QWidget):
    """One line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._icon: QIcon = icon(*_ICONS[line.tone])
        self._picture = QLabel()
        self._details = QPlainTextEdit(line.details, readOnly=True)
        self.fold = link_button(self.tr("Details"), self._toggle)
        self._build(line)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _build(self, line: Line) -> None:
        self.setAccessibleName(f"{line.word}: {line.text}")
        self._details.setFont(mono_font())
        self._details.setAccessibleName(self.tr("Details"))
        self._details.setFixedHeight(_DETAILS)
        self._details.hide()
        self.fold.setVisible(bool(line.details))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(label(line.word, "strong"))
        texts.addWidget(label(line.text, wraps=True, selectable=True))
        texts.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        texts.addWidget(self._details)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, Space.S, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def _toggle(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        self.fold.setText(self.tr("Hide details") if shown else self.tr("Details"))

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(QSize(ICON, ICON), self.devicePixelRatioF()))
